"""The facts that a decision needs, and what it answers. None means unknown wherever it stands, and unknown refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

ACTIONS = (
    "view_masked",
    "reveal",
    "play_redacted",
    "play_original",
    "search",
    "export",
    "share",
    "import",
    "admit",
    "redact",
    "erase",
    "hold",
    "release_hold",
    "approve",
    "administer_users",
    "administer_keys",
    "administer_policy",
    "read_ledger",
)
"""Every act that is decided; those of `schema.cedarschema`."""

DISCLOSURES = ("view_masked", "reveal", "play_redacted", "play_original", "search", "export", "share")
"""Acts by which somebody learns something about a data subject."""

ANY = frozenset({"*"})
"""Every queue, or every client."""

JOB_PREFIX = "job:"


@dataclass(frozen=True)
class Principal:
    """Who acts: a person in a session, or a service account.

    Attributes:
        id: random pseudonym, for the caller; no policy looks at it.
        roles: roles of the matrix.
        session: id of the session, empty when there is none.
        subject_links: random ids of the data subjects that this person is, or is close to.
        training: "valid", "expired" or "not_measured".
        shift: "on", "off" or "not_measured".
        queues: queues served, or ANY.
        clients: clients served, or ANY.
        mfa_age_s: seconds since the second factor was shown; None when it never was.
    """

    id: str
    roles: frozenset[str]
    session: str
    subject_links: frozenset[str]
    training: str
    shift: str
    queues: frozenset[str]
    clients: frozenset[str]
    mfa_age_s: int | None = None

    @classmethod
    def job(cls, name: str, clients: frozenset[str] = ANY) -> Self:
        """The service account `name`, in the role `job:<name>`."""
        return cls(
            id=JOB_PREFIX + name,
            roles=frozenset({JOB_PREFIX + name}),
            session="",
            subject_links=frozenset(),
            training="not_measured",
            shift="not_measured",
            queues=ANY,
            clients=clients,
        )

    @property
    def kind(self) -> str:
        """ "job" when every role is a job's, otherwise "person"; follows from the roles alone."""
        jobs = bool(self.roles) and all(role.startswith(JOB_PREFIX) for role in self.roles)
        return "job" if jobs else "person"


@dataclass(frozen=True)
class Record:
    """What is acted upon.

    Attributes:
        id: random id, for the caller; no policy looks at it.
        category: category of the matrix.
        client, line: where it belongs.
        queue: queue it came through; "" when it belongs to none, such as a customer record.
        subject_links: random ids of the data subjects in it.
        vip: marked for special protection.
        hold: under a legal hold.
        restricted: processing restricted: quarantine, objection, adopted archive.
    """

    id: str
    category: str
    client: str
    line: str
    queue: str
    subject_links: frozenset[str]
    vip: bool
    hold: bool
    restricted: bool

    @classmethod
    def system(cls, category: str, client: str = "*") -> Self:
        """The centre itself, for acts on accounts, keys, policy or the ledger. `client` "*": belongs to none."""
        return cls("system", category, client, "", "", frozenset(), vip=False, hold=False, restricted=False)


@dataclass(frozen=True)
class Context:
    """The circumstances of one act; the defaults are those that open nothing.

    Attributes:
        purpose: purpose of the matrix, declared by the actor.
        reason_given: a reason was stated.
        active_call: the call in the actor's hands is with this data subject.
        ticket: an open ticket or case of the actor concerns this data subject.
        campaign: a running campaign of this purpose has the actor call this data subject.
        consent: per purpose, True when a valid consent covers it; None or absence means no.
        bulk_count: distinct records the actor opened in the window, this one included; 1 or more.
        grant: an approved, time-boxed grant covers this act.
        own_request: for `approve`: the actor made the request or profits from it.
        demo: the demonstration centre, where there is no second factor.
    """

    purpose: str
    reason_given: bool = False
    active_call: bool = False
    ticket: bool = False
    campaign: bool = False
    consent: Mapping[str, bool | None] = field(default_factory=dict)
    bulk_count: int = 1
    grant: bool = False
    own_request: bool | None = None
    demo: bool = False


@dataclass(frozen=True)
class Request:
    """May `principal` do `action` to `resource` in this `context`?"""

    principal: Principal
    action: str
    resource: Record
    context: Context


@dataclass(frozen=True)
class Decision:
    """The answer.

    Attributes:
        allowed: True only for Cedar's Allow with the schema and without a single error.
        determining: ids of the policies that decided: `grant.…` or `guard.…`.
        errors: what went wrong in deciding, as `evaluation:<policy id>`, `facts` or `engine`; holds no values.
        reasons: codes of REASONS, for people.
        obligations: codes of OBLIGATIONS that whoever acts on an Allow must carry out.
        policy_digest: digest of the compiled policy, for the ledger.
    """

    allowed: bool
    determining: tuple[str, ...]
    errors: tuple[str, ...]
    reasons: tuple[str, ...]
    obligations: tuple[str, ...]
    policy_digest: str
