"""What a reviewer changes about a finished redaction: more is hidden, or a place is given back to be read.

>>> from callwarden.engines.redact import EntityType, Hide, Transcript, Turn, corrected, redact
>>> call = Transcript("1", (Turn("customer", "ask for old Nettie at the mill"),))
>>> again = corrected(call, redact(call).spans, [Hide(0, 12, 18, EntityType.PERSON)])
>>> again.transcript.turns[0].text
'ask for old [PERSON] at the mill'
>>> again.spans[0].rule, again.spans[0].evidence.value
('reviewer', 'reviewer')
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ._echo import echo_everywhere, merge
from ._errors import CorrectionRefused, ResidualFound
from ._evidence import REVIEWER
from ._found import Found
from ._known import KnownValues
from ._known_match import KnownMatcher
from ._numerals import between
from ._policy import Operator, Policy
from ._project import Projection, tokens_of
from ._reader import Reader
from ._redact import Form, Redaction, decide, render, turn_forms
from ._render import PLACEHOLDER, Replacer, highest_numbers, word_places
from ._residual import removed_grams, residual_scan
from ._runs import spoken_filler
from ._spans import CARD_AUTHENTICATION, EntityType, Span
from ._transcript import Transcript, join_words


@dataclass(frozen=True, slots=True)
class Hide:
    """``text[start:end]`` of a turn is personal data of this type, and no rule found it. Offsets in code points."""

    turn: int
    start: int
    end: int
    type: EntityType

    @classmethod
    def words(cls, transcript: Transcript, turn: int, first: int, last: int, kind: EntityType) -> Hide:
        """The same, told by words: from the first to the last of them, both counted from 0 and both included.

        Raises:
            CorrectionRefused: ``out_of_range``: there are no such words; ``not_in_text``: the text has none of them.
        """
        if not 0 <= turn < len(transcript.turns) or not 0 <= first <= last < len(transcript.turns[turn].words):
            raise CorrectionRefused("out_of_range", {"turn": turn})
        said = transcript.turns[turn]
        places = word_places(said.words)
        line = join_words([word.text for word in said.words])
        place = Projection(line, said.text).map(places[first][0], places[last][1])
        if place is None:
            raise CorrectionRefused("not_in_text", {"turn": turn})
        return cls(turn, *place, kind)


@dataclass(frozen=True, slots=True)
class Show:
    """Exactly this span of the version in force is no personal data, and may be read again."""

    turn: int
    start: int
    end: int


def corrected(
    transcript: Transcript,
    spans: Sequence[Span],
    corrections: Iterable[Hide | Show],
    known: KnownValues | None = None,
    policy: Policy | None = None,
    *,
    rules: bool = True,
    hides_any: bool = False,
) -> Redaction:
    """The redaction of a call as a reviewer has corrected it: in its text, its words, every other form and the sound.

    Args:
        transcript: what the spans refer to.
        spans: those of the version that is corrected.
        corrections: in any order; what is hidden stays hidden where one hides what another shows.
        known: values of the customer record, as for `redact`.
        policy: the policy of the redaction.
        rules: look at the other forms with all rules, as `redact` did. False where the transcript is redacted already
            and only more of it goes.
        hides_any: hide what a reviewer hid under an earlier policy, though this one keeps its kind readable.

    Raises:
        CorrectionRefused: with what to do instead; nothing was changed.
        ResidualFound: something that stays hidden would still be readable; nothing is returned.
    """
    policy, reader = policy or Policy(), Reader()
    wanted = list(corrections)
    # What rules find of those kinds stays as the policy has it: only what is hidden here is written by this one.
    writes = _removing(policy, (one.type for one in wanted if isinstance(one, Hide))) if hides_any else policy
    hides, shows = _sorted(transcript, spans, wanted, writes)
    shown = {(show.turn, show.start, show.end) for show in shows}
    kept = [span for span in spans if (span.turn, span.start, span.end) not in shown]
    given_back = [span for span in spans if (span.turn, span.start, span.end) in shown]
    _refuse_told_elsewhere(transcript, kept, given_back, reader)
    matcher = KnownMatcher(known or KnownValues())
    ruled = decide(transcript, matcher, policy, reader) if rules else _plain(transcript)
    grams = {gram: kind for gram, kind in matcher.grams.items() if policy.removes(kind)} if rules else {}
    free = {gram: kind for gram, kind in grams.items() if gram not in removed_grams(transcript, given_back, reader)}
    forms = _laid(ruled, kept, given_back, hides, reader)
    echo_everywhere(_texts(forms), free, reader)
    _again_shown(forms, given_back)
    # What is given back is looked past by the scan, and nothing else of what is published.
    all_hidden = forms
    if given_back:
        all_hidden = _without(forms, given_back)
        echo_everywhere(_texts(all_hidden), {gram: grams[gram] for gram in grams.keys() - free.keys()}, reader)
    taken = highest_numbers(text for turn in transcript.turns for text in turn_forms(turn))
    for tag_dropped in (False, True):
        redaction = render(transcript, forms, Replacer(writes, tag_dropped=tag_dropped, taken=taken))
        hidden = render(transcript, all_hidden, Replacer(writes, tag_dropped=tag_dropped, taken=taken))
        try:
            scanned = replace(hidden, spans=redaction.spans)
            residual_scan(transcript, scanned, known if rules else None, policy, reader=reader)
        except ResidualFound:
            if tag_dropped:
                raise
        else:
            return _with_dropped(redaction, spans)
    raise AssertionError("unreachable")


def _removing(policy: Policy, kinds: Iterable[EntityType]) -> Policy:
    """The policy, with a tag for those of these kinds that it keeps."""
    kept = [kind for kind in kinds if not policy.removes(kind)]
    return replace(policy, operators={**policy.operators, **dict.fromkeys(kept, Operator.TAG)})


def _sorted(
    transcript: Transcript, spans: Sequence[Span], corrections: Iterable[Hide | Show], policy: Policy
) -> tuple[list[Hide], list[Show]]:
    hides: list[Hide] = []
    shows: list[Show] = []
    there = {(span.turn, span.start, span.end): span.type for span in spans}
    for wanted in corrections:
        where = {"turn": wanted.turn, "start": wanted.start, "end": wanted.end}
        if isinstance(wanted, Show):
            kind = there.get((wanted.turn, wanted.start, wanted.end))
            if kind is None:
                raise CorrectionRefused("no_such_span", where)
            if kind in CARD_AUTHENTICATION:
                raise CorrectionRefused("dropped_is_gone", where | {"type": kind.value})
            shows.append(wanted)
            continue
        if not 0 <= wanted.turn < len(transcript.turns):
            raise CorrectionRefused("out_of_range", where)
        text = transcript.turns[wanted.turn].text
        if not 0 <= wanted.start < wanted.end <= len(text):
            raise CorrectionRefused("out_of_range", where)
        if not any(map(str.isalnum, text[wanted.start : wanted.end])):
            raise CorrectionRefused("nothing_to_hide", where)
        if any(found.start() < wanted.end and found.end() > wanted.start for found in PLACEHOLDER.finditer(text)):
            raise CorrectionRefused("hidden_already", where)
        if not policy.removes(wanted.type):
            raise CorrectionRefused("kept_by_policy", where | {"type": wanted.type.value})
        hides.append(wanted)
    return hides, shows


def _refuse_told_elsewhere(
    transcript: Transcript, kept: Sequence[Span], given_back: Sequence[Span], reader: Reader
) -> None:
    """Digits given back in one place would tell those that stay hidden in another."""
    if not given_back:
        return
    grams = removed_grams(transcript, given_back, reader)
    elsewhere = [span for span in kept if not grams.isdisjoint(removed_grams(transcript, [span], reader))]
    if elsewhere:
        places = [[span.turn, span.start, span.end] for span in elsewhere]
        raise CorrectionRefused("hidden_elsewhere", {"count": len(places), "spans": places})


def _plain(transcript: Transcript) -> list[list[Form]]:
    return [[Form(text, []) for text in turn_forms(turn)] for turn in transcript.turns]


def _texts(forms: Sequence[Sequence[Form]]) -> list[list[tuple[str, list[Found]]]]:
    return [[(form.text, form.found) for form in turn] for turn in forms]


def _laid(
    ruled: Sequence[Sequence[Form]],
    kept: Iterable[Span],
    given_back: Iterable[Span],
    hides: Iterable[Hide],
    reader: Reader,
) -> list[list[Form]]:
    """Every form with what goes from it: of the text what is decided, of the others that and what rules find there."""
    main: dict[int, list[Found]] = {}
    for span in kept:
        if span.start < span.end:
            found = Found(span.turn, span.start, span.end, span.type, span.rule, span.confidence, span.group)
            main.setdefault(span.turn, []).append(found)
    for hide in hides:
        made = Found(hide.turn, hide.start, hide.end, hide.type, REVIEWER, 1.0)
        main.setdefault(hide.turn, []).append(made)
    back: dict[int, list[Span]] = {}
    for span in given_back:
        back.setdefault(span.turn, []).append(span)
    laid: list[list[Form]] = []
    for number, turn in enumerate(ruled):
        first = Form(turn[0].text, merge(main.get(number, [])))
        others = [_other(first, form, back.get(number, []), reader) for form in turn[1:]]
        laid.append([first, *others])
    return laid


def _other(first: Form, form: Form, given_back: Sequence[Span], reader: Reader) -> Form:
    """Another form of a turn: it loses what the text loses, and where it is too different to tell, all of it."""
    projection = Projection(first.text, form.text)
    gone: list[Found] = []
    for item in first.found:
        place = projection.map(item.start, item.end)
        if place is None and item.rule == REVIEWER and not projection.is_close:
            place = (0, len(form.text))
        if place is not None:
            gone.append(Found(item.turn, *place, item.type, item.rule, item.confidence, item.group))
    stay = _places(gone)
    shown: list[tuple[int, int]] = []
    for span in given_back:
        place = projection.map(span.start, span.end)
        if place is not None:
            there = [item for item in form.found if _touches(item, [place]) and not _touches(item, stay)]
            _refuse_more(first.text, span, form.text, place, there, reader)
            shown.append(place)
    left = [item for item in form.found if not _touches(item, shown) or _touches(item, stay)]
    return Form(form.text, merge([*left, *gone]))


def _refuse_more(
    text: str, span: Span, form: str, place: tuple[int, int], there: Sequence[Found], reader: Reader
) -> None:
    """What another form hides where a place is given back may come back with it only if it is no more than that: two
    people looked at the text, and nobody at the other forms.
    """
    digits, words = _amount(text, span.start, span.end, reader)
    more = [_amount(form, item.start, item.end, reader) for item in there]
    if (
        any(item.type in CARD_AUTHENTICATION or item.start < place[0] or item.end > place[1] for item in there)
        or sum(amount[0] for amount in more) > digits
        or sum(amount[1] for amount in more) > words
    ):
        raise CorrectionRefused("hidden_more_elsewhere", {"turn": span.turn, "start": span.start, "end": span.end})


def _amount(text: str, start: int, end: int, reader: Reader) -> tuple[int, int]:
    """How many digits, written or spoken, and how many other words or Chinese characters ``text[start:end]`` has."""
    read = [item for item in between(reader.read(text).elements, start, end) if item.size]
    places = [(item.start, item.end) for item in read]
    words = sum(
        not any(first < last_of and last > first_of for first_of, last_of in places)
        for first, last in tokens_of(text, start, end)
    )
    return sum(item.size for item in read), words


def _without(forms: Sequence[Sequence[Form]], given_back: Iterable[Span]) -> list[list[Form]]:
    """What is published, less exactly the places that are given back."""
    left = [[Form(form.text, [*form.found]) for form in turn] for turn in forms]
    for span in given_back:
        first = left[span.turn][0]
        for form in left[span.turn]:
            place = Projection(first.text, form.text).map(span.start, span.end)
            if place is not None:
                form.found = merge([*form.found, Found(span.turn, *place, span.type, span.rule, span.confidence)])
    return left


def _places(found: Iterable[Found]) -> list[tuple[int, int]]:
    return [(item.start, item.end) for item in found]


def _touches(item: Found, places: Iterable[tuple[int, int]]) -> bool:
    return any(item.start < end and item.end > start for start, end in places)


def _again_shown(forms: Sequence[Sequence[Form]], given_back: Iterable[Span]) -> None:
    """An echo is no reason to hide again what is given back."""
    for span in given_back:
        first = forms[span.turn][0]
        first.found = [
            item for item in first.found if item.rule != "echo" or not _touches(item, [(span.start, span.end)])
        ]


def _with_dropped(redaction: Redaction, spans: Iterable[Span]) -> Redaction:
    """With the places of what was dropped before and left nothing behind."""
    empty = [span for span in spans if span.start == span.end]
    if not empty:
        return redaction
    moves = Moves(redaction.spans, redaction.places)
    rows = [*zip(redaction.spans, redaction.places, strict=True)]
    rows += [(span, (moves.at(span.turn, span.start),) * 2) for span in empty]
    rows.sort(key=lambda row: row[0])
    return replace(redaction, spans=tuple(span for span, _ in rows), places=tuple(place for _, place in rows))


class Moves:
    """Where places of a text stand once it is redacted, and back.

    Args:
        spans, places: of one redaction.
    """

    def __init__(self, spans: Iterable[Span], places: Iterable[tuple[int, int]]) -> None:
        self._turns: dict[int, list[tuple[int, int, int, int]]] = {}
        for span, (start, end) in zip(spans, places, strict=True):
            self._turns.setdefault(span.turn, []).append((span.start, span.end, start, end))
        for rows in self._turns.values():
            rows.sort()

    def at(self, turn: int, offset: int, *, end: bool = False) -> int:
        """Where an offset of the original text stands in the redacted one; inside a span at its edge."""
        return self._move(turn, offset, end, before=(0, 1), after=(2, 3))

    def back(self, turn: int, offset: int, *, end: bool = False) -> int:
        """Where an offset of the redacted text stands in the original one; inside a replacement at its edge."""
        return self._move(turn, offset, end, before=(2, 3), after=(0, 1))

    def _move(self, turn: int, offset: int, end: bool, *, before: tuple[int, int], after: tuple[int, int]) -> int:
        rows = self._turns.get(turn, [])
        # The beginning of something stands behind what ends there, the end of something before what begins there.
        place = bisect_right(rows, offset - 1 if end else offset, key=lambda row: row[before[0]])
        if not place:
            return offset
        row = rows[place - 1]
        if offset < row[before[1]]:
            return row[after[1] if end else after[0]]
        return row[after[1]] + offset - row[before[1]]


def carried(spans: Iterable[Span], moves: Moves) -> list[Span]:
    """The same spans, in their order, in the text that is left once something else was dropped from it."""
    return [
        replace(span, start=(start := moves.at(span.turn, span.start)), end=max(start, _end(span, moves)))
        for span in spans
    ]


def _end(span: Span, moves: Moves) -> int:
    return moves.at(span.turn, span.end, end=True)


def readable(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of ``text[start:end]`` that can be read: outside of what stands for something hidden."""
    at = start
    for found in PLACEHOLDER.finditer(text):
        if found.end() <= start or found.start() >= end:
            continue
        if any(map(str.isalnum, text[at : found.start()])):
            yield at, found.start()
        at = max(at, found.end())
    if any(map(str.isalnum, text[at:end])):
        yield at, end


