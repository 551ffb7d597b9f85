"""Who may do what to which record, for which purpose: a matrix as data, guard rails as reviewed forbids, one decision.

What is public::

    Matrix                       role x purpose x category x action -> allow, plus the settings of the guards; immutable
        Matrix.default() -> Matrix;  Matrix.load(yaml_text: str) -> Matrix;  Matrix.from_data(data: Mapping) -> Matrix
        to_data() -> dict (JSON-ready);  dump() -> str (YAML);  version: int;  digest: str ("sha256:...")
        roles, purposes, categories, cells (frozenset[Cell]);  Cell(role, purpose, category, action)
        with_cell(cell, allowed: bool) -> Matrix (version + 1);  diff(other) -> MatrixDiff(added, removed, settings)
    compile(matrix: Matrix) -> CompiledPolicy          MatrixRefused, with every fault named
        digest: str;  matrix: Matrix;  text() -> str (Cedar, for reading)
    decide(compiled, request: Request) -> Decision
    decide_many(compiled, requests: Sequence[Request]) -> list[Decision]
    Decision(allowed: bool, determining: tuple[str, ...], errors: tuple[str, ...], reasons: tuple[str, ...],
             obligations: tuple[str, ...], policy_digest: str)
    effective_matrix(compiled) -> dict[Cell, bool]     every cell, as the engine decides it when all guards are content
    explain(decision) -> tuple[str, ...]               English sentences; REASONS: dict[code, English msgid]
    OBLIGATIONS: dict[code, English msgid]             mask, countdown, watermark, subject_report
    ACTIONS, ANY (= frozenset({"*"}): every queue / every client)

    Request(principal: Principal, action: str, resource: Record, context: Context)
    Principal(id: str, roles: frozenset[str], session: str,
              subject_links: frozenset[str],           ids of the data subjects this person is, or is close to
              training: str,                           "valid" | "expired" | "not_measured"
              shift: str,                              "on" | "off" | "not_measured"
              queues: frozenset[str], clients: frozenset[str],       what the person serves; ANY for all
              mfa_age_s: int | None = None)            seconds since the second factor; None: never
        Principal.job(name: str, clients=ANY) -> Principal           a service account, role "job:<name>"
    Record(id: str, category: str, client: str, line: str, queue: str, subject_links: frozenset[str],
           vip: bool, hold: bool, restricted: bool)
        Record.system(category: str) -> Record         for acts on the centre itself: accounts, keys, policy, ledger
    Context(purpose: str, reason_given: bool = False, active_call: bool = False, ticket: bool = False,
            consent: Mapping[str, bool | None] = {},   per purpose; None and absent mean no
            bulk_count: int = 1,                       distinct records this person opened in the window, this one included
            grant: bool = False,                       a time-boxed approved grant covers this act
            own_request: bool | None = None,           `approve` only: the approver made, or profits from, the request
            demo: bool = False)

A fact that is None or of an unknown value refuses. Allow needs Cedar's Allow, the schema, and zero errors.
"""
