"""The last look: is anything that was removed still readable in any string of the output?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ._errors import ResidualFound
from ._fold import fold
from ._known import KnownValues
from ._known_match import KnownMatcher, grams_of
from ._policy import Policy
from ._render import PLACEHOLDER
from ._runs import read_turn
from ._spans import Span
from ._transcript import Transcript, Turn, join_words

if TYPE_CHECKING:
    from ._redact import Redaction

_MAY_HOLD_DIGITS = re.compile(
    r"\d|[零〇○幺一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖洞拐]{2}|[一二两三四五六七八九]个"
    r"|(?<![a-z])(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|double|triple|treble)"
)
_BREAK = "\x1e"  # no filler and no digit: numbers on its two sides are two numbers


def strings(turn: Turn) -> Iterator[str]:
    """Every text of a turn that could be read by someone."""
    yield turn.text
    if turn.words:
        yield join_words([word.text for word in turn.words])
    yield from turn.nbest
    yield from turn.forms.values()


def may_hold_digits(folded: str) -> bool:
    """A quick look whether four digits could stand in a folded text, in any form."""
    return _MAY_HOLD_DIGITS.search(folded) is not None


def removed_grams(original: Transcript, spans: Iterable[Span]) -> set[str]:
    """Every four digits in a row that the spans remove."""
    grams: set[str] = set()
    by_turn: dict[int, list[Span]] = {}
    for span in spans:
        by_turn.setdefault(span.turn, []).append(span)
    for turn, inside in by_turn.items():
        elements = read_turn(fold(original.turns[turn].text)).elements
        for span in inside:
            grams |= grams_of(item for item in elements if item.start >= span.start and item.end <= span.end)
    return grams


def count_digits(text: str, grams: set[str]) -> int:
    """Places in an output string where four removed digits stand in a row, in any written or spoken form."""
    folded = fold(PLACEHOLDER.sub(_BREAK, text))
    if not may_hold_digits(folded):
        return 0
    from ._echo import windows

    return sum(
        1
        for run in read_turn(folded).runs
        for window in windows(run.elements)
        if not grams.isdisjoint(grams_of(window))
    )


def residual_scan(
    original: Transcript, redaction: Redaction, known: KnownValues | None = None, policy: Policy | None = None
) -> None:
    """Search every string of the redacted transcript for what was removed.

    Args:
        original: the transcript before redaction.
        redaction: what `redact` gave, or anything changed by hand since.
        known: values of the customer record; those of kinds the policy removes must be gone.
        policy: the policy of the redaction, for kinds that were kept on purpose.

    Raises:
        ResidualFound: with counts only; the output must not be published.
    """
    policy = policy or Policy()
    grams = removed_grams(original, redaction.spans)
    matcher = KnownMatcher(known or KnownValues())
    grams |= {gram for gram, kind in matcher.grams.items() if policy.removes(kind)}
    digits = values = 0
    for turn in redaction.transcript.turns:
        for text in set(strings(turn)):
            if grams:
                digits += count_digits(text, grams)
            if matcher:
                folded = fold(PLACEHOLDER.sub(_BREAK, text))
                values += sum(1 for item in matcher.find(0, folded) if policy.removes(item.type))
    if digits or values:
        raise ResidualFound(digits, values)
