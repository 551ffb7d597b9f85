"""Live redaction: mask first, release when harmless.

Each turn is given out at once with everything removed that is known or might become part of a number. Later turns may
change earlier ones: a fragment turns out to be part of a number (it stays masked, now with its label), or nothing came
of it (it is released). A change is sent again as an `Update` of that turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ._detect import Detector, View
from ._echo import echo_everywhere, merge
from ._found import Found
from ._known import KnownValues
from ._known_match import KnownMatcher, grams_of
from ._numerals import between
from ._policy import Operator, Policy
from ._reader import Reader
from ._redact import wanted
from ._render import MASK, Cut, Replacer, apply
from ._spans import EntityType, Span
from ._transcript import Turn
from ._vault import Vault, draw_tag

WINDOW = 16  # turns that can still change; longer than any question or number stays open


@dataclass(frozen=True, slots=True)
class Update:
    """What may be shown of one turn now.

    Args:
        turn: 0-based number of the turn in the call.
        text: redacted text; it replaces what was given for this turn before.
        spans: removed places in the original text; group numbers hold within one list of updates only.
        final: nothing will change any more.
    """

    turn: int
    text: str
    spans: tuple[Span, ...]
    final: bool


@dataclass
class _Heard:
    turn: Turn
    shown: Update | None = None
    confirmed: list[Found] = field(default_factory=list)  # stays removed even when its question has left the window


@dataclass
class _Memory:
    """What older turns, no longer looked at, have taught."""

    grams: dict[str, EntityType] = field(default_factory=dict)


class LiveRedactor:
    """Redacts a call while it is spoken.

    Feed turns in the order in which they end. Work per turn is bounded: only the last `WINDOW` turns are looked at
    again; names and numbers found earlier in the call are remembered.

    Args:
        known: values of the customer record.
        policy: what is removed and what is put in its place.
    """

    def __init__(self, known: KnownValues | None = None, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._known = KnownMatcher(known or KnownValues())
        makes_tokens = Operator.TOKEN in (self._policy.default, *self._policy.operators.values())
        # The words of the call are still to come, so its letters are drawn blindly.
        self._replacer = Replacer(self._policy, vault=Vault(draw_tag(())) if makes_tokens else None)
        self._open: list[_Heard] = []
        self._first = 0
        self._memory = _Memory({gram: kind for gram, kind in self._known.grams.items() if self._policy.removes(kind)})

    @property
    def vault(self) -> Vault | None:
        """What the tokens given out so far stand for; None where the policy makes none."""
        return self._replacer.vault

    def feed(self, turn: Turn) -> list[Update]:
        """Take in a finished turn; gives the updates of every turn whose redacted text is new or has changed."""
        self._open.append(_Heard(turn))
        updates = self._look(final=False)
        if len(self._open) > WINDOW:
            updates.extend(self._settle())
        return updates

    def close(self) -> list[Update]:
        """The call has ended: what is still open is settled and given out as final."""
        updates = self._look(final=True)
        self._first += len(self._open)
        self._open = []
        return updates

    def _look(self, *, final: bool) -> list[Update]:
        """Search the open turns again and give what changed."""
        texts = [heard.turn.text for heard in self._open]
        view = View([heard.turn.speaker for heard in self._open], texts)
        reader = Reader()
        found = wanted(Detector(self._known, reader).detect(view, provisional=not final), self._policy)
        per_turn: list[list[Found]] = [[] for _ in texts]
        for item in found:
            per_turn[item.turn].append(item)
        per_turn = [merge(items + heard.confirmed) for items, heard in zip(per_turn, self._open, strict=True)]
        echo_everywhere(
            [[(text, items)] for text, items in zip(texts, per_turn, strict=True)], self._memory.grams, reader
        )
        self._learn(texts, per_turn, reader)
        updates: list[Update] = []
        for place, (heard, items) in enumerate(zip(self._open, per_turn, strict=True)):
            heard.confirmed = [item for item in items if not item.provisional]
            update = self._update(self._first + place, heard.turn.text, items, final)
            if final or heard.shown is None or _differs(update, heard.shown):
                heard.shown = update
                updates.append(update)
        return updates

    def _update(self, number: int, text: str, items: list[Found], final: bool) -> Update:
        cuts = [
            Cut(
                item.start,
                item.end,
                MASK if item.provisional else self._replacer.put(item.type, text[item.start : item.end]),
            )
            for item in items
        ]
        spans = tuple(
            Span(number, item.start, item.end, item.type, item.rule, item.confidence, max(item.group, 0))
            for item in items
        )
        return Update(number, apply(text, cuts), spans, final)

    def _learn(self, texts: list[str], per_turn: list[list[Found]], reader: Reader) -> None:
        for text, items in zip(texts, per_turn, strict=True):
            for item in items:
                if item.provisional:
                    continue
                if item.type is EntityType.PERSON and item.confidence >= 0.75 and "spelled" not in item.rule:
                    self._known.add_name(text[item.start : item.end])
                elif reader.has_numerals(text):
                    inside = between(reader.read(text).elements, item.start, item.end)
                    for gram in grams_of(inside):
                        self._memory.grams.setdefault(gram, item.type)

    def _settle(self) -> list[Update]:
        """Give out the oldest open turn as final."""
        oldest = self._open.pop(0)
        self._first += 1
        shown = oldest.shown
        if shown is None:
            return []
        return [Update(shown.turn, shown.text, shown.spans, True)]


def _differs(one: Update, other: Update) -> bool:
    places = [[(span.start, span.end, span.type) for span in update.spans] for update in (one, other)]
    return one.text != other.text or places[0] != places[1]
