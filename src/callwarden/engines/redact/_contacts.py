"""E-mail addresses written, spoken or spelled, account names, passwords, network addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._cues import Cue
from ._found import Found
from ._lists import stop_en
from ._spans import EntityType as T

_SIGN = r"[^\W\u2e80-\u9fff\uf900-\ufaff_]"
_WRITTEN = re.compile(rf"(?:{_SIGN}|[._%+'\-])+\s?@\s?(?:{_SIGN}|-)+(?:(?:\.|\s\.\s)(?:{_SIGN}|-){{2,}})+")
_TOP = (
    r"(?:com|net|org|cn|edu|gov|io|co|uk|info|me|hk|tw|de|fr|ca|au|us|in|jp|biz|ac|eu|mil|tv|cc|vip|top"
    r"|c\s?o\s?m|c\s?n|n\s?e\s?t|o\s?r\s?g|康姆|抗姆)(?![a-z])"
)
_DOT = r"\s*(?:\.|点儿?|dot\b|point\b|period\b)\s*"
_AT = (
    r"(?:@|艾特|爱特|艾特符号|圈\s?a|花a|a圈|小老鼠|at符号"
    r"|(?<![a-z])(?:at sign|at the rate of|at the rate|at symbol|at)(?![a-z]))"
)
_NUMERAL = r"零〇一幺二三四五六七八九"
_HOST_WORD = rf"(?:[a-z0-9\-]+|[{_NUMERAL}]+)"
_HOST = rf"(?:{_HOST_WORD}(?:\s+|(?={_DOT})|(?=[{_NUMERAL}])|(?<=[{_NUMERAL}]))){{1,8}}?"
_TAIL = rf"{_DOT}{_TOP}(?:{_DOT}{_TOP})?"
_SPOKEN = re.compile(rf"{_AT}\s*{_HOST}{_TAIL}")
_PROVIDERS = (
    r"(?:g\s?mail|google\s?mail|hot\s?mail|yahoo|outlook|i\s?cloud|qq|q q|一六三|幺六三|一二六|幺二六|163|126|139"
    r"|189|fox\s?mail"
    r"|sina|新浪|sohu|aol|proton\s?mail|live|msn|one six three|one two six)"
)
_PROVIDER_ONLY = re.compile(rf"(?<![a-z0-9]){_PROVIDERS}\s*(?:邮箱)?{_TAIL}|(?<![a-z0-9]){_PROVIDERS}\s*邮箱")
# An address cut by a turn: it ends in "at", or in the host; the next turn is the rest of the host.
_CUT_BEHIND_AT = re.compile(rf"{_AT}\s*(?:{_HOST_WORD}\s*){{0,2}}[\s.,，。]*$")
_REST_OF_HOST = re.compile(
    rf"[\s,，]*(?:(?:嗯|呃|是|就是|然后是?|后面是|uh+|um+|and|then|it's)[\s,，]*)*(?P<rest>(?:{_HOST_WORD}\s*){{0,3}}?{_TAIL})"
    r"[\s.,，。]*$"
)
CUE = re.compile(r"(?<![a-z])e\s?-?\s?mail(?:s|ed)?(?![a-z])|邮箱|电邮|电子邮件|邮件地址|伊妹儿")
_LOCAL_TOKEN = re.compile(
    rf"[a-z0-9._%+'\-]+|[{_NUMERAL}两]+|下划线|下横线|横杠|中杠|横线|杠|点|减号|小写|大写|字母|全拼"
)
_STOP = frozenset(
    [
        "is",
        "it's",
        "its",
        "it",
        "email",
        "e-mail",
        "mail",
        "address",
        "to",
        "me",
        "my",
        "the",
        "that",
        "that's",
        "this",
        "are",
        "be",
        "as",
        "and",
        "or",
        "on",
        "for",
        "by",
        "with",
        "your",
        "you",
        "look",
        "find",
        "us",
        "visit",
        "available",
        "order",
        "shop",
        "go",
        "check",
        "out",
        "online",
        "here",
        "website",
        "site",
        "contact",
        "reach",
        "send",
        "sent",
        "at",
        "of",
        "i",
        "sure",
        "yes",
        "yeah",
        "okay",
        "ok",
        "so",
        "um",
        "uh",
        "well",
        "hi",
        "hello",
        "have",
        "see",
        "can",
        "please",
        "was",
        "will",
        "would",
        "email's",
        "emails",
        "would've",
        "use",
        "using",
        "his",
        "her",
        "their",
        "our",
        "write",
        "writing",
    ]
)
_SPOKEN_SIGNS = frozenset(
    [
        "dot",
        "underscore",
        "dash",
        "hyphen",
        "point",
        "period",
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "oh",
        "double",
        "triple",
    ]
)
# A name in characters before "at": 张三艾特163点com
_HAN_LOCAL = re.compile(r"(?<=[是为:：叫])[\u3400-\u9fff]{1,6}\s*$|(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,4}\s*$")
_IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)")
_IPV6 = re.compile(
    r"(?<![0-9a-f:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![0-9a-f:])"
    r"|(?<![0-9a-f:])[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?"
)
_OCTET = (
    r"(?:\d{1,3}|[零〇一幺二两三四五六七八九十百]{1,6}|(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|\w{3,5}teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|and|double|triple)\s*){1,5})"
)
_IPV4_SPOKEN = re.compile(rf"(?<![a-z\d]){_OCTET}(?:\s*(?:点|(?<=\s)dot\s|(?<=\s)point\s)\s*{_OCTET}){{3}}(?!\s*点)")
_MAC = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])")
_HANDLE = re.compile(r"[\s:：是叫为号就的]*(?:(?:is|it's|id|number)\s+)*")
_SPELLED = re.compile(r"(?:(?<![a-z])[a-z0-9](?![a-z0-9])[\s,，.\-]*){4,20}")
_SECRET = re.compile(r"\s*(?:[:：]|是|为|就是|is|was|it's)\s*(?P<value>[a-z0-9_!@#$%^&*.\-]{4,32})(?![a-z0-9])")
_MORE_SECRET = re.compile(
    r"(?:\s+(?:\d+|capital|lower ?case|upper ?case|zero|oh|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|\w{3,5}teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|double|triple|exclamation(?: mark| point)?|dollar sign|hash"
    r"|underscore|dash|star|[a-z](?![a-z'])))+"
)
_SECRET_ANSWER = re.compile(
    r"(?:[\s,，.]|(?:uh+|um+|it's|it is|that's|sure|yes|yeah|okay|ok|so|the|my|password|is)(?![a-z'])"
    r"|嗯|呃|是|就是|密码|我|设|的)*"
    rf"(?P<value>[a-z0-9][a-z0-9_!@#$%^&*\-]{{3,23}}(?:{_MORE_SECRET.pattern})?)[\s.,。!?]*"
)
# ISO 9362: bank and country in six letters, place in two signs, branch in three more or none.
_SWIFT = re.compile(
    r"[\s:：,，]*(?P<link>(?:(?:code|number|is|it's|是|为|就是)[\s:：]*)*)(?P<value>[a-z]{6}[a-z0-9]{2}(?:[a-z0-9]{3})?)(?![a-z0-9])"
)
_NOT_SECRET = frozenset(
    [
        "incorrect",
        "wrong",
        "expired",
        "invalid",
        "locked",
        "protected",
        "required",
        "needed",
        "blocked",
        "reset",
        "that",
        "this",
        "what",
        "case",
        "correct",
        "different",
        "right",
        "working",
        "hard",
        "long",
        "short",
        "easy",
        "great",
        "good",
        "secure",
        "weak",
        "strong",
        "still",
        "also",
        "only",
        "just",
        "very",
        "never",
        "always",
        "called",
        "something",
        "being",
        "going",
        "here",
        "there",
        "like",
        "when",
        "where",
        "which",
        "than",
        "then",
        "they",
        "them",
        "your",
        "mine",
    ]
)


def find_contacts(turn: int, text: str, cues: Sequence[Cue], *, asked: bool) -> Iterator[Found]:
    """E-mail, account names, passwords and network addresses in one folded turn.

    Args:
        asked: an e-mail address was asked for or begun in the turns before.
    """
    if "@" in text:
        for match in _WRITTEN.finditer(text):
            yield Found(turn, *match.span(), T.EMAIL, "email.written", 0.98)
    cue = CUE.search(text)
    expected = asked or cue is not None
    for match in _SPOKEN.finditer(text):
        start = local_start(text, match.start())
        if start < match.start() or expected:
            yield Found(turn, start, match.end(), T.EMAIL, "email.spoken", 0.92)
    if expected:
        first = cue.end() if cue is not None and not asked else 0
        for match in _PROVIDER_ONLY.finditer(text, first):
            start = max(first, local_start(text, match.start()))
            if start < match.start():
                yield Found(turn, start, match.end(), T.EMAIL, "email.provider", 0.8)
    if asked:
        yield from _cut(turn, text)
        for match in _SPELLED.finditer(text):
            end = match.start() + len(match.group().rstrip(" ,，.-"))
            yield Found(turn, match.start(), end, T.EMAIL, "email.spelled", 0.7)
    yield from _network(turn, text)
    for place, named in enumerate(cues):
        limit = next((cue.start for cue in cues[place + 1 :] if cue.kind.type is not None), len(text))
        yield from _handle(turn, text, named, limit)


def _cut(turn: int, text: str) -> Iterator[Found]:
    """The halves of an address that a turn cuts behind "at" or in its host."""
    at = _CUT_BEHIND_AT.search(text)
    if at is not None and (start := local_start(text, at.start())) < at.start():
        yield Found(turn, start, len(text.rstrip(" .,，。")), T.EMAIL, "email.cut", 0.75)
    rest = _REST_OF_HOST.match(text)
    if rest is not None:
        yield Found(turn, *rest.span("rest"), T.EMAIL, "email.cut", 0.75)


def begins_at_once(text: str) -> bool:
    """Whether a spoken address in this turn lacks its first part, which an earlier turn must hold."""
    match = _SPOKEN.search(text)
    return match is not None and local_start(text, match.start()) == match.start() and match.start() <= 12


def goes_on(text: str) -> bool:
    """Whether the part before "at" fills the turn from its beginning, so that earlier turns may hold more of it."""
    match = _SPOKEN.search(text) or _CUT_BEHIND_AT.search(text)
    return match is not None and match.start() > 0 and local_start(text, match.start()) == 0


def local_start(text: str, at: int) -> int:
    """Where the part before "at" begins: back over spelled letters, numerals and words, up to the sentence."""
    first = max(0, at - 80)
    tokens = list(_LOCAL_TOKEN.finditer(text, first, at))
    start, words = at, 0
    for place in range(len(tokens) - 1, -1, -1):
        token = tokens[place]
        value = token.group()
        gap = text[token.end() : start]
        if gap.strip(" ,，") or len(gap) > 3 or (token.start() == first and first):
            break
        spelled = len(value) == 1 and place > 0 and len(tokens[place - 1].group()) == 1
        if value in _STOP and not spelled:
            break
        if len(value) > 2 and value.isalpha() and value not in _SPOKEN_SIGNS:
            words += 1
            if words > 4:
                break
        start = token.start()
    han = _HAN_LOCAL.search(text, max(0, start - 8), start) if start == at else None
    return han.start() if han is not None else start


def _network(turn: int, text: str) -> Iterator[Found]:
    if "." in text:
        for match in _IPV4.finditer(text):
            yield Found(turn, *match.span(), T.IP, "ip.v4", 0.9)
    if text.count("点") >= 3 or " dot " in text or " point " in text:
        for match in _IPV4_SPOKEN.finditer(text):
            yield Found(turn, match.start(), match.start() + len(match.group().rstrip()), T.IP, "ip.v4.spoken", 0.85)
    if ":" in text or "-" in text:
        for match in _MAC.finditer(text):
            yield Found(turn, *match.span(), T.MAC, "mac", 0.95)
        if text.count(":") >= 2:
            for match in _IPV6.finditer(text):
                if any(sign.isdigit() for sign in match.group()):
                    yield Found(turn, *match.span(), T.IP, "ip.v6", 0.85)


def find_secret_answer(turn: int, text: str) -> Iterator[Found]:
    """A word with or without digits that is all a turn says when a password was asked for."""
    match = _SECRET_ANSWER.fullmatch(text)
    if match is None:
        return
    word = re.match(r"[a-z']*", match["value"]).group()  # type: ignore[union-attr]
    if word and not (word in stop_en() or word in _NOT_SECRET or word in _STOP or word in _SPOKEN_SIGNS):
        yield Found(turn, *match.span("value"), T.PASSWORD, "secret.answer", 0.75)


def _handle_end(text: str, start: int, limit: int) -> int:
    """Where an account name ends that is told in letters, digits, words and spoken signs."""
    end = start
    for token in _LOCAL_TOKEN.finditer(text, start, min(start + 60, limit)):
        if text[end : token.start()].strip(" ,，") or (token.group() in _STOP and len(token.group()) > 1):
            break
        end = token.end()
    return end


def _handle(turn: int, text: str, cue: Cue, limit: int) -> Iterator[Found]:
    """An account name or secret behind its cue, before ``limit``, where the next cue begins."""
    if cue.kind.type in (T.WECHAT, T.QQ):
        match = _HANDLE.match(text, cue.end)
        if match is not None:
            end = _handle_end(text, match.end(), limit)
            value = text[match.end() : end]
            if sum(sign.isalnum() for sign in value) >= 5 and any("a" <= sign <= "z" for sign in value):
                yield Found(turn, match.end(), end, T.WECHAT, "handle.cue", 0.85)
        spelled = _SPELLED.search(text, cue.end, min(cue.end + 60, limit))
        if spelled is not None and any(sign.isalpha() for sign in spelled.group()):
            end = spelled.start() + len(spelled.group().rstrip(" ,，.-"))
            yield Found(turn, spelled.start(), end, T.WECHAT, "handle.spelled", 0.8)
    elif cue.kind.type is T.SWIFT:
        match = _SWIFT.match(text, cue.end)
        if match is not None and (match["link"] or cue.end - cue.start > len("swift")):
            yield Found(turn, *match.span("value"), T.SWIFT, "swift.cue", 0.85)
    elif cue.kind.type in (T.PASSWORD, T.OTP, T.CARD_PIN):
        match = _SECRET.match(text, cue.end)
        if match is not None and match["value"] not in _NOT_SECRET:
            value = match["value"].rstrip(".")
            is_word = value.isalpha()
            if cue.kind.type is T.PASSWORD or not is_word:
                start = match.start("value")
                more = _MORE_SECRET.match(text, start + len(value))
                end = more.end() if more is not None else start + len(value)
                yield Found(turn, start, end, cue.kind.type, "secret.cue", 0.8)
