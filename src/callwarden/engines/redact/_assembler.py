"""The number assembler: one state per call that joins what is told in parts and knows what was asked.

It sees the turns in order. A number is removed when it is long (seven digits that nothing explains), when a cue or the
other speaker's question asks for it, or when short fragments told over several turns add up to a long one; then the
earlier fragments are removed after the fact.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ._cues import Cue, CueKind
from ._found import Found
from ._harmless import DATE, Meaning
from ._label import Label, is_business_number, label
from ._numerals import Element, Kind, between
from ._runs import Piece, Reading, Run
from ._spans import EntityType as T

LONG = 7  # digits in a row that are never left without an explanation
_DICTATED = 6  # digits told over turns that hold nothing else: a code, whatever it is for
_PATIENCE = 3  # turns without digits that an open question survives
_REACH = 12  # turns an open question or number survives at most
_CHAIN_REACH = 4  # turns between two fragments of one number
_LONGEST_CHAIN = 40  # fragments of one number
_FAR = 60  # characters between a cue and a number in one turn

_CONNECTING = re.compile(
    r"(?:[\s,，、:：.\-#'\"“”()]|号码|号|是|为|的|尾号|尾数|最后|后|前|[一二三四五六两\d]位|数字|您|你|我|就|有"
    r"|叫|在|这个|那个|嗯|呃|啊|哦"
    r"|\b(?:number|numbers|digits?|no|is|are|was|it|it's|its|that's|ending|ends|in|the|my|your|his|her|their|at"
    r"|on|to|code|with"
    r"|starts|would|should|be|area|here|as|listed|of|for|you|me|this|one|uh+|um+|uhm|er|ok|okay|yeah|yes|so|well"
    r"|a|and|last|first"
    r"|four|three|six|date|card|account|going|gonna|sure|actually|currently|please|i|have|can|reached?)\b){0,12}"
)
_AFTER_LINK = re.compile(
    r"[\s,，.。]*(?:嗯|啊|呃|对)?[\s,，]*(?:这个|那个)?(?:号码?)?(?:就)?(?:是|为|that's|that is|that was|this is"
    r"|is|was|it's|as|for)?\s*"
    r"(?:我的|您的|你的|他的|她的|我|您|你|my|your|the|his|her|our|their|a)?\s*(?:本人的?|新|旧|old|new)?\s*$"
)
_COPULA = re.compile(r"是|为|(?<![a-z])(?:that's|that is|that was|this is|is|was|it's|as|for)(?![a-z])")
_BACKCHANNEL = re.compile(
    r"(?:[\s,，.。?？!！、…~]|继续|请继续|请说|请讲|您说|你说|接着说|后面呢|后面的呢|后面|还有呢|还有吗|然后呢"
    r"|下面呢|剩下的呢|记下了|记着呢|记好了|在听|听着呢"
    r"|收到|明白|了解|是的|是|对的|对|好的|好|行|嗯|哦|噢|啊|呃|额|哎|唉|喂|可以|没错|没问题|慢一点|慢点|慢慢说"
    r"|别急|不着急|稍等|等一下|等等|我记一下"
    r"|请您|请|您|你|呢|吧|了|哈|一下|再说一遍|重复|谢谢"
    r"|\b(?:u+h+m*|u+m+|er+m?|a+h+|oh+|hm+|mm+|mhm|huh|okay|ok|k|yeah|yes|yep|yup|right|sure|all|alright|good"
    r"|great|perfect|got"
    r"|it|that|go|ahead|on|and|then|next|please|continue|keep|going|what's|what|is|the|rest|of|after|i|i'm|have"
    r"|listening|ready"
    r"|with|you|me|still|here|thank|thanks|slower|slowly|repeat|again|could|can|so|far|correct|cool|fine|uhhuh"
    r"|last|one|digits"
    r"|part|let|know|when|to|a|bit|little|down|more|any|anything|else|there|hold|moment|second)\b){1,14}"
)
DATED = frozenset({T.DOB, T.CARD_EXPIRY})
_SHORT_TYPES = frozenset({T.CARD_CVV, T.CARD_EXPIRY, T.CARD_PIN, T.OTP})
_PLAIN = frozenset({Meaning.TIME, Meaning.DATE})
_CARD_FACE = frozenset({T.CARD_PAN, T.CARD_EXPIRY, T.CARD_CVV})
_SURE = 0.85
_BY_SHAPE = frozenset(["chain", "echo", "phone.shape", "phone.nanp", "number", "number.long"])
# What a bare number behind a card number is, by its digits.
_CARD_TRAILERS = {3: T.CARD_CVV, 4: T.CARD_EXPIRY, 6: T.CARD_EXPIRY}


@dataclass
class _Asked:
    """An expectation: a cue or question was heard and its value has not been told completely."""

    kind: CueKind
    turn: int
    end: int
    speaker: str
    group: int
    told: str = ""
    quiet: int = 0


@dataclass
class _Fragment:
    turn: int
    run: Run
    speaker: str
    is_echo: bool
    found: list[Found] = field(default_factory=list)


class Assembler:
    """Feed turns in order with `hear`; read `found` at any time.

    Args:
        first_group: where group numbers start.
    """

    def __init__(self, first_group: int = 0) -> None:
        self.found: list[Found] = []
        self._group = first_group
        self._asked: _Asked | None = None
        self._chain: list[_Fragment] = []
        self._quiet_turns: dict[int, bool] = {}
        self._told_values: dict[str, tuple[CueKind, int]] = {}

    @property
    def is_listening(self) -> bool:
        """Whether an open question or number makes even a plain turn matter."""
        return self._asked is not None or bool(self._chain)

    def pass_by(self, turn: int, text: str) -> None:
        """Take in a turn without numerals and cues."""
        self._forget(turn)
        self._quiet(turn, text, has_cues=False)

    @property
    def expected(self) -> T | None:
        """The kind of value an open question or cue asks for."""
        return self._asked.kind.type if self._asked is not None else None

    def pending(self) -> list[Found]:
        """Fragments that may still turn out to be part of a number: live output masks them until that is known."""
        return [
            Found(fragment.turn, piece_start, piece_end, T.NUMBER, "pending", 0.3, provisional=True)
            for fragment in self._chain
            if not fragment.found and fragment.run.open_size >= 3
            for piece_start, piece_end, _ in _open_stretches(fragment.run)
        ]

    def hear(self, turn: int, speaker: str, reading: Reading, cues: Sequence[Cue]) -> None:
        """Take in the next turn."""
        self._forget(turn)
        after = _cues_after(reading, cues) if cues else {}
        events: list[tuple[int, int, Cue | Run | re.Match[str]]] = [(cue.start, 0, cue) for cue in cues]
        events += [(run.start, 2, run) for run in reading.runs]
        if self._wants_dates(cues) or _BORN.search(reading.text) is not None:
            events += [(match.start(), 1, match) for match in DATE.finditer(reading.text)]
        events.sort(key=lambda event: event[:2])
        dated = 0
        for _, _, event in events:
            if isinstance(event, Cue):
                if event not in after.values():
                    self._cue(turn, speaker, event)
            elif isinstance(event, Run):
                if event.end > dated:
                    self._run(turn, speaker, reading, event, after.get(event.start))
            elif self._date(turn, reading, cues, event):
                dated = event.end()
        if not reading.runs:
            self._quiet(turn, reading.text, bool(cues))

    # What was asked ------------------------------------------------------------------------------------------------

    def _cue(self, turn: int, speaker: str, cue: Cue) -> None:
        asked = self._asked
        if cue.kind.type is None:
            if asked is not None and (asked.turn != turn or asked.told):
                self._asked = None
            return
        if asked is not None and asked.kind is cue.kind and not asked.told and asked.turn == turn:
            asked.end = cue.end
            return
        self._group += 1
        self._asked = _Asked(cue.kind, turn, cue.end, speaker, self._group)

    def _forget(self, turn: int) -> None:
        asked = self._asked
        if asked is not None and (asked.quiet > _PATIENCE or turn - asked.turn > _REACH):
            self._asked = None
        if self._chain and turn - self._chain[-1].turn > _CHAIN_REACH:
            self._chain = []

    def _quiet(self, turn: int, text: str, has_cues: bool) -> None:
        """A turn without digits: a back-channel keeps an open number open, talk lets it fade."""
        quiet = (len(text) <= 60 and _BACKCHANNEL.fullmatch(text) is not None) or not text.strip()
        self._quiet_turns[turn] = quiet
        if quiet:
            return
        if self._asked is not None and not has_cues:
            self._asked.quiet += 1
        if self._chain and not (self._chain[-1].run.at_start and self._chain[-1].run.at_end):
            self._chain = []  # only a turn of nothing but digits can go on after other talk

    # Numbers -------------------------------------------------------------------------------------------------------

    def _run(self, turn: int, speaker: str, reading: Reading, run: Run, after: Cue | None) -> None:
        if (run.open_size == 0 and not self._structured(run)) or _is_hotline(reading.text, run):
            return
        fragment = self._join(turn, speaker, reading, run)
        kind = after.kind if after is not None else self._expects(turn, speaker, reading, run, fragment)
        told = self._told_values.get(run.digits) if kind is None else None
        if told is not None:  # read back, or said again
            fragment.found = self._remove(turn, reading, run, *told)
        elif kind is not None or (run.open_size >= LONG and not _are_years(run)) or self._structured(run):
            group = self._next_group(fragment, kind)
            fragment.found = self._remove(turn, reading, run, kind, group)
            if self._asked is not None and kind is self._asked.kind:
                self._told(turn, run)
        self._settle_chain(reading)

    def _structured(self, run: Run) -> bool:
        """Thirteen digits or more are somebody's number whatever stands around them, unless they are plainly times."""
        return run.size >= 13 and any(piece.size >= 13 and piece.harmless not in _PLAIN for piece in run.pieces)

    def _next_group(self, fragment: _Fragment, kind: CueKind | None) -> int:
        if self._asked is not None and kind is self._asked.kind:
            return self._asked.group
        earlier = next((item.found[0].group for item in self._chain if item.found and item is not fragment), None)
        return self._new_group() if earlier is None or kind is not None else earlier

    def _told(self, turn: int, run: Run) -> None:
        asked = self._asked
        assert asked is not None
        asked.told += run.digits
        if len(asked.told) >= 4:
            self._told_values[asked.told] = (asked.kind, asked.group)
        asked.quiet = 0
        asked.end, asked.turn = run.end, turn
        if len(asked.told) >= asked.kind.complete and asked.kind.type is not None:
            # Finished: only what follows at once (an echo, an extension) is still an answer; the chain sees to that.
            self._asked = None

    def _expects(self, turn: int, speaker: str, reading: Reading, run: Run, fragment: _Fragment) -> CueKind | None:
        """The kind of value this run answers to, if the open question or cue covers it."""
        asked = self._asked
        if asked is None:
            return None
        size = run.open_size
        same_turn = asked.turn == turn
        between = reading.text[asked.end : run.start] if same_turn else reading.text[: run.start]
        if same_turn and len(between) > _FAR:
            return None
        near = _CONNECTING.fullmatch(between) is not None
        lone = run.at_start and run.at_end
        if asked.told:
            near = near or run.at_start or (same_turn and len(between) <= 20)
            if not near and not same_turn:
                return None  # what was asked has been told; other talk about other numbers has begun
            needed = 1 if lone else 2
        elif near:
            needed = min(asked.kind.min_near, 2) if lone or (run.at_end and same_turn) else asked.kind.min_near
        else:
            needed = asked.kind.min_far
        if asked.kind.type in _SHORT_TYPES and size > asked.kind.max and not asked.told:
            return asked.kind if size >= LONG else None
        if not same_turn and speaker == asked.speaker and not near and not lone and size < LONG:
            return None
        return asked.kind if size >= needed else None

    def _remove(self, turn: int, reading: Reading, run: Run, kind: CueKind | None, group: int) -> list[Found]:
        """Remove the run, cut into the values it holds."""
        made: list[Found] = []
        for first, last, found_label in _values(run, reading.text, kind):
            elements = run.elements[first : last + 1]
            start, end = _with_signs(reading.text, elements[0].start, elements[-1].end)
            made.append(
                Found(turn, start, end, found_label.type, found_label.rule, found_label.confidence, group, elements)
            )
        self.found.extend(made)
        return made

    # Numbers in parts ----------------------------------------------------------------------------------------------

    def _join(self, turn: int, speaker: str, reading: Reading, run: Run) -> _Fragment:
        """Hang the run on the open chain if it continues it, else open a new chain."""
        continues = bool(self._chain) and self._continues(turn, reading, run)
        if not continues:
            self._chain = []
        told = "".join(item.run.digits for item in self._chain if not item.is_echo)
        is_echo = bool(told) and self._chain[-1].speaker != speaker and run.digits in told
        fragment = _Fragment(turn, run, speaker, is_echo)
        self._chain = [*self._chain[-_LONGEST_CHAIN:], fragment]
        return fragment

    def _continues(self, turn: int, reading: Reading, run: Run) -> bool:
        previous = self._chain[-1]
        if previous.turn == turn:
            return run.start - previous.run.end <= 40 and (previous.run.size >= 2 or run.size >= 2)
        lone = run.at_start and run.at_end
        previous_lone = previous.run.at_start and previous.run.at_end
        between = range(previous.turn + 1, turn)
        if not all(self._quiet_turns.get(number, False) or (lone and previous_lone) for number in between):
            return False
        if turn - previous.turn > _CHAIN_REACH:
            return False
        led = _leads(reading.text, run.start) and not _is_quantity(run)
        starts = run.at_start or led
        ended = previous_lone or (previous.run.at_end and not _is_quantity(previous.run))
        follows = previous_lone and run.size >= 3 and led
        return (starts and ended) or (lone and previous.run.size >= 3) or follows

    def _settle_chain(self, reading: Reading) -> None:
        """When fragments add up to a long number, or belong to one already removed, remove every one of them."""
        chain = [item for item in self._chain if item.run.open_size]
        if len(chain) < 2:
            return
        removed = [item for item in chain if item.found]
        told = [item for item in chain if not item.is_echo]
        total = sum(item.run.open_size for item in told)
        across = len({item.turn for item in chain}) > 1
        dictated = total >= _DICTATED and len({item.speaker for item in told}) == 1 and all(map(_is_dictated, told))
        if not removed and not ((total >= LONG and (across or _is_structured_join(told))) or (dictated and across)):
            return
        if removed and removed[-1] is not chain[-1] and chain[-1].run.open_size < 2 and not chain[-1].run.at_end:
            return
        if removed and len({item.turn for item in chain}) == 1:
            return  # in one turn, the cue or the size has already decided
        group = removed[0].found[0].group if removed else self._new_group()
        kind = removed[0].found[0] if removed else None
        digits = "".join(item.run.digits for item in told)
        chosen = label([digits]) if kind is None else Label(kind.type, kind.rule, kind.confidence)
        for item in chain:
            if not item.found:
                for start, end, elements in _open_stretches(item.run):
                    found = Found(
                        item.turn, start, end, chosen.type, "echo" if item.is_echo else "chain", 0.85, group, elements
                    )
                    self.found.append(found)
                    item.found.append(found)
        if all(found.rule in _BY_SHAPE for item in removed for found in item.found):
            self._relabel(chain, label([digits]))

    def _relabel(self, chain: Sequence[_Fragment], better: Label) -> None:
        """What fragments are is known best when all of them have been told."""
        for item in chain:
            for found in item.found:
                if better.confidence >= _SURE and found.type is not better.type:
                    place = next(at for at, known in enumerate(self.found) if known is found)
                    changed = replace(found, type=better.type)
                    self.found[place] = changed
                    item.found[item.found.index(found)] = changed

    def _new_group(self) -> int:
        self._group += 1
        return self._group

    # Dates ---------------------------------------------------------------------------------------------------------

    def _wants_dates(self, cues: Sequence[Cue]) -> bool:
        asked = self._asked is not None and self._asked.kind.type in DATED
        return asked or any(cue.kind.type in DATED for cue in cues)

    def _date(self, turn: int, reading: Reading, cues: Sequence[Cue], match: re.Match[str]) -> bool:
        """A date is harmless until it is asked for: a birth date, or the expiry of a card."""
        start, end = match.start(), match.start() + len(match.group().rstrip())
        asked = self._asked
        behind = next((cue for cue in cues if cue.kind.type is T.DOB and 0 <= cue.start - end <= 12), None)
        if behind is not None or _BORN_BEHIND.match(reading.text, end) is not None:
            kind, group = T.DOB, self._new_group()
        elif asked is None or asked.kind.type not in DATED or (asked.turn == turn and start - asked.end > _FAR):
            return False
        elif asked.told and asked.turn != turn and not _is_alone(reading.text, start, end):
            return False  # told already: another date in other talk
        else:
            kind, group = asked.kind.type, asked.group
            asked.told += "d"
            asked.turn, asked.end = turn, end
        inside = tuple(between(reading.elements, start, end))
        self.found.append(Found(turn, start, end, kind, "date", 0.9, group, inside))
        return True


