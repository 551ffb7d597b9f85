"""The whole of it: detect in every form, decide once, project, render, and look again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ._detect import Detector, View
from ._echo import echo_everywhere, merge
from ._errors import ResidualFound
from ._found import Found
from ._known import KnownValues
from ._known_match import KnownMatcher
from ._label import is_business_number
from ._numerals import between
from ._policy import Operator, Policy
from ._project import Projection
from ._reader import Reader
from ._render import Cut, Replacer, apply, apply_to_words, places_after, word_places
from ._residual import residual_scan
from ._spans import EntityType, SoundSpan, Span
from ._transcript import Transcript, Turn, join_words
from ._vault import TOKEN, Vault, draw_tag

_NOTHING_KNOWN = KnownValues()


@dataclass(frozen=True)
class Redaction:
    """The result of `redact`.

    Args:
        transcript: redacted in every form: text, words, n-best, named forms.
        spans: places in the original ``turn.text``, in order, without overlaps.
        sound: stretches to mute, in order; no padding added.
        places: for each of the spans where what was put for it stands in the redacted ``turn.text``.
        vault: what the tokens stand for, where the policy makes tokens; seal it, it is personal data.
    """

    transcript: Transcript
    spans: tuple[Span, ...]
    sound: tuple[SoundSpan, ...] = field(default=())
    places: tuple[tuple[int, int], ...] = field(default=())
    vault: Vault | None = field(default=None, repr=False)

    @property
    def counts(self) -> dict[EntityType, int]:
        """How many values of each kind were removed (parts of one value count once)."""
        return dict(Counter(kind for kind, _ in {(span.type, span.group) for span in self.spans}))


def redact(
    transcript: Transcript,
    known: KnownValues | None = None,
    policy: Policy | None = None,
    *,
    scan: bool = True,
    vault: Vault | None = None,
) -> Redaction:
    """Remove personal data from one call, in every form of its text.

    Args:
        transcript: the call; both languages are searched whatever its ``language`` says.
        known: values of the customer record, found first and in any form.
        policy: what is removed and what is put in its place; default: everything, by type tags.
        scan: run `residual_scan` on the result. Turn off only to run it elsewhere.
        vault: tokens given out earlier in the same conversation, for a policy that makes tokens; the result's vault
            holds these too.

    Raises:
        ResidualFound: something that was removed is still readable; nothing is returned.
        VaultFull: there are more values than a vault holds.
    """
    policy, known = policy or Policy(), known or _NOTHING_KNOWN
    reader = Reader()
    decided = decide(transcript, KnownMatcher(known), policy, reader)
    if vault is not None:
        _leave_tokens(decided, vault)
    elif Operator.TOKEN in (policy.default, *policy.operators.values()):
        vault = Vault(draw_tag(form.text for turn in decided for form in turn))
    redaction = render(transcript, decided, Replacer(policy, vault=vault))
    if not scan:
        return redaction
    try:
        residual_scan(transcript, redaction, known, policy, reader=reader)
    except ResidualFound:
        if all(policy.operator(span.type) is not Operator.DROP for span in redaction.spans):
            raise
        # Where a value is dropped its two sides meet and may spell it again: keep them apart.
        redaction = render(transcript, decided, Replacer(policy, tag_dropped=True, vault=vault))
        residual_scan(transcript, redaction, known, policy, reader=reader)
    return redaction


@dataclass
class Form:
    """One form of one turn and what goes from it."""

    text: str
    found: list[Found]


def _leave_tokens(forms: list[list[Form]], vault: Vault) -> None:
    """What looks like a value within a token of the vault is none; what stands around the token stays found."""
    for form in (form for turn in forms for form in turn):
        tokens = [match.span() for match in TOKEN.finditer(form.text) if match[4] == vault.tag] if form.found else []
        if tokens:
            form.found = [piece for item in form.found for piece in _around(item, tokens, form.text)]


def _around(item: Found, tokens: list[tuple[int, int]], text: str) -> Iterator[Found]:
    """The parts of a find outside tokens that hold a letter or digit."""
    start = item.start
    for first, last in [*tokens, (item.end, item.end)]:
        end = min(first, item.end)
        if start < end and any(map(str.isalnum, text[start:end])):
            yield replace(item, start=start, end=end)
        if last > start:
            start = last
        if first >= item.end:
            return


def turn_forms(turn: Turn) -> list[str]:
    """The texts of a turn in fixed order: text, words as a line (if any), hypotheses, named forms."""
    forms = [turn.text]
    if not (turn.words or turn.nbest or turn.forms):
        return forms
    if turn.words:
        forms.append(join_words([word.text for word in turn.words]))
    forms.extend(turn.nbest)
    forms.extend(turn.forms.values())
    return forms


def decide(transcript: Transcript, known: KnownMatcher, policy: Policy, reader: Reader) -> list[list[Form]]:
    detector = Detector(known, reader)
    speakers = [turn.speaker for turn in transcript.turns]
    forms = [[Form(text, []) for text in turn_forms(turn)] for turn in transcript.turns]
    main = View(speakers, [turn.text for turn in transcript.turns])
    for item in wanted(detector.detect(main), policy):
        forms[item.turn][0].found.append(item)
    _detect_in_others(forms, main, detector, policy, reader)
    for turn in forms:
        if turn[0].found:
            turn[0].found = merge(turn[0].found)
        for form in turn[1:]:
            form.found = merge(form.found + _projected(turn[0], form))
    known_grams = {gram: kind for gram, kind in known.grams.items() if policy.removes(kind)}
    echo_everywhere([[(form.text, form.found) for form in turn] for turn in forms], known_grams, reader)
    return forms


def wanted(found: Iterable[Found], policy: Policy) -> list[Found]:
    """What the policy removes of what was found."""
    return [
        item for item in found if policy.removes(item.type) and not (policy.keep_business_numbers and _business(item))
    ]


def _business(item: Found) -> bool:
    return item.type is EntityType.PHONE and is_business_number("".join(part.readings[0] for part in item.elements))


def _detect_in_others(forms: list[list[Form]], main: View, detector: Detector, policy: Policy, reader: Reader) -> None:
    """Run the recognisers over the other forms too: view k holds the k-th differing form of a turn, or its text."""
    if all(len(turn) == 1 for turn in forms):
        return
    differing: list[list[Form]] = []
    for turn in forms:
        seen = {turn[0].text}
        chosen: list[Form] = []
        for form in turn[1:]:
            if form.text not in seen:
                seen.add(form.text)
                chosen.append(form)
        differing.append(chosen)
    for layer in range(max(map(len, differing), default=0)):
        chosen_forms = [turn[layer] if layer < len(turn) else None for turn in differing]
        texts = [form.text if form is not None else main.texts[turn] for turn, form in enumerate(chosen_forms)]
        view = View(main.speakers, texts)
        for item in wanted(detector.detect(view), policy):
            other = chosen_forms[item.turn]
            if other is not None:
                other.found.append(item)
                if item.elements:
                    _project_back(item, other, forms[item.turn][0], reader)


def _project_back(item: Found, form: Form, main: Form, reader: Reader) -> None:
    """A number found in another form is removed from the text too, if digits stand in the same place there."""
    place = Projection(form.text, main.text).map(item.start, item.end)
    if place is None:
        return
    inside = tuple(between(reader.read(main.text).elements, *place))
    if sum(element.size for element in inside) >= 3:
        start, end = inside[0].start, inside[-1].end
        main.found.append(
            Found(item.turn, start, end, item.type, f"{item.rule}.form", min(item.confidence, 0.5), -1, inside)
        )


def _projected(main: Form, form: Form) -> list[Found]:
    if not main.found:
        return []
    projection = Projection(main.text, form.text)
    made: list[Found] = []
    for item in main.found:
        place = projection.map(item.start, item.end)
        if place is not None:
            made.append(Found(item.turn, *place, item.type, item.rule, item.confidence, item.group))
    return made


# Rendering ----------------------------------------------------------------------------------------------------------


def render(transcript: Transcript, forms: list[list[Form]], replacer: Replacer) -> Redaction:
    """The transcript without what was found; the first form of each turn gives the spans."""
    turns: list[Turn] = []
    spans: list[Span] = []
    sound: list[SoundSpan] = []
    places: list[tuple[int, int]] = []
    groups: dict[int, int] = {}
    for number, (turn, shaped) in enumerate(zip(transcript.turns, forms, strict=True)):
        if not any(form.found for form in shaped):
            turns.append(turn)
            continue
        cuts = [_cuts(form, replacer) for form in shaped]
        turns.append(_render_turn(turn, shaped, cuts))
        places.extend(places_after(cuts[0]))
        for item in shaped[0].found:
            spans.append(
                Span(number, item.start, item.end, item.type, item.rule, item.confidence, _group(item, groups))
            )
        sound.extend(_sound(turn, shaped))
    redacted = Transcript(transcript.id, tuple(turns), transcript.language)
    return Redaction(redacted, tuple(spans), tuple(sound), tuple(places), replacer.vault)


def _group(item: Found, groups: dict[int, int]) -> int:
    """Groups as the public sees them: counted from 0 in order of appearance; lone finds have one each."""
    if item.group < 0:
        groups[-len(groups) - 2] = len(groups)
        return len(groups) - 1
    return groups.setdefault(item.group, len(groups))


def _cuts(form: Form, replacer: Replacer) -> list[Cut]:
    return [Cut(item.start, item.end, replacer.put(item.type, form.text[item.start : item.end])) for item in form.found]


def _render_turn(turn: Turn, shaped: list[Form], cuts: list[list[Cut]]) -> Turn:
    rendered = iter([apply(form.text, going) for form, going in zip(shaped, cuts, strict=True)])
    text = next(rendered)
    words = turn.words
    if turn.words:
        next(rendered)
        words = apply_to_words(turn.words, cuts[1])
    nbest = tuple(next(rendered) for _ in turn.nbest)
    named = {name: next(rendered) for name in turn.forms}
    return Turn(turn.speaker, text, turn.channel, words, nbest, named, turn.start_ms, turn.end_ms, turn.doubts)


# Sound --------------------------------------------------------------------------------------------------------------


def _sound(turn: Turn, shaped: list[Form]) -> list[SoundSpan]:
    """Where a turn's removed values are heard; what cannot be placed by words silences the whole turn."""
    made: list[SoundSpan] = []
    word_form = shaped[1] if turn.words else None
    places = word_places(turn.words)
    for item in word_form.found if word_form is not None else ():
        first = bisect_right(places, item.start, key=lambda place: place[1])
        last = bisect_left(places, item.end, key=lambda place: place[0])
        touched = turn.words[first:last]
        times = [(word.start_ms, word.end_ms) for word in touched]
        starts = [start for start, _ in times if start is not None]
        ends = [end for _, end in times if end is not None]
        if times and len(starts) == len(ends) == len(times):
            made.append(SoundSpan(turn.channel, min(starts), max(ends), item.type, "words"))
        else:
            made.append(_whole_turn(turn, item.type))
    for item in _unplaced(turn, shaped):
        made.append(_whole_turn(turn, item.type))
    return list(dict.fromkeys(made))


def _unplaced(turn: Turn, shaped: list[Form]) -> list[Found]:
    """Finds of the text, or of any other form, that no removed words answer to."""
    if not turn.words:
        return [item for form in shaped for item in form.found][:1]
    line = shaped[1]
    missing: list[Found] = []
    for form in [shaped[0], *shaped[2:]]:
        projection = Projection(form.text, line.text)
        for item in form.found:
            place = projection.map(item.start, item.end) if projection.is_close else None
            if place is None or not any(other.start < place[1] and other.end > place[0] for other in line.found):
                missing.append(item)
    return missing[:1]


def _whole_turn(turn: Turn, kind: EntityType) -> SoundSpan:
    if turn.start_ms is not None and turn.end_ms is not None:
        return SoundSpan(turn.channel, turn.start_ms, turn.end_ms, kind, "turn")
    times = [time for word in turn.words for time in (word.start_ms, word.end_ms)]
    known = [time for time in times if time is not None]
    if known and len(known) == len(times):
        return SoundSpan(turn.channel, min(known), max(known), kind, "turn")
    return SoundSpan.whole_channel(turn.channel, kind)
