"""The last look: is anything that was removed still readable in any string of the output?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from ._errors import ResidualFound
from ._gate import Sign
from ._known import KnownValues
from ._known_match import GRAM, KnownMatcher, grams_of
from ._numerals import between
from ._policy import Policy
from ._reader import Reader
from ._render import PLACEHOLDER
from ._spans import Span
from ._transcript import Transcript, Turn, join_words

if TYPE_CHECKING:
    from ._redact import Redaction

_NUMERAL, _SPOKEN = int(Sign.NUMERAL), int(Sign.SPOKEN)
_NOT_DIGIT = re.compile(r"\D+")
_BREAK = "\u241e"  # no filler and no digit: numbers on its two sides are two numbers


def strings(turn: Turn) -> Iterator[str]:
    """Every text of a turn that could be read by someone."""
    yield turn.text
    if turn.words:
        yield join_words([word.text for word in turn.words])
    yield from turn.nbest
    yield from turn.forms.values()


def may_hold(folded: str, signs: int, grams: Collection[str]) -> bool:
    """A quick look whether a folded text could hold one of the four-digit stretches; errs towards yes.

    Args:
        signs: the gate's answer for the text.
    """
    if not signs & _NUMERAL:
        return False
    if signs & _SPOKEN:
        return True
    digits = _NOT_DIGIT.sub("", folded)
    return any(digits[place : place + GRAM] in grams for place in range(len(digits) - GRAM + 1))


def removed_grams(original: Transcript, spans: Iterable[Span], reader: Reader) -> set[str]:
    """Every four digits in a row that the spans remove."""
    grams: set[str] = set()
    for span in spans:
        text = original.turns[span.turn].text
        if any(map(str.isalnum, text[span.start : span.end])) and reader.has_numerals(text):
            grams |= grams_of(between(reader.read(text).elements, span.start, span.end))
    return grams


def _count_digits(text: str, grams: set[str], reader: Reader) -> int:
    """Places in an output string where four removed digits stand in a row, in any written or spoken form."""
    folded, signs = reader.look_for_numerals(text)
    if not may_hold(folded, signs, grams):
        return 0
    from ._echo import windows

    return sum(
        1
        for run in reader.read(text).runs
        for window in windows(run.elements)
        if not grams.isdisjoint(grams_of(window))
    )


def residual_scan(
    original: Transcript,
    redaction: Redaction,
    known: KnownValues | None = None,
    policy: Policy | None = None,
    *,
    reader: Reader | None = None,
) -> None:
    """Search every string of the redacted transcript for what was removed.

    Args:
        original: the transcript before redaction.
        redaction: what `redact` gave, or anything changed by hand since.
        known: values of the customer record; those of kinds the policy removes must be gone.
        policy: the policy of the redaction, for kinds that were kept on purpose.
        reader: shared within one call to spare reading unchanged texts again.

    Raises:
        ResidualFound: with counts only; the output must not be published.
    """
    policy = policy or Policy()
    reader = reader or Reader()
    # What repeats four digits went whole with them, and its other digits are no secret of their own: of a date that
    # begins like the end of a number, the year may stand elsewhere in the call.
    grams = removed_grams(original, (span for span in redaction.spans if span.rule != "echo"), reader)
    matcher = KnownMatcher(known) if known else None
    if matcher is not None:
        grams |= {gram for gram, kind in matcher.grams.items() if policy.removes(kind)}
    if not grams and matcher is None:
        return
    digits = values = 0
    for turn in redaction.transcript.turns:
        for text in {*strings(turn)} if turn.words or turn.nbest or turn.forms else (turn.text,):
            bare = PLACEHOLDER.sub(_BREAK, text) if "[" in text or "*" in text else text
            if grams:
                digits += _count_digits(bare, grams, reader)
            if matcher is not None:
                values += sum(1 for item in matcher.find(0, reader.look(bare)[0]) if policy.removes(item.type))
    if digits or values:
        raise ResidualFound(digits, values)