# 六八年三月初五生的, 七六年生人: the birth stands behind its date.
_BORN = re.compile(r"[年月日号零〇一二三四五六七八九十\d]\s*(?:出?生的|生人)")
_BORN_BEHIND = re.compile(r"\s*(?:出?生的|生人)")


def _leads(text: str, start: int) -> bool:
    """Whether what stands before a number only leads up to it: "okay so it's", 后面是."""
    if start > 30:
        return False
    return _CONNECTING.fullmatch(text, 0, start) is not None or _BACKCHANNEL.fullmatch(text, 0, start) is not None


def _is_quantity(run: Run) -> bool:
    """ "three thousand nine hundred", 一千一百八十八: told as an amount, not digit by digit."""
    return len(run.elements) == 1 and run.elements[0].kind is Kind.QUANTITY


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether hardly anything stands before and behind a date but what opens and closes an answer."""
    return _leads(text, start) and len(text[end:].strip()) <= 8


_HOTLINE = re.compile(
    r"(?:热线|客服|(?:服务|投诉|咨询|报案|报修|举报|客户|官方|全国|统一)(?:的)?(?:电话|号码?)|拨打|致电|拨)(?:的?(?:电话|号码|热线|专线))?"
    r"|(?:hotline|helpline|toll[ -]free(?: number)?|customer (?:service|care|support)(?: line| number| team)?"
    r"|support line)"
)
_TO_HOTLINE = re.compile(
    r"(?:是|为|就是|在|打|[:：\s,，]|is|at|on|or|call|dial|please|和|也可以|也|可以|都行|热线|客服|或者?|以及|、|\d|[零一二三四五六七八九幺]){0,14}"
)


def _is_hotline(text: str, run: Run) -> bool:
    """A service number that its own announcement explains: 客服热线 400..., 拨打 95588, toll free 800..."""
    digits = run.digits
    if not (is_business_number(digits) or _TOLL_FREE.fullmatch(digits)):
        return False
    for match in _HOTLINE.finditer(text, max(0, run.start - 40), run.start):
        if _TO_HOTLINE.fullmatch(text, match.end(), run.start):
            return True
    return False


_TOLL_FREE = re.compile(r"1?8(?:00|88|77|66|55|44|33)\d{7}")


def _are_years(run: Run) -> bool:
    """ "2018 and 2019": years in a row are no number."""
    years = [piece for piece in run.pieces if piece.harmless is None]
    if len(years) > 3:
        return False
    for piece in years:
        told = "".join([element.readings[0] for element in run.elements[piece.first : piece.last + 1]])
        if len(told) != 4 or told[:2] not in ("19", "20"):
            return False
    return True


def _cues_after(reading: Reading, cues: Sequence[Cue]) -> dict[int, Cue]:
    """Cues that name the number before them ("... is my card number"), by the start of that run."""
    linked: dict[int, Cue] = {}
    for run in reading.runs:
        place = bisect_left(cues, run.end, key=lambda cue: cue.start)
        if place == len(cues) or cues[place].kind.type is None or cues[place].start > run.end + 24:
            continue
        cue = cues[place]
        if not _AFTER_LINK.fullmatch(reading.text, run.end, cue.start):
            continue
        # "... 2987 and phone number is" names the next number; a link word must say it names this one.
        links = _COPULA.search(reading.text, run.end, cue.start) is not None
        closes = not reading.text[cue.end :].strip(" 。.,，!！?？了啊吧")
        if (links or closes) and cue.kind.min_near <= run.open_size <= cue.kind.max:
            linked[run.start] = cue
    return linked


def _with_signs(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in a plus sign or bracket that belongs to the number."""
    while start and text[start - 1] in "+(":
        start -= 1
    if text[end : end + 1] == ")" and text.count("(", start, end) > text.count(")", start, end):
        end += 1
    while text[end : end + 1] in ("\ufe0f", "\u20e3"):  # the rest of a keycap
        end += 1
    return start, end


