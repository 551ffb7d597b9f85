"""English names by cue ("my name is", "this is ... calling", "mr"), answers to a question for a name, spelled names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import _names_spelled, _names_written
from ._found import Found
from ._lists import family_en, given_en, not_names_en, stop_en
from ._spans import EntityType as T

_WORD = re.compile(r"[^\W\d_\u2e80-\u9fff]+(?:['\-][^\W\d_\u2e80-\u9fff]+)*\.?")
_RELATIVE = (
    r"husband|wife|son|daughter|mother|father|mom|dad|mum|brother|sister|boss|friend|partner|spouse|roommate"
    r"|fiance|fiancee"
    r"|girlfriend|boyfriend|uncle|aunt|cousin|grandmother|grandfather|grandpa|grandma|niece|nephew|step(?:son"
    r"|daughter|mother|father)|late (?:husband|wife)|kid|grandson|granddaughter|manager|supervisor"
    r"|agent|lawyer|attorney|landlord|landlady|neighbou?r|teacher|nurse|colleague|co-?worker|assistant|accountant"
    r"|contractor|plumber|electrician|technician|tenant|pastor|therapist|caregiver|carer|secretary"
)
_STRONG = (
    r"(?:my|his|her|their|your|the|our|full|legal|maiden|middle|first|last|given|family|sur|customer"
    r"|account holder|cardholder|"
    r"card holder|patient|patient's|policy holder|policyholder|guest|passenger|caller|beneficiary|owner|employee"
    r"|account|driver)"
    r"(?:'s)?[ ]*(?:full |first |last |legal |middle |maiden |real |given |family |user )?name(?:'s| is| was"
    r"| would be| it's|:)?"
    r"(?: actually| uh| um| again| just| in its entirety| in full| for the record)*(?: is| it's)?"
    r"|(?:^|(?<=[,.!?] )|(?<=hi )|(?<=hello )|(?<=hey )|(?<=yeah )|(?<=yes )|(?<=sure )|(?<=and ))name(?:'s| is|:)"
    r"|surname(?:'s| is|:)?|first name(?: is|:)?|last name(?: is|:)?|names?[ ](?=[a-z]+ and i )|my name"
    r"|(?:call|calls|called) me|goes by|go by|named|in the name of|under the name(?: of)?|spelled as|on behalf"
    r" of|birth ?name(?:'s| is)?|names? (?:is )?(?:registered|listed) as"
    r"|(?:account|policy|booking|reservation|order|appointment|table|room|file)(?:'s| is| was| should be| would be)?"
    r" (?:made |booked |registered )?under(?! (?:review|investigation|contract|warranty|construction|repair))"
    r"|(?:whose|registered) (?:full )?name(?:'s| is)"
    r"|(?:account holder|cardholder|card holder|policy holder|policyholder|beneficiary|primary insured"
    r"|insured)(?: is|:)"
)
_SPOKEN_TO = r"(?:speaking|speak|spoke|talking|talk|talked|chatting|connected)(?: to| with)(?: an?)?"
_WEAK = (
    rf"this is|this's|it is|it's|its|i am|i'm|im|here is|that is|that's|{_SPOKEN_TO}|(?:my|his"
    rf"|her) (?:{_RELATIVE})(?:'s name)?(?: is)?"
    r"|name of|(?:registered|listed) (?:as|under)|hi|hello|hey|thanks|thank you|dear|sorry|okay|ok|goodbye|bye"
    r"|morning|afternoon|evening|yes|no problem|sure|for|from|with|to|by|and|under|behalf of|named after|answer"
    r" (?:is|would be|to that is)"
)
_CUE = re.compile(rf"(?<![a-z'])(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))(?![a-z'])[\s,.:]*")
_SKIP = re.compile(
    r"(?:(?:u+h+m*|u+m+|er+m?|is|it's|it is|actually|just|oh|well|so|yeah|yes|like|again|the|okay"
    r"|ok)(?![a-z'])[\s,.]*)*"
)
_UPPER, _LOWER = re.compile(r"[A-ZÀ-ÖØ-Þ]"), re.compile(r"[a-zß-öø-ÿ]")
_TITLE = re.compile(
    r"(?<![a-z])(?P<title>mr|mrs|ms|miss|mister|missus|dr|doctor|prof|professor|captain"
    r"|officer)\.?\s+(?=[^\W\d_])"
)
_SURE_TITLES = frozenset(["mr", "mrs", "ms", "mister", "missus", "dr", "prof"])
QUESTION = re.compile(
    r"(?:your|the|customer's|holder's|first|last|full|his|her|their|sur|caller's|patient's|legal|maiden"
    r"|middle)(?: full| first| last| legal| middle)*"
    r"(?: and last| and first)? ?names?(?![a-z])|who(?:'s| is| am i| do i have| may i say| have i) (?:calling"
    r"|speaking|this|i speaking|the pleasure|i talking)"
    r"|who am i|whom am i|whom do i|who do i have|who is this|who's this|name please|name on the|spell (?:that|it"
    r"|your|the)|how do you spell|may i ask who|what should i call you"
    r"|how (?:may|should|can) i address you|may i have the name|and your name|name and|speaking (?:with|to)[?.]?$"
)
_ANSWER = re.compile(
    r"(?:(?:yes|yeah|yep|sure|of course|okay|ok|uh+|um+|uhm|er|well|so|oh|hi|hello|hey|it's|it is|its|that's"
    r"|that is|this is|i'm|i am|my name is|my name's|name is"
    r"|the name is|first name is|last name is|first name|last name|my first name is|my last name is|certainly"
    r"|absolutely|definitely|thanks|thank you|under"
    r"|full name is|full name|my full name is|it would be|that would be|no problem|alright|all right|right|my|no"
    r"|and|you're speaking with|you are speaking with"
    r"|you're talking to|speaking with|you can call me|just call me|call me|please)(?![a-z'])[\s,.!:]*)*"
)
_FOLLOWERS = frozenset(["calling", "speaking", "from", "here", "with", "at", "and", "again"])
_MONTHS = frozenset(["may", "april", "june", "august"])
_ANNOUNCED = re.compile(
    r"(?:^|[.!?,]\s*|(?<![a-z'])(?:hi|hello|hey|yes|yeah|morning|afternoon|evening|there|please)[\s,]+)"
    r"(?P<name>[^\W\d_]{2,}(?:['\-][^\W\d_]+)*(?: [^\W\d_]{2,}(?:['\-][^\W\d_]+)*)?)\s+(?:here|speaking"
    r"|calling|lives (?:at|in|on))(?![a-z'])"
)
_LONE_LETTER = re.compile(r"[\s,.\-]+[a-z](?![a-z'])")
_PARTICLES = frozenset(
    [
        "de",
        "la",
        "van",
        "von",
        "der",
        "den",
        "del",
        "da",
        "di",
        "bin",
        "al",
        "el",
        "le",
        "du",
        "dos",
        "st",
        "st.",
        "san",
        "o",
    ]
)
_OWN_FOLLOWERS = frozenset(["from", "i'm", "i", "and", "again", "at"])
# Endings of adjectives, participles and adverbs: what follows "i'm" or "this is" far more often than a rare name.
_COMMON_SHAPE = re.compile(
    r"[a-z]{2,}(?:ing|ed|ous|ful|ably|ibly|ally|able|ible|ive|less|ated|ical|tion|ment|ness|est|ular|ual|ble|aid|ttle|ught)$"
    r"|(?:un|re|dis)[a-z]+(?:ed|ing)$"
)
_STATES = frozenset(
    [
        "calm",
        "home",
        "online",
        "offline",
        "legit",
        "urgent",
        "crazy",
        "insane",
        "absurd",
        "awful",
        "terrible",
        "horrible",
        "nonsense",
        "bullshit",
        "stupid",
        "fraud",
        "spam",
        "broke",
        "furious",
        "mad",
        "sad",
        "upset",
        "sick",
        "ill",
        "lost",
        "stuck",
        "late",
        "busy",
        "done",
        "fine",
        "okay",
        "great",
        "nervous",
        "anxious",
        "aware",
        "unaware",
        "curious",
        "ready",
        "short",
        "tall",
        "old",
        "new",
        "alone",
        "awake",
        "asleep",
        "pregnant",
        "retired",
        "single",
        "married",
        "divorced",
        "widowed",
        "unsure",
        "sorry",
        "grateful",
        "thankful",
        "hungry",
        "thirsty",
        "proud",
        "jealous",
        "shocked",
        "dumb",
        "blind",
        "deaf",
        "honest",
        "serious",
        "thrilled",
        "desperate",
        "outside",
        "inside",
        "abroad",
        "overseas",
        "away",
        "back",
        "here",
        "there",
        "kind",
        "weird",
        "strange",
        "odd",
        "funny",
        "cool",
        "nice",
        "wild",
        "unreal",
        "unfair",
        "rude",
        "common",
        "typical",
        "standard",
        "normal",
        "private",
        "public",
        "recent",
        "typical",
        "ours",
        "yours",
        "mine",
        "hers",
        "theirs",
        "nuts",
        "correct",
        "wrong",
        "true",
        "nope",
        "yep",
        "yup",
        "sure",
        "cheers",
        "bye",
        "goodbye",
        "welcome",
    ]
)
# How an agent gives its own name: "you're speaking with ottilie today".
_OF_ITSELF = re.compile(rf"(?:you're|you are|your) (?:now )?{_SPOKEN_TO}\s+$")
_AFTER_AGENT = frozenset(["today", "and", "how", "here", "this", "in", "from", "what", "may", "can"])
_DEPARTMENTS = frozenset(
    ["sales", "claims", "tech", "retention", "retentions", "dispatch", "hr", "collections", "returns"]
)
_SELF = ("this is", "it's", "its", "i'm", "i am", "im")
_TALKS_ON = frozenset(
    ["i", "i'm", "i've", "i'd", "im", "and", "from", "again", "calling", "here", "speaking", "my", "with"]
)
_KIN = re.compile(rf"(?:my|his|her) (?:{_RELATIVE})")
_KIN_FOLLOWERS = frozenset(
    [
        "who",
        "and",
        "is",
        "was",
        "has",
        "had",
        "set",
        "wants",
        "wanted",
        "needs",
        "needed",
        "will",
        "would",
        "can",
        "could",
        "to",
        "as",
        "in",
        "at",
        "from",
        "on",
        "called",
        "passed",
    ]
)
_GREETED = re.compile(
    r"(?:(?:hi|hello|hey|hiya|good|morning|afternoon|evening|day|there|yes|yeah|um|uh|so|well|okay|ok|please|sir|madam"
    r"|ma'am|how are you|how's it going|oh)(?![a-z'])[\s,.!?]*)*$"
)
_NOT_SECOND = frozenset(["here", "there", "speaking", "calling", "from", "with", "and", "again"])


def find_names(turn: int, text: str, original: str) -> Iterator[Found]:
    """Names that a cue in the same turn announces.

    Args:
        text: folded text.
        original: the same text with its capitals.
    """
    cased = original != text and _UPPER.search(original) is not None and _LOWER.search(original) is not None
    for match in _CUE.finditer(text):
        strong = match["strong"] is not None
        start = _SKIP.match(text, match.end()).end() if strong else match.end()  # type: ignore[union-attr]
        end = _name_end(text, original, start, cased, strong=strong)
        if end and (strong or _believed(text, original, start, end, cased, match["weak"])):
            yield Found(turn, start, end, T.PERSON, "name.en.cue", 0.9 if strong else 0.75)
    for match in _TITLE.finditer(text):
        end = _name_end(text, original, match.end(), cased, strong=True)
        sure = match["title"] in _SURE_TITLES or _is_listed(text, match.end())
        if end and (sure or _is_professional(text, match, end)):
            yield Found(turn, match.end(), end, T.PERSON, "name.en.title", 0.85)
    for match in _ANNOUNCED.finditer(text):
        words = match["name"].split()
        if not any(word in stop_en() for word in words) and (len(words) > 1 or _is_listed(text, match.start("name"))):
            yield Found(turn, *match.span("name"), T.PERSON, "name.en.announced", 0.8)
    if _names_spelled.CUE.search(text):
        yield from _names_spelled.find_spelled(turn, text)
    yield from _names_spelled.find_word_spelled(turn, text)
    if cased:
        yield from _names_written.find_names(turn, text, original)


_BEFORE_PROFESSION = re.compile(
    r"(?:^|[,.]|(?<![a-z])(?:is|was|see|saw|seeing|with|by|from|to|and|for|under|named|it's))\s*$"
)
_AFTER_PROFESSION = frozenset(
    ["appointment", "appointments", "visit", "visits", "office", "note", "notes", "bill", "bills"]
)


def _is_professional(text: str, title: re.Match[str], end: int) -> bool:
    """Whether the word behind "doctor" or "professor" ends the phrase as a family name does: "i see doctor ozdemir"."""
    word = text[title.end() : end]
    if " " in word or len(word) < 3 or word in _AFTER_PROFESSION or _COMMON_SHAPE.search(word) or word in _STATES:
        return False
    follower = _WORD.match(text, end + 1)
    ends = follower is None or follower.group() in stop_en()
    return ends and _BEFORE_PROFESSION.search(text, 0, title.start("title")) is not None


def _name_end(text: str, original: str, start: int, cased: bool, *, strong: bool) -> int:
    """Where the name that starts at ``start`` ends, 0 when no name starts there."""
    stops = stop_en()
    end, words, place = 0, 0, start
    capital = False
    while words < 4:
        match = _WORD.match(text, place)
        if match is None:
            break
        word = match.group().rstrip(".").removesuffix("'s")
        is_initial = len(word) == 1
        if ((word in stops or match.group() in stops) and not (words and is_initial and word not in "ai")) or (
            words and word in _NOT_SECOND
        ):
            break
        upper = original[match.start() : match.start() + 1].isupper()
        if is_initial and words and _LONE_LETTER.match(text, match.end()):
            break  # not an initial: the name is being spelled
        if words == 0:
            if is_initial and not strong:
                break
            capital = upper
        elif (cased and capital and not upper and word not in _PARTICLES) or not _may_continue(
            word, words, capital and upper
        ):
            break
        words += 1
        end = match.start() + len(match.group().rstrip("."))
        if match.group().endswith(".") and not is_initial and word not in _PARTICLES:
            break
        gap = re.compile(r"[ ]{1,2}").match(text, match.end())
        if gap is None:
            break
        place = gap.end()
    return end if end and re.search(r"[^\W\d_]{2}", text[start:end]) else (end if strong and end else 0)


def _may_continue(word: str, words: int, both_capital: bool) -> bool:
    if words == 1 or both_capital or word in _PARTICLES:
        return True
    sure, ambiguous = given_en()
    return word in family_en() or word in sure or word in ambiguous


def _is_listed(text: str, start: int) -> bool:
    match = _WORD.match(text, start)
    if match is None:
        return False
    word = match.group().rstrip(".").removesuffix("'s")
    return word in given_en()[0] or word in family_en()


def _believed(text: str, original: str, start: int, end: int, cased: bool, cue: str) -> bool:
    """Whether a weak cue really introduces a name."""
    sure, ambiguous = given_en()
    words = text[start:end].split()
    first = words[0].rstrip(".").removesuffix("'s")
    follower = _WORD.match(text, end + 1)
    follows = follower is not None and follower.group() in ("calling", "speaking", "here")
    capital = original[start].isupper() and original[start + 1 : start + 2].islower()
    if len(words) > 1 and words[-1] in not_names_en() and words[-1] not in family_en():
        return False  # "and noe valley", "from victoria street"
    if first in _MONTHS:
        return len(words) > 1 and words[1] in family_en()
    if first in sure or (len(words) > 1 and cue.startswith(("registered", "listed"))):
        return True
    if cue in _SELF and _introduces(text, start, end, words, cue):
        return True
    acts = first.endswith("s") and follower is not None and follower.group() in ("at", "to", "on", "in", "from", "as")
    if _KIN.match(cue) and not acts and first not in _STATES and not _COMMON_SHAPE.search(first):
        return follower is None or follower.group() in _KIN_FOLLOWERS or first in ambiguous or len(words) > 1
    if _OF_ITSELF.search(text, max(0, start - 40), start) is not None and len(words) <= 2 and first not in ambiguous:
        plain = not (_COMMON_SHAPE.search(first) or first in _STATES or first in _DEPARTMENTS)
        if plain and (follower is None or follower.group() in _AFTER_AGENT):
            return True
    if first in ambiguous:
        own = cue == "this is" and follower is not None and follower.group() in _OWN_FOLLOWERS
        return (cased and capital) or follows or own or (len(words) > 1 and words[1] in family_en())
    if cue in ("under", "behalf of", "named after") or cue.startswith("answer"):
        return (len(words) > 1 and (first in family_en() or words[1] in family_en())) or (cased and capital)
    if cue in ("this is", "it's", "it is", "i'm", "i am", "im") or cue.startswith(("speak", "talk", "spoke")):
        if follows and (capital or len(words) <= 2):
            return True
        return (
            cased
            and capital
            and (cue in ("this is", "i'm", "i am") or cue.startswith(("speak", "talk")))
            and len(words) > 1
        )
    return False


def _introduces(text: str, start: int, end: int, words: list[str], cue: str) -> bool:
    """Whether a caller who has only greeted gives a name now: "hello i am moise i want", "hi this is tracy"."""
    if len(words) > 3 or any(_COMMON_SHAPE.search(word) or word in _STATES for word in words):
        return False
    before = text[:start].rstrip(" ,.:").removesuffix(cue)
    if _GREETED.fullmatch(before.strip()) is None:
        return False
    rest = re.match(r"[\s,.!?]*([a-z']*)", text[end:])
    return rest is not None and (not rest[1] or rest[1] in _TALKS_ON)


def find_answer(turn: int, text: str, original: str) -> Iterator[Found]:
    """The answer to a question for a name: what is left of a short turn without its fillers."""
    start = _ANSWER.match(text).end()  # type: ignore[union-attr]
    cased = any(sign.isupper() for sign in original[start + 1 :])
    yield from _names_spelled.find_spelled(turn, text)
    end = _name_end(text, original, start, cased, strong=True)
    if not end:
        return
    rest = text[end:].split()
    words = text[start:end].split()
    if words[0] in given_en()[1] and rest and rest[0] == "i":
        return  # "may i have", "will i get"
    if any(_COMMON_SHAPE.search(word) or word in _STATES for word in words) and not _is_listed(text, start):
        return
    if len(rest) <= 6 or _is_listed(text, start) or (rest and rest[0].strip(",.") in _FOLLOWERS and len(words) <= 2):
        yield Found(turn, start, end, T.PERSON, "name.en.answer", 0.8)