def shape_of(text: str, reader: Reader | None = None) -> Mapping[str, object]:
    """What a value looks like, without the value: how many digits, letters and Chinese characters it has."""
    digits = sum(sign.isdigit() for sign in text)
    han = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    letters = sum(sign.isalpha() for sign in text) - han
    spoken = sum(element.size for element in (reader or Reader()).read(text).elements)
    return {"digits": digits, "letters": letters, "han": han, "numerals": spoken, "words": len(text.split())}


# ISO/IEC 7813: what stands on the first and the second track, with or without its sentinels.
_TRACK = re.compile(r"%?b\d{12,19}\^[^^]{2,26}\^\d{4,}\??|;?\d{12,19}[=d]\d{4,}\??")
_DIGITS = {EntityType.CARD_CVV: (3, 4), EntityType.CARD_PIN: (4, 12)}


def reads_as(kind: EntityType, text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` is nothing but what card authentication data of this kind looks or sounds like.

    Source: ISO/IEC 7813 (tracks), ISO 9564-1 (a PIN has 4 to 12 digits); card security codes have 3 or 4.
    """
    reading = Reader().read(text)
    if kind is EntityType.CARD_TRACK:
        return _TRACK.fullmatch("".join(reading.text[start:end].split())) is not None
    if text[max(start - 1, 0) : start].isdigit() or text[end : end + 1].isdigit():
        return False
    said = [item for item in between(reading.elements, start, end) if item.size]
    edges = [start, *(edge for item in said for edge in (item.start, item.end)), end]
    least, most = _DIGITS[kind]
    return least <= sum(item.size for item in said) <= most and all(
        not any(map(str.isalnum, text[first:last])) or spoken_filler(reading.text, first, last)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    )
