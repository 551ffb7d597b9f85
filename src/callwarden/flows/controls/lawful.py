"""Chapter 1, looked at: told before recorded, kept on a lawful basis, gone in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Client, IntakeItem, LedgerEntry, Line, Record
from callwarden.custody.moving import OPEN_UNTIL
from callwarden.custody.scope import client_scope
from callwarden.flows.controls.admitted import without_consent
from callwarden.flows.controls.reading import Fact, Reading, Text, failed, passed, unmeasured
from callwarden.flows.controls.runs import last_run
from callwarden.flows.names import named_lazily
from callwarden.flows.troubles import refusals
from callwarden.kernel import clock
from callwarden.kernel.events import Event
from callwarden.lawful.notices.actions import text_digest
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.retention.models import RetentionRule
from callwarden.lawful.retention.queries import rules_of

WINDOW = timedelta(days=30)
TIMERS_LATE = timedelta(minutes=15)
DESTRUCTION_LATE = timedelta(hours=1)
# Their date comes from a setting (see `gate.statement_basis`), and a rule can name none of them.
DATED = frozenset({Category.REQUEST_STATEMENT.value})
State = IntakeItem.State


def notices() -> Reading:
    """Every line has a published notice, complete in both languages and unchanged since."""
    lines = list(Line.objects.order_by("slug"))
    if not lines:
        return unmeasured(_("No line is set up yet."))
    published = {notice.line_id: notice for notice in Notice.objects.filter(state=Notice.State.PUBLISHED)}
    faults = tuple(fault for line in lines for fault in _notice_faults(line, published.get(line.id)))
    facts = (Fact(_("Lines"), len(lines)), Fact(_("Published notices"), len(published)))
    if faults:
        return failed(
            _("Callers of some lines are not told everything. Publish a notice for them."), *facts, faults=faults
        )
    return passed(_("Every line has a published notice in both languages."), *facts)


def _notice_faults(line: Line, notice: Notice | None) -> Iterator[Text]:
    if notice is None:
        yield format_lazy(_("{line}: no notice is published."), line=named_lazily(line))
    elif not (notice.text_en.strip() and notice.text_zh.strip()):
        yield format_lazy(_("{line}: the notice lacks a language."), line=named_lazily(line))
    elif bytes(notice.digest) != text_digest(notice):
        yield format_lazy(_("{line}: the notice is not the text that was published."), line=named_lazily(line))


def consent_gate() -> Reading:
    """No call of the last 30 days was admitted without consent to what its line cannot do without."""
    since = clock.now() - WINDOW
    refused = LedgerEntry.objects.filter(event=Event.QUARANTINE_ENTERED, at__gte=since).count()
    admitted, unjudged, uncovered = 0, 0, []
    for line in Line.objects.order_by("slug"):
        with client_scope(line.client_id):
            calls = Call.objects.filter(line=line, admitted_at__gte=since)
            admitted += calls.count()
            count, more = without_consent(line, calls)
        unjudged += more
        if count:
            says = _("{line}: {count} calls were admitted without consent.")
            if more:
                says = _("{line}: at least {count} calls were admitted without consent.")
            uncovered.append(format_lazy(says, line=named_lazily(line), count=count))
    facts = (Fact(_("Admitted in 30 days"), admitted), Fact(_("Refused in 30 days"), refused))
    if uncovered:
        return failed(
            _("Calls are kept that nobody consented to. Restrict them and report an incident."),
            *facts,
            faults=tuple(uncovered),
        )
    if unjudged:
        says = _(
            "{unjudged} of {admitted} calls were not judged: too many have no plain yes of their own. Find out why."
        )
        return unmeasured(format_lazy(says, admitted=admitted, unjudged=unjudged), *facts)
    if not admitted and not refused:
        return unmeasured(_("No call was judged in the last 30 days."), *facts)
    return passed(_("Every admitted call has the consent its line needs."), *facts)


def retention_rules() -> Reading:
    """Whatever is stored has a rule that ends it."""
    faults, kinds = [], 0
    for line in Line.objects.order_by("slug"):
        with client_scope(line.client_id):
            stored = set(_live().filter(line=line).values_list("category", flat=True).distinct())
        ruled = DATED | {rule.category for rule in rules_of(line)}
        kinds += len(stored)
        faults += [
            format_lazy(
                _("{line}: {category} is stored without a rule."),
                line=named_lazily(line),
                category=Category(category).label,
            )
            for category in sorted(stored - ruled)
        ]
    facts = (
        Fact(_("Rules"), RetentionRule.objects.count()),
        Fact(_("Kinds of data in store, line by line"), kinds),
    )
    if faults:
        return failed(_("Some data has no end. Add a retention rule for it."), *facts, faults=tuple(faults))
    if not kinds:
        return unmeasured(_("Nothing is stored yet."), *facts)
    return passed(_("Everything that is stored has a rule that ends it."), *facts)


def destruction() -> Reading:
    """What is due is gone within an hour."""
    now, overdue, held, stored, next_due = clock.now(), 0, 0, 0, None
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            mine = _live().filter(client_id=client)
            counts = mine.aggregate(
                all=Count("id"),
                overdue=Count("id", filter=Q(due_at__lt=now - DESTRUCTION_LATE, bucket__hold=False)),
                held=Count("id", filter=Q(bucket__hold=True)),
            )
            coming = (
                mine.filter(due_at__gte=now, due_at__lt=OPEN_UNTIL)
                .order_by("due_at")
                .values_list("due_at", flat=True)
                .first()
            )
        stored, overdue, held = stored + counts["all"], overdue + counts["overdue"], held + counts["held"]
        next_due = min(filter(None, (next_due, coming)), default=None)
    ended = LedgerEntry.objects.filter(event=Event.RECORD_DESTROYED).count()
    facts = (
        Fact(_("Records in store"), stored),
        Fact(_("Overdue"), overdue),
        Fact(_("On legal hold"), held),
        Fact(_("Next to go"), next_due),
        Fact(_("Destructions on record"), ended),
    )
    if overdue:
        says = _("{count} records should have been destroyed. Look whether the clock worker runs.")
        return failed(format_lazy(says, count=overdue), *facts)
    if not stored and not ended:
        return unmeasured(_("Nothing is stored yet."), *facts)
    return passed(_("Nothing is kept beyond its time."), *facts)


def quarantine() -> Reading:
    """What was refused is gone when its time is up, and the clock that ends it runs."""
    now = clock.now()
    kept = IntakeItem.objects.exclude(state=State.DESTROYED)
    overdue = kept.filter(delete_at__lt=now - TIMERS_LATE).count()
    refused = kept.filter(state=State.QUARANTINED)
    stopped = tuple(named_lazily(line) for line in Line.objects.order_by("slug") if refusals(line))
    ran = last_run("clock.timers")
    facts = (
        Fact(_("In quarantine"), refused.count()),
        Fact(_("Next to go"), refused.order_by("delete_at").values_list("delete_at", flat=True).first()),
        Fact(_("Overdue"), overdue),
        Fact(_("Timers ran"), ran),
    )
    if stopped:
        says = _("Deletion has stopped on a line that refuses unusually many calls. Look into it, then it goes on.")
        return failed(says, *facts, faults=stopped)
    if overdue:
        says = _("{count} arrivals outlived their time. Look whether the clock worker runs.")
        return failed(format_lazy(says, count=overdue), *facts)
    if ran is None:
        return unmeasured(
            _("The timers have not run yet. They do every five minutes while a clock worker runs."), *facts
        )
    if now - ran > TIMERS_LATE:
        return failed(_("The timers stand still. Start a clock worker."), *facts)
    return passed(_("What is refused ends on time."), *facts)


def _live() -> QuerySet[Record]:
    return Record.objects.exclude(state=Record.State.DESTROYED)
