"""What the backups' page shows."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db.models import Q
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.backups.charts import Columns
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Duration, Empty, Fact, Facts, Link, Row, Text, Tile
from callwarden.doors.console.deeds import named_actor
from callwarden.kernel import clock
from callwarden.protection.backup import queries, rules
from callwarden.protection.backup.models import Backup, Drill

RUNS = {
    Backup.State.RUNNING: ("info", "refresh"),
    Backup.State.DONE: ("pass", "circle-check"),
    Backup.State.FAILED: ("fail", "circle-x"),
}
DRILLS = {
    Drill.State.ASKED: ("neutral", "hourglass"),
    Drill.State.RUNNING: ("info", "refresh"),
    Drill.State.PASSED: ("pass", "circle-check"),
    Drill.State.FAILED: ("fail", "circle-x"),
}
SHOWN = 30
RPO_LIMIT = 5.0
CHECKS: dict[str, Text] = {
    "database": _("The database comes up and its log replays to the end"),
    "rows": _("Every table has its rows"),
    "objects": _("Every recording and text is there, whole"),
    "ledger": _("The operation log has the root that was signed"),
    "keys": _("Every epoch has its key"),
    "journal": _("Erasures and withdrawals since the copy are carried out before anything opens"),
    "unexpected": _("Something nobody foresaw"),
}
REASONS: dict[str, Text] = {
    "interrupted": _("It was stopped before its end"),
    "backup_no_room": _("No room on this disk"),
    "backup_target_failed": _("The target is full or does not answer"),
    "backup_program_failed": _("PostgreSQL's program failed"),
    "backup_copy_differs": _("The copy is not what the server sent"),
    "copy_differs": _("The target gave back something else"),
    "backup_log_waits": _("Too much waits for the target"),
    "backup_log_not_received": _("The log could not be received"),
    "backup_unexpected": _("Something nobody foresaw"),
}
MEASURED: dict[str, Text] = {
    "log_segments": _("pieces of log"),
    "tables": _("tables"),
    "rows": _("rows"),
    "differ": _("differ"),
    "whole": _("whole"),
    "missing": _("missing"),
    "size": _("entries"),
    "epochs_without_key": _("without a key"),
    "done": _("carried out"),
    "unplaced": _("not placed"),
}


def tiles() -> list[Tile]:
    """How it stands: what was copied last, what the last restore for practice showed."""
    now = queries.standing()
    return [
        _copy(_("Newest copy"), now.data, late=now.data_overdue),
        _copy(_("Newest copy of the keys"), now.keys, late=now.keys_overdue),
        _shipping_tile(now.stuck),
        _drill_tile(now.drill, late=now.drill_overdue),
    ]


def _shipping_tile(stuck: Backup | None) -> Tile:
    """Whether log, journal and new objects leave this host as they come."""
    label = _("Log and journal")
    if stuck is not None:
        since = _("%(time)s ago") % {"time": timesince(stuck.started_at, clock.now(), depth=1)}
        return Tile(label, "fail", _("Not copied"), since)
    if not settings.BACKUP_TARGET:
        return Tile(label, "not_measured", note=_("Not set: nothing is copied"))
    return Tile(label, "pass", note=_("Copied as they come"))


def _copy(label: Text, run: Backup | None, *, late: bool) -> Tile:
    if run is None:
        return Tile(label, "not_measured", note=_("None was made yet."))
    age = _("%(time)s ago") % {"time": timesince(run.started_at, clock.now(), depth=1)}
    return Tile(label, "overdue" if late else "pass", filesizeformat(run.size) if run.size else "", age)


def _drill_tile(drill: Drill | None, *, late: bool) -> Tile:
    label = _("Newest restore for practice")
    if drill is None or drill.finished_at is None:
        return Tile(label, "not_measured", note=_("None was made yet."))
    age = _("%(time)s ago") % {"time": timesince(drill.finished_at, clock.now(), depth=1)}
    state = "fail" if drill.state == Drill.State.FAILED else "overdue" if late else "pass"
    return Tile(label, state, note=age, href=reverse("console:drill", args=[drill.pk]))


def charts() -> list[Columns]:
    """What drills measured, oldest first."""
    points = queries.history(52)
    return [
        Columns("rpo", _("Lost at most"), [(at, rpo) for at, rpo, _rto in points], RPO_LIMIT),
        Columns("rto", _("Back within"), [(at, rto) for at, _rpo, rto in points]),
    ]


def drills() -> PlainTable:
    rows = [
        Row(
            (
                Link(_when(drill), reverse("console:drill", args=[drill.pk])),
                named_actor(drill.by),
                badge(drill),
                seconds(drill.rpo_seconds),
                seconds(drill.rto_seconds),
            )
        )
        for drill in queries.drills()[:SHOWN]
    ]
    headings = (_("Asked"), _("By"), _("Outcome"), _("Lost at most"), _("Back within"))
    empty = Empty(
        _("No restore was practised yet"), _("A copy that was never restored may be none. Start a drill."), "history"
    )
    return PlainTable(_("Restores for practice"), headings, rows, empty)


def _when(drill: Drill) -> str:
    return f"{timezone.localtime(drill.asked_at):%Y-%m-%d %H:%M}"


def seconds(measured: float | None) -> Text:
    """To a tenth: half a second lost is not none."""
    return "" if measured is None else _("%(seconds)s s") % {"seconds": f"{measured:.1f}"}


def runs() -> PlainTable:
    """Copies of the data, and what failed. Key files are copied whenever one changes; the newest has its tile."""
    rows = [
        Row(
            (
                run.started_at,
                Backup.Kind(run.kind).label,
                Badge(Backup.State(run.state).label, *RUNS[Backup.State(run.state)]),
                filesizeformat(run.size) if run.state == Backup.State.DONE else _reason(run),
                Duration((run.finished_at - run.started_at).total_seconds()) if run.finished_at else "",
            )
        )
        for run in queries.runs().filter(Q(kind=Backup.Kind.DATA) | Q(state=Backup.State.FAILED))[:SHOWN]
    ]
    headings = (_("Begun"), _("What"), _("State"), _("Size, or why not"), _("Took"))
    empty = Empty(_("No copy was made yet"), _("Set a backup target; the guide says how."), "archive")
    return PlainTable(_("Copies"), headings, rows, empty)


def _reason(run: Backup) -> Text:
    return REASONS.get(run.reason) or _said(run.reason, {})


def life() -> Facts:
    """How long copies live."""
    days = _("%(days)s days")
    return Facts(
        [
            Fact(_("Target"), _("Set") if settings.BACKUP_TARGET else _("Not set: nothing is copied")),
            Fact(_("A copy of the data lives"), days % {"days": rules.life_of_data().days}),
            Fact(_("A copy of a key outlives it by"), days % {"days": rules.life_of_keys().days}),
        ]
    )


def badge(drill: Drill) -> Badge:
    state = Drill.State(drill.state)
    return Badge(state.label, *DRILLS[state])


def facts(drill: Drill) -> Facts:
    """What one drill measured."""
    found = [
        Fact(_("Asked by"), named_actor(drill.by)),
        Fact(_("Asked"), drill.asked_at),
        Fact(_("Begun"), drill.started_at or _("Not yet")),
    ]
    if drill.rpo_seconds is not None:
        found.append(Fact(_("Lost at most"), seconds(drill.rpo_seconds)))
    if drill.rto_seconds is not None:
        found.append(Fact(_("Back within"), seconds(drill.rto_seconds)))
    if drill.backup:
        found.append(Fact(_("Copy it was restored from"), drill.backup))
    return Facts(found)


def checks(drill: Drill) -> list[tuple[Badge, Text, list[tuple[Text, object]]]]:
    """(outcome, what was looked at, figures) of each check."""
    return [
        (Badge.of(str(row["outcome"])), _said(row["check"], row["measured"]), _figures(row["measured"]))
        for row in drill.checks
    ]


def _said(code: str, data: Mapping[str, object]) -> Text:
    """A check in words, or the error it ended with; one that needs details nobody noted is called by its code."""
    try:
        return str(CHECKS.get(code) or rules.REFUSALS[code]) % data
    except KeyError:
        return code.replace("_", " ")


def _figures(measured: Mapping[str, object]) -> list[tuple[Text, object]]:
    return [(MEASURED.get(name, name.replace("_", " ")), value) for name, value in measured.items()]
