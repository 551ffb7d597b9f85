"""What a person sees of an evaluation: progress, the figures, and what to do about a line that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from callwarden.doors.cli._evaluate_cases import Unusable
from callwarden.doors.cli._redact_reasons import explain, printable
from callwarden.doors.cli.language import gettext as _
from callwarden.engines.redact.evaluation import Evaluation, Score, interval


def share(value: float) -> str:
    """A share in per cent, never rounded up to all of it."""
    percent = value * 100
    if 99.9 <= percent < 100:
        return f"{int(percent * 100) / 100:.2f} %"
    return f"{percent:.1f} %"


def show(found: Evaluation) -> None:
    """The figures of a run as two tables on standard output."""
    console = Console(soft_wrap=True)
    console.print(_summary(found))
    console.print(_types(found.score))


def _summary(found: Evaluation) -> Table:
    score, pace = found.score, found.pace
    table = Table(show_header=False, title=_("Evaluation"), title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    table.add_row(_("Calls"), f"{score.calls:,}")
    if found.failed:
        table.add_row(_("Refused"), f"{len(found.failed):,}")
    table.add_row(_("Labelled values"), f"{score.gold.total():,}")
    table.add_row(_("Leak rate"), share(score.leak_rate))
    table.add_row(_("Wholly removed (recall)"), share(score.recall()))
    table.add_row(_("Removed places that were values (precision)"), share(score.precision()))
    table.add_row(_("Other text removed (over-redaction)"), share(score.over_redaction))
    table.add_row(_("Calls without a leak"), share(score.clean / score.calls if score.calls else 1.0))
    forms, sound = score.form_leak_rate, score.sound_recall
    table.add_row(_("Readable in another form"), _("not measured") if forms is None else share(forms))
    table.add_row(_("Silent in the sound plan"), _("not measured") if sound is None else share(sound))
    if pace is None:
        table.add_row(_("Speed"), _("not measured"))
    else:
        table.add_row(_("Speed"), _("{count} characters a second").format(count=f"{pace.characters_a_second:,.0f}"))
        table.add_row("", f"{pace.megabytes_a_second:,.3g} MB/s")
        table.add_row(
            _("A turn, median and 99th percentile of calls"),
            f"{pace.milliseconds_a_turn(0.5):.2f} ms, {pace.milliseconds_a_turn(0.99):.2f} ms",
        )
    return table


def _types(score: Score) -> Table:
    table = Table()
    table.add_column(_("Kind"))
    for heading in (_("Values"), _("Recall"), _("95 % interval"), _("Leaked"), _("Precision"), _("Right kind")):
        table.add_column(heading, justify="right")
    for kind in sorted({*score.gold, *score.spans}):
        low, high = interval(score.covered[kind], score.gold[kind])
        labelled, given = score.gold[kind], score.spans[kind]
        table.add_row(
            Text(kind),
            f"{labelled:,}",
            share(score.recall(kind)) if labelled else "",
            f"{share(low)} - {share(high)}" if labelled else "",
            f"{score.leaked[kind]:,}" if labelled else "",
            share(score.precision(kind)) if given else "",
            share(score.named[kind] / given) if given else "",
        )
    return table


def told(error: Unusable) -> str:
    """Where and why a line cannot be used, and what to do; nothing of its content."""
    reason = _of_labels(error.code, error.data)
    if reason is None:
        reason = " ".join(filter(None, explain(error.code, error.data)))
    name = printable(error.name)
    if not error.line:
        return f"{name}: {reason}"
    return _("{name}, line {line}: {reason}").format(name=name, line=error.line, reason=reason)


def _of_labels(code: str, data: Mapping[str, Any]) -> str | None:
    at = data.get("at", "?")
    return {
        "no_id": _("The call has no id. Give every call one, in both files the same."),
        "id_twice": _("Another call has the same id. Give every call an id of its own."),
        "no_gold": _("There are no labels for this call. Label it in the file after --against, or take it out."),
        "no_labels": _("There is no list “labels”. Give one; an empty list says that nothing in the call must go."),
        "other_turns": _("The answer has other turns or forms than its call. Evaluate it against the very same calls."),
        "no_such_turn": _("At {at}: there is no such turn. Turns are counted from 0.").format(at=at),
        "no_such_form": _("At {at}: the turn has no such form.").format(at=at),
        "outside_the_text": _(
            "At {at}: the place lies outside the text. Start and end count code points of the turn's text from 0."
        ).format(at=at),
        "not_a_place": _("At {at}: turn, start and end must be whole numbers.").format(at=at),
        "not_a_type": _("At {at}: the type must be a name such as PHONE.").format(at=at),
        "not_a_manner": _("At {at}: the manner must be a few small letters.").format(at=at),
    }.get(code)
