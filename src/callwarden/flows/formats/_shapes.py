"""The shapes of words files, each recognised by the keys that only it has.

Every text and time goes through the checks of `_Reading`, whichever shape it comes from. A shape is a function from the
document to turns; adding one means adding it to `SHAPES` and to the guide.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, cast

from .doubts import DOUBTS, by_figures, figures_of
from .errors import WordsError
from .words import MAX_FORMS, MAX_HYPOTHESES, MAX_TEXT, MAX_TURNS, MAX_WORDS, Turn, Word

_TICKS_A_MS = 10_000  # Azure counts in units of 100 ns
_LONGEST_MS = 7 * 24 * 3600 * 1000
_PAUSE_MS = 800  # a silence that ends a turn where the shape has none
_FORM = re.compile(r"[a-z][a-z0-9_]{0,29}")

Document = Mapping[str, Any]


def turns_of(document: object) -> tuple[str, str, str, list[Turn]]:
    """Call id, language, name of the shape, turns.

    Raises:
        WordsError: without a file name, which the caller adds.
    """
    for name, fits, read in SHAPES:
        if fits(document):
            reading = _Reading()
            turns = []
            for turn in read(reading, cast(Any, document)):
                turns.append(turn)
                if len(turns) > MAX_TURNS:
                    raise WordsError("too_many_turns", limit=MAX_TURNS)
            top = document if isinstance(document, Mapping) else {}
            call_id = top.get("id", top.get("call_id", ""))
            if isinstance(call_id, int) and not isinstance(call_id, bool):
                call_id = str(call_id)
            language = top.get("language") or ""
            return reading.text(call_id, "id"), reading.text(language, "language"), name, turns
    raise WordsError("unknown_shape")


class _Reading:
    """Checks on the way in, with the limits that hold for the whole file."""

    def __init__(self) -> None:
        self._words = 0

    def text(self, value: object, at: str) -> str:
        if not isinstance(value, str):
            raise WordsError("wrong_type", at=at, expected="text")
        if len(value) > MAX_TEXT:
            raise WordsError("text_too_long", at=at, limit=MAX_TEXT)
        if not value.isprintable() and any(
            unicodedata.category(c) in ("Cs", "Cc") and c not in "\t\n\r" for c in value
        ):
            raise WordsError("bad_text", at=at)
        return value

    def number(self, value: object, at: str, scale: float = 1.0) -> float:
        # Nearly every value is a plain time of our own shape; a call has thousands.
        if scale == 1.0 and type(value) is int and 0 <= value <= _LONGEST_MS:
            return float(value)
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}(\.\d{1,9})?s?", value, re.ASCII):
            value = float(value.removesuffix("s"))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WordsError("wrong_type", at=at, expected="a number")
        try:
            number = float(value) * scale
        except OverflowError:
            number = math.inf
        if not 0 <= number <= _LONGEST_MS:
            raise WordsError("wrong_type", at=at, expected="a time from 0 to 7 days")
        return round(number, 3)

    def time(self, item: Document, keys: Sequence[tuple[str, float]], at: str) -> float | None:
        for key, scale in keys:
            if item.get(key) is not None:
                return self.number(item[key], f"{at}.{key}", scale)
        return None

    def level(self, value: object, at: str) -> float | None:
        if value is None:
            return None
        level = self.number(value, at)
        if level > 1:
            raise WordsError("wrong_type", at=at, expected="a number from 0 to 1")
        return level

    def array(self, value: object, at: str) -> list[Any]:
        if not isinstance(value, list):
            raise WordsError("wrong_type", at=at, expected="an array")
        return value

    def entry(self, value: object, at: str) -> Document:
        if not isinstance(value, Mapping):
            raise WordsError("wrong_type", at=at, expected="an object")
        return value

    def channel(self, value: object, at: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, str) and (found := re.fullmatch(r"(?:ch_|channel_?)?(\d{1,2})", value, re.ASCII)):
            value = int(found[1])
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 64:
            raise WordsError("wrong_type", at=at, expected="a channel number from 0")
        return value

    def word(self, text: object, start: float | None, end: float | None, level: object, at: str) -> Word:
        self._words += 1
        if self._words > MAX_WORDS:
            raise WordsError("too_many_words", limit=MAX_WORDS)
        _in_order(start, end, at)
        return Word(self.text(text, at).strip(), start, end, self.level(level, at))

    def words(self, value: object, at: str) -> tuple[Word, ...]:
        found = []
        for number, entry in enumerate(self.array(value or [], at)):
            place = f"{at}[{number}]"
            item = self.entry(entry, place)
            text = item["text"] if "text" in item else _first(item, _TEXTS)
            start, end = self.time(item, _STARTS, place), self.time(item, _ENDS, place)
            found.append(self.word(text, start, end, _first(item, _LEVELS), place))
        return tuple(found)

    def speaker(self, value: object, at: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        text = self.text("" if value is None else value, at)
        return _ROLES.get(text.casefold(), text)


_STARTS = (("start_ms", 1.0), ("start", 1000.0), ("start_time", 1000.0), ("startTime", 1000.0))
_ENDS = (("end_ms", 1.0), ("end", 1000.0), ("end_time", 1000.0), ("endTime", 1000.0))
_TEXTS = ("word", "punctuated_word", "w")
_LEVELS = ("confidence", "probability", "score", "conf")
_ROLES = {
    **dict.fromkeys(("caller", "customer", "client", "user", "客户", "用户"), "caller"),
    **dict.fromkeys(("agent", "operator", "坐席", "客服"), "agent"),
}


def _first(item: Document, keys: Sequence[str]) -> object:
    for key in keys:
        if item.get(key) is not None:
            return item[key]
    return None


def _in_order(start: float | None, end: float | None, at: str) -> None:
    if start is not None and end is not None and end < start:
        raise WordsError("ends_before_it_starts", at=at)


def _wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef" or character >= "\U00020000"


def joined(words: Sequence[str]) -> str:
    """Words as text: blanks between them except between two Chinese characters."""
    text = ""
    for word in filter(None, words):
        text += word if not text or (_wide(text[-1]) and _wide(word[0])) else f" {word}"
    return text


def _ends(words: Sequence[Word]) -> tuple[float | None, float | None]:
    starts = [word.start_ms for word in words if word.start_ms is not None]
    ends = [word.end_ms for word in words if word.end_ms is not None]
    return min(starts, default=None), max(ends, default=None)


def _turn_of_words(words: Sequence[Word], speaker: str = "", channel: int | None = None, text: str = "") -> Turn:
    start, end = _ends(words)
    return Turn(speaker, channel, start, end, text or joined([word.text for word in words]), tuple(words))


def _split(words: Sequence[Word], channel: int | None) -> Iterator[Turn]:
    """Turns out of a bare row of words, cut at silences."""
    run: list[Word] = []
    for word in words:
        after = run[-1].end_ms if run else None
        if after is not None and word.start_ms is not None and word.start_ms - after > _PAUSE_MS:
            yield _turn_of_words(run, channel=channel)
            run = []
        run.append(word)
    if run:
        yield _turn_of_words(run, channel=channel)


def _turns(reading: _Reading, document: Document, key: str = "turns") -> Iterator[Turn]:
    """Ours, and the generic list of segments with words (Whisper and its relatives): seconds or ``_ms``."""
    for number, entry in enumerate(reading.array(document[key], key)):
        at = f"{key}[{number}]"
        item = reading.entry(entry, at)
        words = reading.words(item.get("words"), f"{at}.words")
        first, last = _ends(words)
        start, end = reading.time(item, _STARTS, at), reading.time(item, _ENDS, at)
        start, end = first if start is None else start, last if end is None else end
        _in_order(start, end, at)
        nbest = reading.array(item.get("nbest") or [], f"{at}.nbest")
        forms = reading.entry(item.get("forms") or {}, f"{at}.forms")
        if len(nbest) > MAX_HYPOTHESES or len(forms) > MAX_FORMS:
            raise WordsError("wrong_type", at=at, expected=f"at most {MAX_HYPOTHESES} hypotheses, {MAX_FORMS} forms")
        if not all(_FORM.fullmatch(name) for name in forms):
            raise WordsError("wrong_type", at=f"{at}.forms", expected="forms with plain names")
        text = item.get("text")
        yield Turn(
            reading.speaker(item.get("speaker", item.get("spk")), f"{at}.speaker"),
            reading.channel(item.get("channel"), f"{at}.channel"),
            start,
            end,
            reading.text(joined([word.text for word in words]) if text is None else text, f"{at}.text").strip(),
            words,
            tuple(reading.text(_hypothesis(entry), f"{at}.nbest") for entry in nbest),
            {name: reading.text(form, f"{at}.forms") for name, form in forms.items()} or None,
            _doubts(reading, item, f"{at}.doubts"),
        )


def _doubts(reading: _Reading, item: Document, at: str) -> tuple[str, ...]:
    """Those that our own shape names, and those of a segment's figures; a name that is not ours goes no further."""
    told = {*reading.array(item.get("doubts") or [], at)} if _all_text(item.get("doubts")) else set()
    told.update(by_figures(figures_of(item)))
    return tuple(doubt for doubt in DOUBTS if doubt in told)


