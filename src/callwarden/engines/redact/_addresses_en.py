"""Addresses in English text: house and street as callers say them, blocks as they are written, in any country.

Spoken: a number, a street and a word for a street, then flat, town, state and post code. Written: capitals carry the
rest, so that streets of other languages ("Via Roma 12", "Puruntie 82") are taken too, from a cue or a flat number on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._found import Found
from ._lists import stop_en
from ._numerals import NATO
from ._phrases import trie_pattern
from ._spans import EntityType as T

_NUMBER_WORD = (
    r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|hundred|thousand|double|triple)"
)
_STREET = (
    r"(?:street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way|circle|cir|terrace"
    r"|ter|trail|trl|parkway|pkwy|square(?!\s+(?:feet|foot|ft|met|mile|inch|yard))|sq|highway|hwy|close|crescent"
    r"|gardens|row|mews|alley|plaza|loop|pike|turnpike|expressway|freeway|ridge|run|walk|path|point|crossing|hill"
    r"|heights|grove|park|broadway)"
)
_NOT_IN_STREET = (
    r"(?:the|point|from|away|on|of|to|for|in|and|or|people|persons?|blocks?|minutes?|miles?|stars?|hours?|days?|nights?"
    r"|a|an|is|it|at|that|this|with|by|two|are|was|i|you|we|they|my|your|so"
    r"|dollars?|years?|months?|weeks?|times?|percent|more|other|different|no|not|but|if|as|per)(?![a-z'])"
)
_ADDRESS_EN = re.compile(
    rf"(?<![a-z0-9])(?:\d{{1,6}}[a-z]?|{_NUMBER_WORD}(?:[\s\-]+{_NUMBER_WORD}){{0,6}})(?:[\s,]+(?:and a half|uh+"
    rf"|um+|on))?\s+(?:(?!{_NOT_IN_STREET})[a-z0-9'.\-]+\s+){{1,4}}?"
    rf"{_STREET}(?![a-z])\.?"
    rf"(?:[\s,]+(?:apartment|apt|unit|suite|ste|flat|floor|room|number"
    rf"|#)\.?\s*(?:number\s+)?(?:#\s*)?(?:\d+[a-z]?|[a-z](?![a-z])"
    rf"|{_NUMBER_WORD}(?:[\s\-]+{_NUMBER_WORD}){{0,4}})(?:\s?[a-z](?![a-z]))?)?"
)
# A street by its name, which may be repeated without its number.
NAMED_STREET = re.compile(
    rf"(?<![a-z])(?!{_NOT_IN_STREET}|{_NUMBER_WORD}(?![a-z]))[a-z']{{3,}}"
    r" (?:street|avenue|road|drive|lane|boulevard|court|crescent|terrace)(?![a-z])"
)
_BOX = re.compile(
    rf"(?<![a-z])p\.?\s?o\.?\s+box\s+(?:number\s+)?(?:\d+|{_NUMBER_WORD}(?:[\s\-]+{_NUMBER_WORD}){{0,6}})"
)
_UK_POSTCODE = re.compile(r"(?<![a-z0-9])(?:[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2})(?![a-z0-9])")
_UNIT_EN = re.compile(
    r"(?<![a-z])(?:apartment|apt|unit|suite|flat)\.?\s+(?:number\s+)?(?:\d+[a-z]?"
    rf"|{_NUMBER_WORD}(?:[\s\-]+{_NUMBER_WORD}){{0,3}}(?:\s[a-z](?![a-z']))?|[a-z]\d*(?![a-z]))"
)

_STATES = (
    "alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois"
    "|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri"
    "|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma"
    "|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington"
    "|west virginia|wisconsin|wyoming|district of columbia|d ?c|puerto rico|ontario|quebec|british columbia|alberta"
    "|manitoba|saskatchewan|nova scotia|new south wales|queensland|tasmania|south australia|western australia"
    "|england|scotland|wales|northern ireland|united kingdom|u ?k|united states|u ?s ?a|canada|australia|ireland"
    "|new zealand|germany|france|spain|italy|india|singapore|hong kong|china"
)
_ABBREVIATED = (
    "al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa"
    "|ri|sc|sd|tn|tx|ut|vt|va|wa|wv|wi|wy|dc|pr|on|qc|bc|ab|mb|sk|ns|nb|nl|pe|nsw|vic|qld|tas|nt|act"
)
_ZIP = (
    rf"(?:\d{{5}}(?:-\d{{4}})?(?!\d)|{_NUMBER_WORD}(?:[\s\-]+{_NUMBER_WORD}){{2,4}}(?![a-z])|[a-z]\d[a-z]\s?\d[a-z]\d"
    r"|[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}(?![a-z0-9])|\d{4,6}(?!\d))"
)
_TOWN_WORD = rf"(?!{_NOT_IN_STREET}|(?:{_STATES})(?![a-z])|{_NUMBER_WORD}(?![a-z]))[a-z'\-]{{2,}}\.?"
_TOWN = rf"{_TOWN_WORD}(?:\s{_TOWN_WORD}){{0,2}}"
_TAIL = re.compile(
    rf"[\s,]+(?:(?:in|at|near|city of|in the city of)\s+)?(?:{_TOWN}[\s,]+)?(?:in\s+|the state of\s+)?"
    rf"(?:(?:{_STATES})(?![a-z])(?:[\s,]+(?:{_STATES})(?![a-z]))?(?:[\s,]+(?:zip(?: code)?\s+(?:is\s+)?)?{_ZIP})?"
    rf"|(?:{_ABBREVIATED})[\s,]+(?:zip(?: code)?\s+(?:is\s+)?)?{_ZIP})"
)
_TAIL_ZIP = re.compile(
    rf"(?:[\s,]+(?:in\s+|at\s+|near\s+)?{_TOWN})?[\s,]+(?:zip(?: code)?\s+(?:is\s+)?|[a-z]{{2}}\s+)?"
    r"(?:\d{5}(?:-\d{4})?(?!\d)|[a-z]\d[a-z]\s?\d[a-z]\d|[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}(?![a-z0-9]))"
)
_TAIL_UK = re.compile(
    rf"(?:[\s,]+(?:in\s+)?{_TOWN})?[\s,]+[a-z]\s?[a-z]?\s+{_NUMBER_WORD}(?:\s+{_NUMBER_WORD}){{0,2}}\s+[a-z]\s?[a-z](?![a-z'])"
)
_TAIL_TOWN = re.compile(rf"[\s,]+(?:in\s+)?(?P<town>{_TOWN_WORD}(?:\s{_TOWN_WORD})?)[\s,]*(?=$|[.!?;])")
_CA_POSTCODE = re.compile(r"(?<![a-z0-9])[abceghj-nprstvxy]\d[a-z]\s?\d[a-z]\d(?![a-z0-9])")
_CUED_POSTCODE = re.compile(
    r"(?<![a-z])(?:zip|post ?code|postal code|zip code)(?: is|:)?\s+(?P<code>\d{4}\s?[a-z]{2}|\d{3}\s\d{2})(?![a-z0-9])"
)
# Postal addresses of the forces (USPS Publication 28, section 23).
_FORCES = re.compile(
    r"(?<![a-z])(?:(?:psc|cmr|unit)\s+\d+,?\s+box\s+\d+|us(?:ns|s|cgc|nv)\s+[a-z' ]{2,30}?)[\s,]+(?:apo|fpo"
    r"|dpo)\s+a[aep]\s+\d{5}"
    r"(?:-\d{4})?"
)
_DIGIT = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SIGN = rf"(?:[a-z]|{trie_pattern(NATO)})"
# A British post code sign by sign: "l s 4 2 x d" (BS 7666-5: one or two letters, a digit or more, digit, two letters).
_UK_SPELLED = re.compile(
    rf"(?<![a-z0-9']){_SIGN}\s(?:{_SIGN}\s)?{_DIGIT}\s(?:(?:{_DIGIT}|[a-z])\s)?{_DIGIT}\s{_SIGN}\s{_SIGN}(?![a-z0-9'])"
)
TOWN_QUESTION = re.compile(
    r"(?<![a-z])(?:(?:which|what|what's|the|your|and) (?:city|town|state|county|village|suburb)"
    r"|city and|town and)(?![a-z])"
)
_TOWN_LEAD = (
    r"(?:(?:uh+|um+|it's|its|that's|it is|that is|that would be|in|at|near|the|yes|yeah|okay|ok|so|well|and|we're in"
    r"|i'm in|city|town|of|is)[\s,.]+)*"
)
_TOWN_ANSWER = re.compile(
    rf"[\s,.]*{_TOWN_LEAD}(?P<place>(?:{_TOWN}[\s,]+)?(?:{_STATES})(?![a-z])"
    rf"(?:[\s,]+(?:zip(?: code)?\s+(?:is\s+)?)?{_ZIP})?)[\s.,!?]*$"
)
_TOWN_ALONE = re.compile(rf"[\s,.]*{_TOWN_LEAD}(?P<place>{_TOWN})[\s.,!?]*$")
_CORNER = re.compile(r"(?<![a-z])(?:the )?corner of\s+")


def has_street(text: str) -> bool:
    """Whether a numbered street stands in a folded text."""
    return _ADDRESS_EN.search(text) is not None


def find_addresses(turn: int, text: str, original: str, *, asked: bool) -> Iterator[Found]:
    """Addresses in one folded turn.

    Args:
        original: the text before folding; its capitals tell where a written address ends.
        asked: a cue for an address stands in the turn or was asked before: parts of an address count.
    """
    for match in _ADDRESS_EN.finditer(text):
        yield Found(turn, match.start(), _with_town(text, match.end()), T.ADDRESS, "address.en", 0.85)
    for pattern in (_BOX, _UK_POSTCODE, _CA_POSTCODE, _FORCES) + ((_UNIT_EN, _UK_SPELLED) if asked else ()):
        for match in pattern.finditer(text):
            end = _with_town(text, match.end()) if pattern is _BOX else match.end()
            yield Found(turn, match.start(), end, T.ADDRESS, "address.en.part", 0.8)
    for match in _CUED_POSTCODE.finditer(text):
        yield Found(turn, *match.span("code"), T.ADDRESS, "address.postcode", 0.8)
    for match in _BEGINS.finditer(text):
        plain = _PLAIN_ABROAD.match(text, match.end())
        if plain is not None:
            yield Found(turn, *plain.span(), T.ADDRESS, "address.plain", 0.7)
    if original != text:
        for start, end in _written_blocks(text, original):
            yield Found(turn, start, end, T.ADDRESS, "address.written", 0.8)


def find_town(turn: int, text: str, *, town_asked: bool) -> Iterator[Found]:
    """A town with its state, or a town alone, as the whole of a turn while an address is being told.

    Args:
        town_asked: the other side has just asked for the town or state.
    """
    match = _TOWN_ANSWER.match(text)
    if match is None and town_asked:
        match = _TOWN_ALONE.match(text)
        if match is not None and any(word.strip(".,") in stop_en() for word in match["place"].split()):
            return
    if match is not None and (town_asked or not re.fullmatch(_STATES, match["place"])):
        yield Found(turn, *match.span("place"), T.ADDRESS, "address.en.town", 0.7)


def _with_town(text: str, end: int) -> int:
    """Where an address ends with the flat, town, state and post code behind its street."""
    for pattern in (_TAIL_UK, _TAIL, _TAIL_ZIP):
        match = pattern.match(text, end)
        if match is not None:
            return match.end()
    match = _TAIL_TOWN.match(text, end)
    if match is not None and not any(word.strip(".") in stop_en() for word in match["town"].split()):
        return match.end("town")
    return end


# Written blocks -----------------------------------------------------------------------------------------------------

_BEGINS = re.compile(
    r"(?<![a-z])(?:address(?:es)?[^.?!\n]{0,40}:|address\s*\?\s*(?:[a-z]+:\s*)?(?:it is|it's|its|sure|yes)?"
    r"|address(?:es)?[^.:?!\n]{0,40}(?: is| to| with| as)(?![a-z])|address|sent to\?\s*(?:[a-z]+:)?"
    r"|(?:live[sd]?|living|resid(?:es?|ing)|stay(?:s|ed|ing)?) (?:at|in|on)|(?:located|office is|offices are) at"
    r"|(?:restaurant|store|shop|clinic|branch|house|home|apartment|office|station) is (?:at|on)"
    r"|meet (?:you|me|us|him|her|them) at|(?:sen[dt]|ship|shipped|deliver|delivered|return|returned|mail|mailed|forward"
    r"|moved?|relocated?|taxi|cab|ride)(?: [a-z']+){0,4} to|user:|(?:north|south|east|west) side of|(?:i'm|we're"
    r"|it's) (?:at|in))"
    r"[\s:,]*"
)
_FLAT = re.compile(r"(?<![a-z])(?:apt|apartment|suite|ste|unit|flat)\.?\s*#?\d+[a-z]?(?![a-z0-9])")
_STREET_ABROAD = re.compile(
    r"(?:gata|gatan|gate|vej|vejen|vænget|veien|vegen|väg|vägen|gasse|straße|strasse|strase|platz|allee|tie|katu|kuja|polku|utca"
    r"|straat|laan|plein|gade|stræti|braut|vegur|gränd|stigen|bakken|bygget|parken)(?![^\W\d_])"
    r"|(?<![^\W\d_])(?:rue|via|viale|piazza|corso|largo|calle|avenida|rua|travessa|carrera|paseo|plaza|ulica|ul|ulice|utca|tér|u|út"
    r"|str|passage|chemin|impasse|rambla|camino)(?![^\W\d_])"
)
_TOKEN = re.compile(r"[^\W_]+(?:['’\-/.][^\W_]+)*|\S")
_SMALL = frozenset(
    [
        "of",
        "de",
        "la",
        "le",
        "les",
        "del",
        "della",
        "dello",
        "di",
        "da",
        "do",
        "das",
        "dos",
        "des",
        "du",
        "der",
        "den",
        "dem",
        "van",
        "von",
        "zu",
        "zum",
        "zur",
        "am",
        "an",
        "auf",
        "y",
        "e",
        "u",
        "ul",
        "str",
        "tér",
        "utca",
        "út",
        "køb",
        "al",
        "el",
        "ter",
        "ten",
        "op",
        "aan",
        "san",
        "st",
        "nan",
        "sur",
        "sous",
        "the",
    ]
)
# Without capitals: two numbers around a few words, then flat and town to the end of the sentence.
_PLAIN_ABROAD = re.compile(
    r"\d{1,6}\s+(?:[^\W\d]+\.?\s+){1,4}\d{1,5}[a-z]?(?!\w)(?:[\s,]+(?:apt|apartment|suite|ste|unit|flat)\.?\s*\d+)?"
    r"(?:[\s,]+[^\W\d]+){0,4}(?:[\s,]+\d{4,6})?(?=[.?!\n]|$)"
)
_STREET_WORD = re.compile(rf"{_STREET}$")
_LONGEST_BLOCK = 26


def _written_blocks(text: str, original: str) -> Iterator[tuple[int, int]]:
    for match in _BEGINS.finditer(text):
        end, first_number = _block_end(text, original, match.end(), joins=True)
        if first_number:
            yield match.end(), end
    for match in _CORNER.finditer(text):
        end, _ = _block_end(text, original, match.end(), joins=True)
        if end > match.end():
            yield match.start(), end
    for match in _FLAT.finditer(text):
        start = _block_start(text, original, match.start())
        if start < match.start() or original[match.start()].isupper():
            end, _ = _block_end(text, original, match.start())
            yield start, max(end, match.end())
    for match in _STREET_ABROAD.finditer(text):
        yield from _abroad(text, original, match)


def _abroad(text: str, original: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """A street of another language with a number before and behind it, or behind and a capital."""
    word = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*\.?\s*$").search(text, max(0, match.start() - 40), match.end())
    start = word.start() if word is not None else match.start()
    if not original[start : start + 1].isupper():
        return
    start = _block_start(text, original, start)
    end, number = _block_end(text, original, start)
    if number and end >= match.end() and re.search(r"\d", text[match.end() : end]):
        yield start, end


def _block_end(text: str, original: str, start: int, *, joins: bool = False) -> tuple[int, bool]:
    """Where the row of capitals and numbers from ``start`` ends, and whether a number stands near its beginning."""
    end, tokens, number, last = start, 0, False, ""
    for match in _TOKEN.finditer(original, start):
        token, small = match.group(), match.group().lower()
        gap = original[end : match.start()]
        if tokens >= _LONGEST_BLOCK or "\n\n\n" in gap or (tokens and gap.count("\n") > 2):
            break
        if token in ",#>()∆":
            continue
        if token == ".":
            if last and (last.isdigit() or len(last) <= 4):
                continue
            break
        is_number = token[0].isdigit()
        if is_number and len(re.sub(r"\D", "", token)) > 6:
            break  # a telephone or card number
        known = small in _SMALL or (joins and small == "and") or _is_street(small)
        capital = token[0].isupper() or (token[0].isalpha() and token[0].lower() == token[0].upper())
        if not (is_number or capital or (known and (tokens or joins))):
            break
        if not is_number and capital and small in stop_en() and not (known or _in_name_of_place(token)):
            break
        if _after_full_stop(original, end, match.start()) and not (is_number or _is_part(small)):
            break
        number = number or (is_number and tokens < 8)
        tokens += 1
        last = token
        if is_number or (capital and small not in _SMALL) or small == "nan" or _is_street(small):
            end = match.end()
    return end, number


def _is_street(word: str) -> bool:
    return _STREET_WORD.match(word) is not None or _STREET_ABROAD.fullmatch(word) is not None


def _in_name_of_place(token: str) -> bool:
    """State and country codes, "United", "New": common words that capitals make parts of places."""
    return (len(token) == 2 and token.isupper()) or token in (
        "United",
        "New",
        "Great",
        "North",
        "South",
        "East",
        "West",
    )


def _after_full_stop(original: str, end: int, start: int) -> bool:
    """Whether a full stop that ends a sentence stands between two tokens."""
    gap = original[end:start]
    return "." in gap and not re.search(r"(?:^|\W)[^\W_]{1,4}$", original[max(0, end - 6) : end])


def _is_part(word: str) -> bool:
    return word in ("apt", "suite", "unit", "ste", "flat", "apartment", "box", "floor")


def _block_start(text: str, original: str, end: int) -> int:
    """Back over capitals and numbers of one paragraph to the first number before ``end``."""
    blank = original.rfind("\n\n", 0, end)
    paragraph = max(blank + 2 if blank >= 0 else 0, original.rfind(":", 0, end) + 1, end - 90, 0)
    start = end
    for match in reversed(list(_TOKEN.finditer(original, paragraph, end))):
        token, small = match.group(), match.group().lower()
        if token in ",#.>":
            continue
        if token[0].isdigit():
            if len(re.sub(r"\D", "", token)) > 6:
                break
            start = match.start()
        elif not (token[0].isupper() or small in _SMALL or not token[0].isascii()) or small in stop_en():
            break
    return start
