"""Labelled calls as JSON: what must go, beside or apart from the call it stands in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._errors import RedactError
from .._transcript import Transcript, join_words
from ._score import TEXT, Gold
from ._writer import LabelledCall

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_MANNER = re.compile(r"[a-z][a-z -]{0,19}")
# What other tools call the same kinds.
_ALIASES = {
    "CREDIT_CARD": "CARD_PAN",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "IBAN_CODE": "IBAN",
    "STREET_ADDRESS": "ADDRESS",
    "IP_ADDRESS": "IP",
    "US_DRIVER_LICENSE": "DRIVER_LICENCE",
    "NAME": "PERSON",
}


class InvalidLabels(RedactError):
    """Labels that do not fit their call. ``data["at"]`` is a path such as ``labels[3]``."""

    def __init__(self, code: str, at: str) -> None:
        super().__init__(code, f"The labels cannot be used at {at}: {code.replace('_', ' ')}.", {"at": at})


def to_json(call: LabelledCall) -> dict[str, Any]:
    """A made-up call as one object: the shape that `Transcript.from_json` reads, and ``labels``.

    A label is ``{"turn", "start", "end", "type"}`` in code points of the turn's text, with ``manner`` where it is known
    and ``form`` where the place is in another form of the turn.
    """
    document = call.transcript().to_json()
    document["labels"] = [_label(value) for value in (*call.gold, *call.form_gold)]
    return document


def _label(value: Gold) -> dict[str, Any]:
    label: dict[str, Any] = {"turn": value.turn, "start": value.start, "end": value.end, "type": value.type}
    if value.manner:
        label["manner"] = value.manner
    if value.form != TEXT:
        label["form"] = value.form
    return label


def read_labels(document: Mapping[str, Any], transcript: Transcript) -> list[Gold]:
    """The labels of one call: ``labels``, or ``spans`` as `redact --jsonl` writes them.

    Raises:
        InvalidLabels: there is no list of labels, or one does not lie in its turn; nothing of the call is repeated.
    """
    key = "labels" if "labels" in document else "spans"
    given = document.get(key)
    if not isinstance(given, list):
        raise InvalidLabels("no_labels", key)
    return [_gold(item, transcript, f"{key}[{number}]") for number, item in enumerate(given)]


def _gold(item: object, transcript: Transcript, at: str) -> Gold:
    if not isinstance(item, Mapping):
        raise InvalidLabels("not_an_object", at)
    turn, start, end = (_place(item.get(name), at) for name in ("turn", "start", "end"))
    if not 0 <= turn < len(transcript.turns):
        raise InvalidLabels("no_such_turn", at)
    form = item.get("form", TEXT)
    text = _form(transcript, turn, form) if isinstance(form, str) else None
    if text is None:
        raise InvalidLabels("no_such_form", at)
    if not 0 <= start < end <= len(text):
        raise InvalidLabels("outside_the_text", at)
    kind, manner = item.get("type"), item.get("manner", "")
    if not isinstance(kind, str) or not _NAME.fullmatch(kind.upper()):
        raise InvalidLabels("not_a_type", at)
    if not isinstance(manner, str) or (manner and not _MANNER.fullmatch(manner)):
        raise InvalidLabels("not_a_manner", at)
    kind = kind.upper()
    return Gold(turn, start, end, _ALIASES.get(kind, kind), manner, form)


def _place(value: object, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidLabels("not_a_place", at)
    return value


def _form(transcript: Transcript, turn: int, form: str) -> str | None:
    spoken = transcript.turns[turn]
    if form == TEXT:
        return spoken.text
    if form == "words":
        return join_words([word.text for word in spoken.words])
    if form == "nbest":
        return spoken.nbest[0] if spoken.nbest else None
    return spoken.forms.get(form)