def _all_text(value: object) -> bool:
    return not isinstance(value, list) or all(isinstance(item, str) for item in value)


def _hypothesis(entry: object) -> object:
    return entry.get("text") if isinstance(entry, Mapping) else entry


def _segments(reading: _Reading, document: Document) -> Iterator[Turn]:
    return _turns(reading, document, "segments")


def _bare_segments(reading: _Reading, document: Sequence[Any]) -> Iterator[Turn]:
    return _turns(reading, {"segments": document}, "segments")


def _azure(reading: _Reading, document: Document) -> Iterator[Turn]:
    """Azure batch transcription: ``recognizedPhrases`` with n-best hypotheses in four forms, times in 100 ns ticks."""
    for number, entry in enumerate(reading.array(document["recognizedPhrases"], "recognizedPhrases")):
        at = f"recognizedPhrases[{number}]"
        phrase = reading.entry(entry, at)
        hypotheses = [reading.entry(item, f"{at}.nBest") for item in reading.array(phrase.get("nBest"), f"{at}.nBest")]
        if not hypotheses:
            continue
        best = hypotheses[0]
        words = []
        for place, item in enumerate(reading.array(best.get("words") or [], f"{at}.words")):
            where = f"{at}.words[{place}]"
            start, end = _ticks(reading, reading.entry(item, where), where)
            words.append(reading.word(item.get("word"), start, end, item.get("confidence"), where))
        start, end = _ticks(reading, phrase, at)
        forms = {name: reading.text(best[name], at) for name in ("lexical", "itn", "display") if best.get(name)}
        text = forms.get("lexical") or joined([word.text for word in words])
        others = [reading.text(item["lexical"], at) for item in hypotheses[1:MAX_HYPOTHESES] if item.get("lexical")]
        speaker = reading.speaker(phrase.get("speaker"), f"{at}.speaker")
        channel = reading.channel(phrase.get("channel"), f"{at}.channel")
        yield Turn(speaker, channel, start, end, text, tuple(words), tuple(others), forms or None)


