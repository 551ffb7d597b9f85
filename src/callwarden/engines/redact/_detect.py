"""All recognisers over one view of a call: the turns with one text each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import (
    _addresses,
    _addresses_en,
    _contacts,
    _names_en,
    _names_explained,
    _names_spelled,
    _names_written,
    _names_zh,
)
from ._assembler import DATED, Assembler
from ._codes import codes_of, find_again, find_codes
from ._found import Found
from ._gate import Sign, two_numerals
from ._known_match import KnownMatcher
from ._lists import given_en, stop_en
from ._reader import Reader
from ._runs import Reading
from ._smooth import smooth
from ._spans import EntityType as T

_AGE = re.compile(
    r"(?:今年|年龄|岁数|年纪)(?:是|已经|都|大概|有|快)?\s*(?P<a>[0-9零一二三四五六七八九十百]{1,4}+)(?!\s*[月年号日天次个块元点万千.\-])\s*(?:周岁"
    r"|岁)?|(?P<b>[0-9一二三四五六七八九十]{2,3})\s*(?:周岁|岁)(?!以|及|到|至|-)"
    r"|(?<![a-z0-9])(?:i'm|i am|he's|she's|he is|she is|aged?|age is|my age is)\s+(?P<c>\d{1,3}|(?:twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|(?:eigh"
    r"|nine|six|seven|fif|four|thir)teen)"
    r"(?:\s+(?:years?\s+old|y/?o))(?![a-z])|(?<![a-z0-9])(?P<d>\d{1,3}|(?:twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)[ -]years?[ -]old(?![a-z])"
    r"|(?<![a-z])(?:(?:just |i'll |will )turn(?:ed)?|age of|at the age)\s+(?P<e>\d{1,3})(?!\d)(?!\s*(?:percent|%"
    r"|dollars|pages?|it|the))|(?<![a-z])when (?:he|she|i|they) (?:was|were)(?: only|"
    r" just)?\s+(?P<f>\d{1,2})(?![\d:./])"
)
# Two capitalised words in a row, or one with letters that English does not have.
_CAPITALS = re.compile(r"(?<![^\W\d_])[A-ZÀ-ÞĀ-Ž][^\W\d_A-Z]+ (?:[A-Z]\.? )?[A-ZÀ-ÞĀ-Ž][^\W\d_A-Z]|[ß-öø-žÀ-ÞĀ-Ž]")
_ALPHABET = re.compile(r"[^\W\d_\u2e80-\u9fff]")
_HAS_AGE = re.compile(r"岁|年龄|今年|years?[ -]old|(?<![a-z])age")
_AGE_QUESTION = re.compile(
    r"how old (?:are|is)|your age|(?:his|her) age|多大(?:年纪|岁数|了|年龄|[?？]?$)|几岁|贵庚|年龄(?:是|多|呢|[?？]?$)"
)
# Plain integers: an enumeration's operators cost more than all else that happens to an ordinary turn.
_NUMERAL, _CUE, _CONTACT = int(Sign.NUMERAL), int(Sign.CUE), int(Sign.CONTACT)
_NAME_ZH, _NAME_EN, _AGED, _PLACE = int(Sign.NAME_ZH), int(Sign.NAME_EN), int(Sign.AGE), int(Sign.ADDRESS)
_WORTH = int(Sign.LONG | Sign.EDGE | Sign.CODE)
_NUMBERS = _WORTH | _CUE
_OTHER_QUESTION = _CUE | _PLACE | _CONTACT
_ZIP_REACH = 60
_NAME_PATIENCE = 3
_SHORT_TURN = 20  # signs of a Chinese turn that may be a name and no more


@dataclass
class View:
    """One text per turn."""

    speakers: Sequence[str]
    texts: Sequence[str]


class Detector:
    """Finds personal data in the views of one call, in order of turns; no state is kept between calls of `detect`.

    Args:
        known: matcher for the values of the customer record.
        reader: reads texts; share it among all work on one call.
    """

    def __init__(self, known: KnownMatcher, reader: Reader) -> None:
        self._known = known
        self._reader = reader

    def detect(self, view: View, *, provisional: bool = False) -> list[Found]:
        """Everything found in one view; overlaps are left in.

        Args:
            provisional: also give fragments that may yet become part of a number (for live output).
        """
        texts, opened = smooth(view.texts)
        call = _Call(self._known, View(view.speakers, texts) if opened else view, self._reader)
        look = self._reader.look
        for turn, text in enumerate(texts):
            folded, signs = look(text)
            call.hear(turn, folded, signs)
        found = call.finish()
        if provisional:
            found.extend(call.assembler.pending())
        return [opened[item.turn].open(item) if item.turn in opened else item for item in found] if opened else found


def _is_short(text: str) -> bool:
    """Whether a turn is so short that it may be a part of a number told bit by bit."""
    return len(text) <= 10 or (len(text) <= 40 and text.isascii())


class _Call:
    """The state of one pass over one view."""

    def __init__(self, known: KnownMatcher, view: View, reader: Reader) -> None:
        self.assembler = Assembler()
        self._reader = reader
        self._known = known
        self._view = view
        self._found: list[Found] = []
        self._folded: list[str] = []
        self._signs: list[int] = []
        self._name_asked: tuple[int, str] | None = None
        self._secret_asked: tuple[int, str] | None = None
        self._name_told = -10
        self._name_signs: set[str] = set()
        self._email_asked = self._age_asked = -10
        self._address_asked = self._address_told = -10
        self._personal: dict[int, bool] = {}
        self._roles: dict[str, bool | None] = {}

    def hear(self, turn: int, text: str, signs: int) -> None:
        """Take in the next turn: its folded text and the gate's answer."""
        self._folded.append(text)
        self._signs.append(signs)
        speaker = self._view.speakers[turn]
        remember = self._reader.remember
        if self._known:
            self._found.extend(remember("known", turn, text, lambda: self._known.find(turn, text)))
        if self.assembler.is_listening or signs & _NUMBERS or (signs & _NUMERAL and _is_short(text)):
            self._numbers(turn, text, speaker, signs)
        if signs & _CONTACT or turn - self._email_asked <= 4:
            self._contacts(turn, text)
        if self._secret_asked is not None:
            self._secret_answer(turn, text, speaker)
        if signs & _CUE and any(cue.kind.type is T.PASSWORD for cue in self._reader.cues(self._view.texts[turn])):
            self._secret_asked = (turn, speaker)
        self._names(turn, text, speaker, signs)
        if turn - self._age_asked <= 2 and signs & _NUMERAL and speaker != self._view.speakers[self._age_asked]:
            self._age_answer(turn, text)
        if signs & _AGED:
            self._ages(turn, text)
            if _AGE_QUESTION.search(text):
                self._age_asked = turn
        if signs & _PLACE or turn - self._address_asked <= 3:
            self._places(turn, text, speaker)

    def _numbers(self, turn: int, text: str, speaker: str, signs: int) -> None:
        asked = self.assembler.expected
        cues = self._reader.cues(self._view.texts[turn]) if signs & _CUE or asked is not None else []
        # Numerals that no question, cue or neighbour makes interesting are not even read.
        worth = signs & _WORTH or asked is not None or (cues and two_numerals(text)) or _is_short(text)
        if not (signs & _NUMERAL and worth):
            if cues or asked in DATED:  # "june third" holds no numeral
                self.assembler.hear(turn, speaker, Reading(text), cues)
            else:
                self.assembler.pass_by(turn, text)
            return
        reading = self._reader.read(self._view.texts[turn])
        self.assembler.hear(turn, speaker, reading, cues)
        if self._told_postcode(turn) and self._is_public(turn, text, speaker):
            self._drop_public_codes(turn)
        if reading.elements:
            original = self._view.texts[turn]
            kind = f"codes {asked}"
            self._found.extend(
                self._reader.remember(kind, turn, original, lambda: find_codes(turn, reading, original, cues, asked))
            )

    def _contacts(self, turn: int, text: str) -> None:
        before = len(self._found)
        asked = turn - self._email_asked <= 4
        self._found.extend(_contacts.find_contacts(turn, text, self._reader.cues(self._view.texts[turn]), asked=asked))
        if asked and _contacts.begins_at_once(text):
            self._email_begun(turn)
        elif asked and _contacts.goes_on(text):
            self._email_begun(turn, whole=True)
        if _contacts.CUE.search(text) or any(item.rule == "email.cut" for item in self._found[before:]):
            self._email_asked = turn

    def _secret_answer(self, turn: int, text: str, speaker: str) -> None:
        """The next turn of the other side, when it is a password and no more."""
        assert self._secret_asked is not None
        asked, asker = self._secret_asked
        if speaker == asker and turn - asked <= 1:
            return
        self._secret_asked = None
        if speaker != asker:
            self._found.extend(_contacts.find_secret_answer(turn, text))

    def _email_begun(self, turn: int, *, whole: bool = False) -> None:
        """The part before "at" was told in earlier turns of the same speaker.

        Args:
            whole: some of it stands in this turn; only turns that hold nothing else are more of it.
        """
        speaker, found = self._view.speakers[turn], False
        for earlier in range(turn - 1, max(-1, turn - 7), -1):
            if self._view.speakers[earlier] != speaker:
                continue
            text = self._folded[earlier]
            end = len(text.rstrip(" .,，。"))
            start = _contacts.local_start(text, end)
            is_whole = start < end and not text[:start].strip(" ,，")
            signs = any(sign.isascii() and sign.isalnum() for sign in text[start:end])
            if start < end and (is_whole or not whole) and (signs or not (whole or found)):
                found = True
                self._found.append(Found(earlier, start, end, T.EMAIL, "email.begun", 0.75))
            if not is_whole:
                return  # other words stand before it: it began here

    # Names ---------------------------------------------------------------------------------------------------------

    def _names(self, turn: int, text: str, speaker: str, signs: int) -> None:
        before, remember = len(self._found), self._reader.remember
        if self._name_asked is not None:
            if speaker == self._name_asked[1] and speaker and signs & _OTHER_QUESTION:
                self._name_asked = None
            else:
                self._name_answer(turn, text, speaker)
        named = self._name_asked is not None or turn - self._name_told <= _NAME_PATIENCE
        is_wide = not text.isascii()
        if signs & _NAME_ZH or (is_wide and (signs & _NAME_EN or (named and len(text) <= _SHORT_TURN))):
            names = remember("zh", turn, text, lambda: _names_zh.find_names(turn, text))
            self._found.extend(names)
            question = _names_zh.QUESTION.search(text)
            if question is not None and not any(item.start >= question.end() for item in names):
                self._name_asked = (turn, speaker)
        if signs & _NAME_EN:
            original = self._view.texts[turn]
            self._found.extend(remember("en", turn, original, lambda: _names_en.find_names(turn, text, original)))
            if _names_en.QUESTION.search(text):
                self._name_asked = (turn, speaker)
        elif text != self._view.texts[turn] and _CAPITALS.search(self._view.texts[turn]) is not None:
            original = self._view.texts[turn]
            self._found.extend(
                remember("written", turn, original, lambda: _names_written.find_names(turn, text, original))
            )
        if signs & _NAME_EN or named:
            self._found.extend(_names_spelled.find_unannounced(turn, text, named=named))
        told = [item for item in self._found[before:] if item.type is T.PERSON]
        if is_wide and (told or named):
            if named and not told:
                self._found.extend(_names_zh.find_confirmed(turn, text))
            for item in told:
                self._name_signs.update(text[item.start : item.end])
            asked = self._name_asked is not None
            self._found.extend(_names_explained.find_explained(turn, text, asked=asked, signs=self._name_signs))
        if len(self._found) > before:
            self._name_told = turn

    def _name_answer(self, turn: int, text: str, speaker: str) -> None:
        assert self._name_asked is not None
        asked, asker = self._name_asked
        if turn - asked > _NAME_PATIENCE:
            self._name_asked = None
            return
        if speaker == asker and speaker:
            return
        answers = list(_names_zh.find_answer(turn, text)) + list(
            _names_en.find_answer(turn, text, self._view.texts[turn])
        )
        self._found.extend(answers)
        if any("spelled" in item.rule or _is_whole_name(text[item.start : item.end]) for item in answers):
            self._name_asked = None

    # Addresses, ages -------------------------------------------------------------------------------------------------

    def _is_public(self, turn: int, text: str, speaker: str) -> bool:
        """Whether an address in this turn would be that of a public place, not of a person."""
        if turn - self._address_told <= 3 or self._is_personal(turn):
            return False  # what follows a person's address repeats it
        role = self._role(speaker)
        if role is True and _addresses.confirms_home(text):
            return False
        if role is False or (role is None and len(self._view.texts) == 1):
            return False  # one text and nobody who answers: nothing tells a place from a home
        before = next(
            (earlier for earlier in range(turn - 1, max(-1, turn - 4), -1) if self._view.speakers[earlier] != speaker),
            -1,
        )
        if before >= 0 and self._is_personal(before):
            return False
        return role is True or _addresses.speaks_of_places(text, self._folded[before] if before >= 0 else "")

    def _is_personal(self, turn: int) -> bool:
        known = self._personal.get(turn)
        if known is None:
            known = self._personal[turn] = bool(self._signs[turn] & _PLACE) and _addresses.is_personal(
                self._folded[turn]
            )
        return known

    def _role(self, speaker: str) -> bool | None:
        if speaker not in self._roles:
            self._roles[speaker] = _addresses.is_agent(speaker)
        return self._roles[speaker]

    def _places(self, turn: int, text: str, speaker: str) -> None:
        asked = turn - self._address_asked <= 3
        role = self._role(speaker)
        personal = self._is_personal(turn)
        asks = _addresses.is_question(text)
        if role is False and asks and not personal and not asked and not _addresses.has_detail(text):
            return  # a caller who asks for an address asks for somebody else's
        cued = personal or (_addresses.is_cued(text) and not (role is False and asks))
        if not self._is_public(turn, text, speaker):
            places = list(_addresses.find_addresses(turn, text, self._view.texts[turn], asked=asked or cued))
            if asked:
                places += _addresses_en.find_town(turn, text, town_asked=self._asks_town(turn))
            self._found.extend(places)
            if places:
                self._zips(turn, places)
                self._address_told = turn
                self._address_asked = max(self._address_asked, turn - 1)
        if personal or (cued and role is not False and asks):
            self._address_asked = turn

    def _asks_town(self, turn: int) -> bool:
        """Whether the other side asked for the town in one of the two turns before."""
        speakers = self._view.speakers
        return any(
            speakers[earlier] != speakers[turn]
            and _addresses_en.TOWN_QUESTION.search(self._folded[earlier]) is not None
            for earlier in range(max(0, turn - 2), turn)
        )

    def _told_postcode(self, turn: int) -> bool:
        for item in reversed(self.assembler.found):
            if item.turn < turn:
                return False
            if item.type is T.ADDRESS:
                return True
        return False

    def _drop_public_codes(self, turn: int) -> None:
        """The post code of a public place is not personal."""
        self.assembler.found = [
            item
            for item in self.assembler.found
            if not (item.turn == turn and item.type is T.ADDRESS and item.rule == "cue")
        ]

    def _zips(self, turn: int, places: Sequence[Found]) -> None:
        for run in self._reader.read(self._view.texts[turn]).runs:
            if run.open_size in (5, 6, 9) and any(0 <= run.start - place.end <= _ZIP_REACH for place in places):
                self._found.append(
                    Found(turn, run.start, run.end, T.ADDRESS, "address.postcode", 0.8, -1, run.elements)
                )

    def _age_answer(self, turn: int, text: str) -> None:
        """A bare number of up to three digits, told when the other side has asked for the age."""
        runs = self._reader.read(self._view.texts[turn]).runs
        if len(runs) == 1 and runs[0].size <= 3 and len(text) - (runs[0].end - runs[0].start) <= 16:
            run = runs[0]
            self._found.append(Found(turn, run.start, run.end, T.AGE, "age.answer", 0.75, -1, run.elements))
            self._age_asked = -10

    def _ages(self, turn: int, text: str) -> None:
        for match in _AGE.finditer(text):
            group = match.lastgroup
            assert group is not None
            self._found.append(Found(turn, *match.span(group), T.AGE, "age", 0.8))

    # The whole call ---------------------------------------------------------------------------------------------------

    def finish(self) -> list[Found]:
        found = self.assembler.found + self._found
        found.extend(self._carried(found))
        found.extend(self._codes_again())
        found.extend(self._places_again())
        return found

    def _places_again(self) -> list[Found]:
        """Streets and estates of told addresses are removed wherever the call repeats them, with what follows."""
        told = [item for item in self._found if item.type is T.ADDRESS]
        places = {
            name for item in told for name in _addresses.places_of(self._folded[item.turn][item.start : item.end])
        }
        if not places:
            return []
        pattern = re.compile("|".join(map(re.escape, sorted(places, key=len, reverse=True))))
        return [
            Found(turn, match.start(), _addresses.with_details(text, match.end()), T.ADDRESS, "address.carried", 0.8)
            for turn, text in enumerate(self._folded)
            for match in pattern.finditer(text)
            if not match.group().isascii() or _stands_free(text, match)
        ]

    def _codes_again(self) -> list[Found]:
        """Codes told once are removed wherever the call reads them back, letters and all."""
        told = codes_of(self._found)
        if not told:
            return []
        return [
            item
            for turn, text in enumerate(self._view.texts)
            if self._signs[turn] & _NUMERAL and (self._signs[turn] & _WORTH or _is_short(text))
            for item in find_again(turn, self._reader.read(text), text, told)
        ]

    def _carried(self, found: Iterable[Found]) -> list[Found]:
        """Names told once are removed wherever the call repeats them."""
        names: set[str] = set()
        for item in found:
            if item.type is T.PERSON and item.confidence >= 0.75 and "spelled" not in item.rule:
                names.update(_name_parts(self._folded[item.turn][item.start : item.end]))
        if not names:
            return []
        # Boundaries are looked at here: compiling them into a pattern for every call costs more than the search.
        pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        return [
            Found(turn, *match.span(), T.PERSON, "name.carried", 0.85)
            for turn, text in enumerate(self._folded)
            for match in pattern.finditer(text)
            if not match.group().isascii() or _stands_free(text, match)
        ]


def _stands_free(text: str, match: re.Match[str]) -> bool:
    """Whether no letter of an alphabet touches a word."""
    sides = text[max(0, match.start() - 1) : match.start()] + text[match.end() : match.end() + 1]
    return _ALPHABET.search(sides) is None


def _is_whole_name(name: str) -> bool:
    """Whether an answer holds family and given name, so that no more of it is to come."""
    return len(name.split()) >= 2 if name.isascii() else len(name) >= 2


def _name_parts(name: str) -> list[str]:
    """The parts of a told name that are safe to look for elsewhere."""
    if not name.isascii() and all("\u3400" <= sign <= "\u9fff" for sign in name):
        return [name] if len(name) >= 2 else []
    words = re.findall(r"[^\W\d_\u2e80-\u9fff]+", name)
    rare = [word for word in words if len(word) >= 3 and word not in stop_en() and word not in given_en()[1]]
    return rare + ([" ".join(words)] if len(words) > 1 and " ".join(words) == name else [])
