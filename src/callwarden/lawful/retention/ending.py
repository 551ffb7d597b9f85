"""What may be ended by time now: nothing before the date that the rules in force at that moment give it.

The date that is written may be older than the rules: a run writes it anew after they changed, or after something was
told from which periods count. So whoever ends something by its date asks here first, under the rules' lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC
from uuid import UUID

from django.db import connection
from django.db.models import Q

from callwarden.custody.models import Bucket, Leg, Line, Record, Subject
from callwarden.kernel import clock
from callwarden.lawful.retention import dates, runs
from callwarden.lawful.retention.models import RetentionRun, Trigger
from callwarden.lawful.retention.queries import hold_rules


class Now:
    """The rules of a client as they are until the transaction ends. Make it inside `client_scope`, before any row is
    locked.

    Attributes:
        late: whether something was found whose written date is before the one it has.
    """

    def __init__(self, client: UUID) -> None:
        if not connection.in_atomic_block:
            raise RuntimeError("retention ends things inside client_scope")
        hold_rules()
        self.client = client
        self.late = False
        self._terms = dates.line_rules(Line.objects.filter(client=client))

    def spared(self, records: Sequence[UUID]) -> set[UUID]:
        """Those of the records that are not due yet."""
        found = dates.later(self.client, self._terms, records, now=clock.now()) if records else set[UUID]()
        self.late = self.late or bool(found)
        return found

    def spared_buckets(self) -> set[UUID]:
        """Buckets whose week has come, with a record that is not due yet."""
        today = clock.now().astimezone(UTC).date()
        week = Bucket.objects.filter(client_id=self.client, hold=False, destroyed_at=None, expires_on__lte=today)
        buckets = list(week.values_list("pk", flat=True))
        found = dates.waited_for(self.client, self._terms, buckets, now=clock.now()) if buckets else set[UUID]()
        self.late = self.late or bool(found)
        return found

    def date(self, record: UUID) -> None:
        """Write the date of one record, which is about to leave its hold."""
        subject = Record.objects.values_list("subject", flat=True).get(pk=record)
        Subject.objects.select_for_update().get(pk=subject)
        dates.write_these(self.client, self._terms, [record])


def catch_up(client: UUID, *, actor: str) -> None:
    """Have dates written that were found to be late, unless that is under way. Call it outside other transactions."""
    if not RetentionRun.objects.filter(client=client, finished_at=None).exists():
        runs.start(client, cause="late", actor=actor)


def taken_back(client: UUID, people: Collection[UUID], *, ended: bool = False) -> int:
    """Give what is kept of these people its dates, now that they took something back. Call it inside `client_scope`.
    Returns how many changed.

    Args:
        people: every key holder of theirs.
        ended: nobody said no, a consent came to its end: only periods that count from that begin.
    """
    terms = dates.line_rules(Line.objects.filter(client=client)) if people else dates.Terms((), ())
    if not any(rule.trigger == Trigger.CONSENT_WITHDRAWN or (rule.refusable and not ended) for rule in terms.rules):
        return 0
    calls = Leg.objects.filter(subject__in=people).exclude(party=Leg.Party.AGENT).values("call")
    theirs = Record.objects.filter(Q(subject__in=people) | Q(call__in=calls)).exclude(state=Record.State.DESTROYED)
    kept = dict(theirs.values_list("pk", "subject"))
    # Subject before record, as everybody who locks both: an agent's side of a call lies under the agent's keys.
    list(Subject.objects.select_for_update(no_key=True).filter(pk__in=set(kept.values())).order_by("pk"))
    return dates.write_these(client, terms, list(kept)) if kept else 0