def _ticks(reading: _Reading, item: Document, at: str) -> tuple[float | None, float | None]:
    start = reading.time(item, (("offsetInTicks", 1 / _TICKS_A_MS),), at)
    length = reading.time(item, (("durationInTicks", 1 / _TICKS_A_MS),), at)
    return start, None if start is None or length is None else round(start + length, 3)


def _amazon(reading: _Reading, document: Document) -> Iterator[Turn]:
    """Amazon Transcribe: items, punctuation apart, with channel or speaker labels; turns are runs of one label."""
    results = reading.entry(document["results"], "results")
    labelled = reading.entry(results.get("channel_labels") or {}, "results.channel_labels").get("channels")
    if labelled:
        channels = [reading.entry(item, "results.channel_labels") for item in reading.array(labelled, "channels")]
        lists = [(item.get("channel_label"), item.get("items")) for item in channels]
    else:
        lists = [(None, results["items"])]
    turns: list[tuple[str, Turn]] = []
    for label, entries in lists:
        channel = reading.channel(label, "channel_label")
        heard: list[tuple[str, Word]] = []
        for number, entry in enumerate(reading.array(entries, "items")):
            at = f"items[{number}]"
            item = reading.entry(entry, at)
            best = reading.entry((reading.array(item.get("alternatives"), at) or [None])[0], f"{at}.alternatives")
            content = reading.text(best.get("content"), at)
            if item.get("type") == "punctuation":
                continue
            start, end = reading.time(item, _STARTS, at), reading.time(item, _ENDS, at)
            speaker = reading.speaker(item.get("speaker_label"), at)
            heard.append((speaker, reading.word(content, start, end, best.get("confidence"), at)))
        for speaker, run in groupby(heard, key=lambda pair: pair[0]):
            turns.extend((speaker, turn) for turn in _split([word for _, word in run], channel))
    for speaker, turn in sorted(turns, key=lambda pair: pair[1].start_ms or 0.0):
        yield Turn(speaker, turn.channel, turn.start_ms, turn.end_ms, turn.text, turn.words)


