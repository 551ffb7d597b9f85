"""The corrections that stand for a call, carried out again whenever it is redacted anew, and the cases made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from callwarden.custody.models import Call, RedactionCorrection
from callwarden.custody.scope import client_scope
from callwarden.engines import redact as text
from callwarden.flows.marks import Mark

_NEAR: Final = 1  # turns on each side whose marks a case names as neighbours


def standing(call: Call) -> list[RedactionCorrection]:
    """What reviewers said of this call and nobody has taken back since, in order. Call it inside `client_scope`."""
    rows: dict[tuple[int, int, int], RedactionCorrection] = {}
    for row in RedactionCorrection.objects.filter(call=call, state=RedactionCorrection.State.DONE).order_by(
        "made_at", "id"
    ):
        place = (row.turn, row.start, row.end)
        before = rows.get(place)
        if before is not None and before.kind != row.kind:
            del rows[place]
        else:
            rows[place] = row
    return list(rows.values())


def again(
    transcript: text.Transcript, redaction: text.Redaction, rows: Sequence[RedactionCorrection]
) -> list[text.Hide | text.Show]:
    """What stands, for a transcript that is redacted anew.

    Where the words of a turn have changed since, all that can be read of it is hidden, and nothing is given back.
    """
    found = {(span.turn, span.start, span.end, span.type.value) for span in redaction.spans}
    wanted: list[text.Hide | text.Show] = []
    for row in rows:
        if row.turn >= len(transcript.turns):
            continue
        said = transcript.turns[row.turn].text
        same = row.length == len(said)
        if row.kind == RedactionCorrection.Kind.OVER:
            if same and (row.turn, row.start, row.end, row.type) in found:
                wanted.append(text.Show(row.turn, row.start, row.end))
            continue
        first, last = (row.start, row.end) if same else (0, len(said))
        for start, end in text.readable(said, first, last):
            wanted.append(text.Hide(row.turn, start, end, text.EntityType(row.type)))
    return wanted


def moved(call: Call, moves: text.Moves, transcript: text.Transcript) -> None:
    """Something was dropped from the original for good: the places of what stands follow. Call it inside
    `client_scope`.

    Args:
        transcript: what is left of the original.
    """
    for row in RedactionCorrection.objects.filter(call=call):
        row.start, end = moves.at(row.turn, row.start), moves.at(row.turn, row.end, end=True)
        row.end = max(row.start, end)
        row.length = len(transcript.turns[row.turn].text)
        row.save(update_fields=["start", "end", "length"])


def failed(row: RedactionCorrection, code: str) -> None:
    """It cannot be made any more, and says why."""
    with client_scope(row.client_id):
        row.state, row.why_not = RedactionCorrection.State.FAILED, code[:40]
        row.save(update_fields=["state", "why_not"])


def case_of(said: str, span: text.Span, marks: Iterable[Mark]) -> dict[str, Any]:
    """What a value looked like and which rules found something beside it: a case without the value."""
    near: dict[int, set[str]] = defaultdict(set)
    for mark in marks:
        away = mark.span.turn - span.turn
        if abs(away) <= _NEAR and (mark.span.start, mark.span.end) != (span.start, span.end):
            near[away].add(mark.span.rule)
    beside = {str(away): sorted(rules) for away, rules in sorted(near.items())}
    return {**text.shape_of(said), "beside": beside}


def language_of(call: Call, said: str) -> str:
    """Of the call as it was told, else of the turn."""
    if call.language:
        return call.language
    return "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in said) else "en"