def _open_stretches(run: Run) -> Iterator[tuple[int, int, tuple[Element, ...]]]:
    """Maximal stretches of pieces that nothing explains."""
    first: Piece | None = None
    last: Piece | None = None
    for piece in (*run.pieces, None):
        if piece is not None and piece.harmless is None:
            first, last = first or piece, piece
        elif first is not None and last is not None:
            elements = run.elements[first.first : last.last + 1]
            yield elements[0].start, elements[-1].end, elements
            first = last = None


def _is_dictated(fragment: _Fragment) -> bool:
    """Whether a turn holds three digits or more and nothing but what leads up to them."""
    return fragment.run.at_start and fragment.run.at_end and fragment.run.open_size >= 3


def _is_structured_join(told: Sequence[_Fragment]) -> bool:
    """Whether fragments in one turn, apart from each other, spell a number with an unmistakable shape."""
    digits = "".join(item.run.digits for item in told)
    return label([digits]).rule in ("phone.cn.mobile", "card.luhn", "ric.checksum")


def _values(run: Run, text: str, kind: CueKind | None) -> Iterator[tuple[int, int, Label]]:
    """Cut a run into the values it holds; yields the first and last element of each, and its label."""
    pieces = list(run.pieces)
    if not (run.size >= 10 and label(_readings(run.elements)).confidence >= _SURE):
        while pieces and _explained(pieces[0]):
            pieces.pop(0)
        while pieces and _explained(pieces[-1]):
            pieces.pop()
    place = 0
    previous: Label | None = None
    while place < len(pieces):
        size = pieces[place].size
        follows_card = previous is not None and previous.type in _CARD_FACE
        if follows_card and size in _CARD_TRAILERS:
            taken, chosen = 1, Label(_CARD_TRAILERS[size], "card.trailer", 0.8)
        else:
            taken, chosen = _longest(pieces[place:], run, text, kind)
            size = sum(piece.size for piece in pieces[place : place + taken])
        yield pieces[place].first, pieces[place + taken - 1].last, chosen
        previous = chosen
        place += taken