def _deepgram(reading: _Reading, document: Document) -> Iterator[Turn]:
    """Deepgram: ``results.channels[].alternatives[].words[]``, seconds."""
    turns: list[Turn] = []
    for channel, entry in enumerate(reading.array(document["results"]["channels"], "results.channels")):
        at = f"results.channels[{channel}].alternatives"
        alternatives = reading.array(reading.entry(entry, at).get("alternatives"), at)
        if alternatives:
            best = reading.entry(alternatives[0], at)
            turns.extend(_split(reading.words(best.get("words"), f"{at}[0].words"), channel))
    yield from sorted(turns, key=lambda turn: turn.start_ms or 0.0)


def _google(reading: _Reading, document: Document) -> Iterator[Turn]:
    """Google Speech-to-Text: ``results[].alternatives[].words[]``, times like ``1.400s``, channelTag from 1."""
    for number, entry in enumerate(reading.array(document["results"], "results")):
        at = f"results[{number}]"
        result = reading.entry(entry, at)
        hypotheses = [
            reading.entry(item, at) for item in reading.array(result.get("alternatives") or [], f"{at}.alternatives")
        ]
        if not hypotheses:
            continue
        tag = reading.channel(result.get("channelTag"), f"{at}.channelTag")
        words = reading.words(hypotheses[0].get("words"), f"{at}.words")
        turn = _turn_of_words(
            words,
            channel=tag - 1 if tag else None,
            text=reading.text(hypotheses[0].get("transcript") or "", f"{at}.transcript").strip(),
        )
        others = [reading.text(item["transcript"], at) for item in hypotheses[1:MAX_HYPOTHESES] if "transcript" in item]
        yield Turn(turn.speaker, turn.channel, turn.start_ms, turn.end_ms, turn.text, words, tuple(others))


_FUNASR_TOKEN = re.compile(r"[A-Za-z0-9']+|[^\W_]")


def _funasr(reading: _Reading, document: Sequence[Any]) -> Iterator[Turn]:
    """FunASR: ``text`` with one pair of milliseconds per character (zh) or word (en), best by ``sentence_info``."""
    for number, entry in enumerate(document):
        at = f"[{number}]"
        item = reading.entry(entry, at)
        sentences = reading.array(item.get("sentence_info") or [item], f"{at}.sentence_info")
        for place, part in enumerate(sentences):
            where = f"{at}.sentence_info[{place}]"
            sentence = reading.entry(part, where)
            text = reading.text(sentence.get("text", sentence.get("sentence")), where)
            pairs = reading.array(sentence.get("timestamp") or [], f"{where}.timestamp")
            tokens = _FUNASR_TOKEN.findall(text)
            if len(tokens) != len(pairs):
                # Without one time per token no word can be placed; the turn keeps its own times alone.
                pairs, tokens = pairs[:1] + pairs[-1:], []
            times = [_pair(reading, pair, f"{where}.timestamp") for pair in pairs]
            words = [
                reading.word(token, start, end, None, where) for token, (start, end) in zip(tokens, times, strict=False)
            ]
            start = reading.time(sentence, (("start", 1.0),), where)
            end = reading.time(sentence, (("end", 1.0),), where)
            start = times[0][0] if start is None and times else start
            end = times[-1][1] if end is None and times else end
            _in_order(start, end, where)
            yield Turn(reading.speaker(sentence.get("spk"), where), None, start, end, text.strip(), tuple(words))


def _pair(reading: _Reading, value: object, at: str) -> tuple[float, float]:
    pair = reading.array(value, at)
    if len(pair) != 2:
        raise WordsError("wrong_type", at=at, expected="a pair of times")
    return reading.number(pair[0], at), reading.number(pair[1], at)


def _vosk(reading: _Reading, document: Any) -> Iterator[Turn]:
    """Vosk: one result object, or a list or lines of them, with ``result`` words in seconds."""
    for number, entry in enumerate([document] if isinstance(document, Mapping) else document):
        item = reading.entry(entry, f"[{number}]")
        words = reading.words(item.get("result"), f"[{number}].result")
        text = reading.text(item.get("text") or "", f"[{number}].text")
        if words or text:
            yield _turn_of_words(words, speaker=reading.speaker(item.get("speaker"), "speaker"), text=text)


_WORD_BEGINS = ("\u2581", " ")
_LONGEST_WORD_MS = 2_000
_LAST_WORD_MS = 600


