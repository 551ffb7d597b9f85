"""One act on many rows: a filter is resolved once, shown, asked for, and carried out row by row.

Whoever owns an act registers its kind when Django starts:

    bulk.register(BulkKind("finding:assign-all", title=_("Say who answers for findings"), roles=(Role.DPO,),
                           find=find, apply=one_by_one(assign)))

Then, each step in a transaction of its own:

    act = bulk.draw("finding:assign-all", {"severity": "high", "owner": str(person.pk)}, by=officer)
    bulk.start(act.pk, digest=act.digest, by=officer)                   # where one person is enough
    bulk.ask(act.pk, digest=act.digest, by=officer, reason="...")       # where a second person decides
    bulk.carry_on(act.pk, seconds=50)                                   # the job, again and again

Promises: the set is frozen and its digest is what people see, ask for and approve; rows that came since are never
added; a row that has changed since, is gone, or is refused by the act is skipped and named with the reason; a batch and
its outcomes are one transaction, so a killed job goes on with the next batch and no row is acted on twice; whoever
carries it out is checked again before every batch; it stops between batches. An effect outside the database that
`apply` has must be made idempotent by the row's id.
"""

from callwarden.kernel.bulk.drawing import LASTS, ask, digest_of, draw, drop, drop_undecided, limit, start
from callwarden.kernel.bulk.kinds import (
    Apply,
    BulkKind,
    Doing,
    Found,
    kind_of,
    kinds,
    mark_of,
    one_by_one,
    register,
)
from callwarden.kernel.bulk.queries import find, reasons_of, sorts_of, waiting
from callwarden.kernel.bulk.running import BATCH, carry_on, end, resume, step, stop

__all__ = [
    "BATCH",
    "LASTS",
    "Apply",
    "BulkKind",
    "Doing",
    "Found",
    "ask",
    "carry_on",
    "digest_of",
    "draw",
    "drop",
    "drop_undecided",
    "end",
    "find",
    "kind_of",
    "kinds",
    "limit",
    "mark_of",
    "one_by_one",
    "reasons_of",
    "register",
    "resume",
    "sorts_of",
    "start",
    "step",
    "stop",
    "waiting",
]
