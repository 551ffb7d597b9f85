"""Finding values that are already known: of the customer record, or told earlier in the same call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from ._fold import fold
from ._found import Found
from ._known import KnownValues
from ._lists import given_en, stop_en, surnames_zh
from ._numerals import Element, Kind, read
from ._sounds import blurred_syllables, consonant_key, one_slip_apart, syllables
from ._spans import EntityType as T

_HAN_RUN = re.compile(r"[\u3400-\u9fff](?:[\s,，、·]?[\u3400-\u9fff])*")
_LATIN_WORD = re.compile(r"[^\W\d_\u2e80-\u9fff]+")
_SPELLED = re.compile(r"(?<![a-z'])[a-z](?:[\s,.\-]+(?:as in \w+[\s,.\-]+)?[a-z](?![a-z']))+")
_NAME_CUE = re.compile(
    r"(?:叫|姓名|名字|是|姓|免贵)\s*[:：是叫]?\s*$|(?:my name|name's|name is|this is|i'm|i am|speaking|mr|mrs|ms"
    r"|miss|first name|last name)\.?\s*(?:is\s*)?$"
)
_ZH_TITLE = re.compile(r"\s*(?:先生|女士|小姐|太太|老师|本人)")
_AREAS = re.compile(r"[\u3400-\u9fff]{2,8}?(?:省|自治区|市|区|县|旗)")
_STREET_NUMBER = re.compile(
    r"(?:[\s,，的]*[0-9零〇一二两三四五六七八九十百幺甲乙a-h东南西北\-]+\s*(?:号院|号楼|号|栋|幢|座|单元|楼|层|室"
    r"|户|弄|期)?)+"
)
GRAM = 4


def grams_of(elements: Iterable[Element]) -> set[str]:
    """Every four digits in a row over all readings of the elements (letters are skipped)."""
    told = [element for element in elements if element.kind is not Kind.LETTER and element.kind is not Kind.AMOUNT]
    if all([len(element.readings) == 1 for element in told]):
        line = "".join([element.readings[0] for element in told])
        return {line[place : place + GRAM] for place in range(len(line) - GRAM + 1)}
    found: set[str] = set()
    tails: set[str] = {""}
    for element in told:
        following: set[str] = set()
        for reading in element.readings:
            for tail in tails:
                line = tail + reading
                found.update(line[place : place + GRAM] for place in range(len(line) - GRAM + 1))
                following.add(line[-(GRAM - 1) :])
        # Readings multiply; beyond a handful the likeliest ones are enough.
        tails = set(sorted(following)[:16]) if len(following) > 16 else following
    return found


class KnownMatcher:
    """Looks for known values in folded turns.

    Args:
        known: values of the customer record; matched exactly, by sound, spelled, in part and in any order.
    """

    def __init__(self, known: KnownValues) -> None:
        self._han: dict[str, bool] = {}  # name -> whether it may be matched by sound
        self._words: dict[str, bool] = {}
        self._emails: list[str] = []
        self._keys: list[tuple[str, T]] = []
        self._streets: set[str] = set()
        self.grams: dict[str, T] = {}
        for name in known.names:
            self.add_name(name, by_sound=True)
        for values, kind in (
            (known.phones, T.PHONE),
            (known.cards, T.CARD_PAN),
            (known.ids, T.CN_RIC),
            (known.plates, T.PLATE),
        ):
            for value in values:
                self._add_number(value, kind)
        for value in known.other:
            if sum(sign.isdigit() for sign in value) >= GRAM:
                self._add_number(value, T.NUMBER)
            else:
                self.add_name(value, by_sound=False)
        for email in known.emails:
            local = re.sub(r"[^a-z0-9]", "", fold(email).partition("@")[0])
            if len(local) >= 4:
                self._emails.append(local)
        for address in known.addresses:
            self._add_address(fold(address))

    def __bool__(self) -> bool:
        return bool(self._han or self._words or self._emails or self._keys or self._streets or self.grams)

    def add_name(self, name: str, *, by_sound: bool = False) -> None:
        """Learn a name; one-character and very common parts are only believed beside another part."""
        folded = fold(name)
        for part in _HAN_RUN.findall(folded):
            compact = re.sub(r"[\s,，、·]", "", part)
            if len(compact) >= 2:
                self._han[compact] = self._han.get(compact, False) or by_sound
                given = _given_part(compact)
                if len(given) == 2 and by_sound:
                    self._han.setdefault(given, False)
        for word in _LATIN_WORD.findall(folded):
            if len(word) >= 2:
                self._words[word] = self._words.get(word, False) or by_sound

    def _add_number(self, value: str, kind: T) -> None:
        elements = read(fold(value))
        for gram in grams_of(elements):
            self.grams.setdefault(gram, kind)
        key = "".join(element.readings[0] for element in elements)
        if any(sign.isalpha() for sign in key) and len(key) >= 4:
            self._keys.append((key, kind))

    def _add_address(self, address: str) -> None:
        detail = _AREAS.sub("，", address)
        for part in _HAN_RUN.findall(detail):
            self._streets.update(part[place : place + 3] for place in range(len(part) - 2))
        words = [word for word in _LATIN_WORD.findall(detail) if word not in stop_en()]
        self._streets.update(f"{one} {two}" for one, two in pairwise(words) if len(one) > 2)
        for gram in grams_of(read(address)):
            self.grams.setdefault(gram, T.ADDRESS)

    def find(self, turn: int, text: str) -> Iterator[Found]:
        """Known values in one folded turn; numbers are left to `grams`."""
        if self._han:
            yield from self._han_names(turn, text)
        if self._words:
            yield from self._latin_names(turn, text)
        if self._emails or self._keys:
            yield from self._compact(turn, text)
        if self._streets:
            yield from self._addresses(turn, text)

    # Names ---------------------------------------------------------------------------------------------------------

    def _han_names(self, turn: int, text: str) -> Iterator[Found]:
        for run in _HAN_RUN.finditer(text):
            places = [place for place in range(*run.span()) if "\u3400" <= text[place] <= "\u9fff"]
            compact = "".join(text[place] for place in places)
            for name, by_sound in self._han.items():
                found = compact.find(name)
                while found >= 0:
                    yield _person(turn, places[found], places[found + len(name) - 1] + 1, "known.name", 0.97)
                    found = compact.find(name, found + len(name))
                if by_sound:
                    yield from self._han_by_sound(turn, text, compact, places, name)

    def _han_by_sound(self, turn: int, text: str, compact: str, places: list[int], name: str) -> Iterator[Found]:
        size = len(name)
        readings = syllables if size == 2 else blurred_syllables
        wanted = [readings(sign) for sign in name]
        for place in range(len(compact) - size + 1):
            piece = compact[place : place + size]
            if piece == name or not all(want & readings(sign) for want, sign in zip(wanted, piece, strict=True)):
                continue
            start, end = places[place], places[place + size - 1] + 1
            # Two syllables alone are too common to trust: a family name, a cue or a title must support them.
            supported = size >= 3 or _NAME_CUE.search(text, 0, start) or _ZH_TITLE.match(text, end)
            if supported or (piece[0] == name[0] and piece[0] in surnames_zh()[0] and _differs_little(piece, name)):
                yield _person(turn, start, end, "known.name.sound", 0.8)

    def _latin_names(self, turn: int, text: str) -> Iterator[Found]:
        words = list(_LATIN_WORD.finditer(text))
        stops, ambiguous = stop_en(), given_en()[1]
        previous_end = -2
        for place, match in enumerate(words):
            word = match.group()
            sure = word in self._words
            if not sure and not self._sounds_known(word):
                continue
            weak = word in stops or word in ambiguous or len(word) < 3
            if weak:
                following = words[place + 1].group() if place + 1 < len(words) else ""
                beside = match.start() - previous_end <= 1 or (following in self._words and following not in stops)
                if not beside and not _NAME_CUE.search(text, 0, match.start()):
                    continue
            previous_end = match.end()
            rule = "known.name" if sure else "known.name.sound"
            yield _person(turn, *match.span(), rule, 0.95 if sure else 0.75)
        for spelled in _SPELLED.finditer(text):
            letters = re.sub(r"as in \w+|[^a-z]", "", spelled.group())
            if any(
                len(word) >= 3 and (word in letters or (len(letters) >= 3 and letters in word)) for word in self._words
            ):
                yield _person(turn, *spelled.span(), "known.name.spelled", 0.9)

    def _sounds_known(self, word: str) -> bool:
        if len(word) < 4 or word in stop_en():
            return False
        return any(
            by_sound
            and len(name) >= 4
            and word[0] in (name[0], "ck"[name[0] == "c"] if name[0] in "ck" else name[0])
            and (
                (consonant_key(word) == consonant_key(name) and abs(len(word) - len(name)) <= 2)
                or (len(name) >= 6 and one_slip_apart(word, name))
            )
            for name, by_sound in self._words.items()
        )

    # Addresses, e-mail, plates ---------------------------------------------------------------------------------------

    def _addresses(self, turn: int, text: str) -> Iterator[Found]:
        start = end = -1
        for place in range(len(text) - 2):
            if text[place : place + 3] in self._streets:
                if start < 0 or place > end:
                    if start >= 0:
                        yield self._street(turn, text, start, end)
                    start = place
                end = place + 3
        if start >= 0:
            yield self._street(turn, text, start, end)
        if any(" " in street for street in self._streets):
            for match in re.finditer(r"[a-z]+(?= ([a-z]+))", text):
                if f"{match.group()} {match.group(1)}" in self._streets:
                    yield Found(turn, match.start(), match.end(1), T.ADDRESS, "known.address", 0.9)

    def _street(self, turn: int, text: str, start: int, end: int) -> Found:
        number = _STREET_NUMBER.match(text, end)
        if number is not None:
            end = number.start() + len(number.group().rstrip(" ,，的"))
        return Found(turn, start, end, T.ADDRESS, "known.address", 0.9)

    def _compact(self, turn: int, text: str) -> Iterator[Found]:
        """Letters and digits without what stands between them, so that spelled and spoken values are found."""
        signs: list[str] = []
        places: list[tuple[int, int]] = []
        numerals = [item for item in read(text) if item.kind not in (Kind.LETTER, Kind.HOMOPHONE, Kind.AMOUNT)]
        position = 0
        for item in (*numerals, None):
            until = item.start if item is not None else len(text)
            for place in range(position, until):
                if text[place].isascii() and text[place].isalnum():
                    signs.append(text[place])
                    places.append((place, place + 1))
            if item is not None:
                signs.extend(item.readings[0])
                places.extend([(item.start, item.end)] * len(item.readings[0]))
                position = item.end
        line = "".join(signs)
        for key, kind in [(local, T.EMAIL) for local in self._emails] + [
            (key.lower(), kind) for key, kind in self._keys
        ]:
            found = line.find(key)
            while found >= 0:
                start, end = places[found][0], places[found + len(key) - 1][1]
                if not (start and text[start - 1].isalpha() and text[start - 1].isascii() and text[start].isalpha()):
                    yield Found(turn, start, end, kind, "known.value", 0.95)
                found = line.find(key, found + 1)


def _person(turn: int, start: int, end: int, rule: str, confidence: float) -> Found:
    return Found(turn, start, end, T.PERSON, rule, confidence)


def _given_part(name: str) -> str:
    single, double = surnames_zh()
    if name[:2] in double:
        return name[2:]
    return name[1:] if name[0] in single else ""


def _differs_little(one: str, other: str) -> bool:
    return sum(a != b for a, b in zip(one, other, strict=True)) <= 1