def _sherpa(reading: _Reading, document: Any) -> Iterator[Turn]:
    """sherpa-onnx: ``tokens`` with the second each begins at; pieces of a word are joined, Chinese stands by the sign.

    Where a word ends is not told: it lasts until the next begins, two seconds at most. A ``start`` beside them, in
    seconds, is where the piece of the recording began that was recognised by itself.
    """
    for number, entry in enumerate([document] if isinstance(document, Mapping) else document):
        at = f"[{number}]"
        item = reading.entry(entry, at)
        tokens = [reading.text(token, f"{at}.tokens") for token in reading.array(item.get("tokens"), f"{at}.tokens")]
        times = [
            reading.number(time, f"{at}.timestamps", 1000.0)
            for time in reading.array(item.get("timestamps"), f"{at}.timestamps")
        ]
        text = reading.text(item.get("text") or "", f"{at}.text").strip()
        offset = reading.time(item, (("start", 1000.0),), at) or 0.0
        if len(times) != len(tokens):
            raise WordsError("wrong_type", at=f"{at}.timestamps", expected="one time for each token")
        words = tuple(_pieced(reading, tokens, [offset + time for time in times], f"{at}.tokens"))
        if words or text:
            start = offset if "start" in item else None
            turn = _turn_of_words(words, text=text)
            yield turn if words else replace(turn, start_ms=start)


def _pieced(reading: _Reading, tokens: Sequence[str], times: Sequence[float], at: str) -> Iterator[Word]:
    # Two ways to mark pieces: a sign where a word begins, or one where it goes on. Without either each token is a word.
    marked = any(token.startswith(_WORD_BEGINS) for token in tokens)
    begun: list[tuple[str, float]] = []
    begins, goes_on = True, False
    for token, time in zip(tokens, times, strict=True):
        piece = token.strip("".join(_WORD_BEGINS)).removesuffix("@@")
        begins = begins or token.startswith(_WORD_BEGINS)
        if not piece:
            continue
        apart = begins or not marked or _wide(piece[0]) or _wide(begun[-1][0][-1])
        if apart and not (goes_on and begun):
            begun.append((piece, time))
        else:
            begun[-1] = (begun[-1][0] + piece, begun[-1][1])
        begins, goes_on = False, token.endswith("@@")
    for (text, start), (_next, following) in zip(begun, [*begun, ("", None)][1:], strict=True):
        end = start + _LAST_WORD_MS if following is None else min(following, start + _LONGEST_WORD_MS)
        yield reading.word(text, start, round(max(start, end), 3), None, at)


def _single(read: Callable[[_Reading, Sequence[Any]], Iterator[Turn]]) -> Callable[[_Reading, Any], Iterator[Turn]]:
    return lambda reading, document: read(reading, [document])


def _has(*path: str, kind: type) -> Callable[[Any], bool]:
    def fits(document: Any) -> bool:
        for key in path:
            if not isinstance(document, Mapping) or key not in document:
                return False
            document = document[key]
        return isinstance(document, kind)

    return fits


def _list_of(*keys: str) -> Callable[[Any], bool]:
    def fits(document: Any) -> bool:
        return (
            isinstance(document, list)
            and bool(document)
            and all(isinstance(item, Mapping) and any(key in item for key in keys) for item in document)
        )

    return fits


SHAPES: tuple[tuple[str, Callable[[Any], bool], Callable[[_Reading, Any], Iterator[Turn]]], ...] = (
    ("callwarden", _has("turns", kind=list), _turns),
    ("segments", _has("segments", kind=list), _segments),
    ("azure", _has("recognizedPhrases", kind=list), _azure),
    ("amazon", _has("results", "items", kind=list), _amazon),
    ("deepgram", _has("results", "channels", kind=list), _deepgram),
    ("google", _has("results", kind=list), _google),
    ("funasr", _list_of("timestamp", "sentence_info"), _funasr),
    ("funasr", _has("timestamp", kind=list), _single(_funasr)),
    ("funasr", _has("sentence_info", kind=list), _single(_funasr)),
    ("sherpa-onnx", _has("timestamps", kind=list), _sherpa),
    ("sherpa-onnx", _list_of("timestamps"), _sherpa),
    ("segments", _list_of("words", "start", "start_ms"), _bare_segments),
    ("vosk", _has("result", kind=list), _vosk),
    ("vosk", _list_of("result", "partial", "text"), _vosk),
)