def _explained(piece: Piece) -> bool:
    return piece.harmless is not None and (piece.size < 13 or piece.harmless in _PLAIN)


def _longest(pieces: Sequence[Piece], run: Run, text: str, kind: CueKind | None) -> tuple[int, Label]:
    """How many pieces make the next value: what the cue asks for, a sure structure, or all that is left."""

    def labelled(first: int, taken: int, expected: CueKind | None) -> Label:
        elements = run.elements[pieces[first].first : pieces[first + taken - 1].last + 1]
        written = text[elements[0].start : elements[-1].end]
        return label(_readings(elements), expected.type if expected else None, expected.max if expected else 0, written)

    rest = len(pieces)
    size = sum(piece.size for piece in pieces)
    if size <= (kind.max if kind is not None else LONG - 1):
        return rest, labelled(0, rest, kind)
    for taken in range(min(rest, 24), 0, -1):
        chosen = labelled(0, taken, None)
        if chosen.confidence >= _SURE:
            return taken, chosen
    # A false start and a correction: the value is what comes last, but all of it is removed.
    for first in range(1, min(rest, 24)):
        chosen = labelled(first, rest - first, None)
        if chosen.confidence >= _SURE:
            return rest, chosen
    return rest, labelled(0, rest, kind)


def _readings(elements: Sequence[Element]) -> list[str]:
    """The likeliest reading, and the one that takes every second choice."""
    first = "".join(element.readings[0] for element in elements)
    other = "".join(element.readings[-1] for element in elements)
    return [first] if other == first else [first, other]
