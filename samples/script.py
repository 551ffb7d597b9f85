"""The notation of the call scripts.

A call is a list of lines, each one turn or one act::

    a| 您好，工号 幺 零 三。                 the agent speaks; blanks part the words
    c| 手机 {PHONE|15433087760|幺 五 四 …}。  the caller; a personal value as {TYPE|as written|as spoken}
    c| {PHONE|154|幺 五 四|15433087760}      a part of a value, with the whole value last
    c~| 对。                                the caller, before the agent has ended
    i| 同意 请 按 一。                       the machine that plays the notice, on the agent's channel
    c# 1 as consent                        keys pressed; as a TYPE they are a personal value
    pay / end pay                          between them card data are taken

``TYPE`` is an entity type of the redaction engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SCRIPTS = Path(__file__).parent / "scripts"

COMMA_MS, STOP_MS = 160, 300
_STOPS = "。？！.?!"
_BREAKS = _STOPS + "，、,;"
_SPEECH = re.compile(r"([aci])(~?)\| (.+)")
_KEYS = re.compile(r"([ac])# ([0-9*#]+) as (\w+)")
_MARKUP = re.compile(r"\{([^{}]+)\}")
_TOKEN = re.compile(rf"[^\s{re.escape(_BREAKS)}]+(?:[.-][^\s{re.escape(_BREAKS)}]+)*|[{re.escape(_BREAKS)}]")


@dataclass(frozen=True)
class Value:
    """A personal value, or a part of one: how it is written, and the whole of it."""

    type: str
    shown: str
    whole: str


@dataclass(frozen=True)
class Token:
    """One word with what follows it and the personal value it belongs to (an index into the turn's values)."""

    text: str
    punctuation: str = ""
    value: int | None = None

    @property
    def pause_ms(self) -> int:
        if not self.punctuation:
            return 0
        return STOP_MS if self.punctuation[-1] in _STOPS else COMMA_MS


@dataclass(frozen=True)
class Speech:
    speaker: str  # a, c or i
    overlaps: bool
    tokens: tuple[Token, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Keys:
    speaker: str
    digits: str
    type: str  # an entity type, or "consent"


@dataclass(frozen=True)
class Mark:
    """Start or end of a stretch in which card data are taken."""

    name: str


Act = Speech | Keys | Mark


@dataclass(frozen=True)
class Script:
    """One call as written, with the settings of its line filled in."""

    id: str
    line: str
    zone: str
    language: str
    callee: str
    customer: str
    agent: str
    voices: dict[str, str]
    start: Any
    acts: tuple[Act, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class LineScript:
    """All calls of one line, the rows without a recording, and the recordings that are copies."""

    line: str
    zone: str
    language: str
    callee: str
    calls: tuple[Script, ...]
    rows: tuple[dict[str, Any], ...]
    copies: tuple[dict[str, Any], ...]


def load_scripts() -> list[LineScript]:
    """The scripts of all lines, in the order of their file names."""
    return [_line(yaml.safe_load(path.read_text("utf-8"))) for path in sorted(SCRIPTS.glob("*.yaml"))]


def _line(document: dict[str, Any]) -> LineScript:
    def call(item: dict[str, Any]) -> Script:
        voices = {"i": document["voices"]["i"], "a": document["voices"][item["agent"]], "c": item["voice"]}
        return Script(
            id=item["id"],
            line=document["line"],
            zone=document["zone"],
            language=item.get("language", document["language"]),
            callee=document["callee"],
            customer=item["customer"],
            agent=item["agent"],
            voices=voices,
            start=item["start"],
            acts=tuple(parse_line(text) for text in item["say"]),
            settings=item,
        )

    return LineScript(
        line=document["line"],
        zone=document["zone"],
        language=document["language"],
        callee=document["callee"],
        calls=tuple(call(item) for item in document["calls"]),
        rows=tuple(document.get("rows", ())),
        copies=tuple(document.get("copies", ())),
    )


def parse_line(text: str) -> Act:
    """One line of a script.

    Raises:
        ValueError: the line is in none of the notations.
    """
    if text in ("pay", "end pay"):
        return Mark(text)
    if keys := _KEYS.fullmatch(text):
        return Keys(keys[1], keys[2], keys[3])
    if speech := _SPEECH.fullmatch(text):
        tokens, values = _tokens(speech[3])
        return Speech(speech[1], bool(speech[2]), tokens, values)
    raise ValueError(f"not a line of a script: {text}")


def _tokens(text: str) -> tuple[tuple[Token, ...], tuple[Value, ...]]:
    tokens: list[Token] = []
    values: list[Value] = []
    for number, part in enumerate(_MARKUP.split(text)):
        index: int | None = None
        if number % 2:
            kind, shown, spoken, *whole = part.split("|")
            values.append(Value(kind, shown, whole[0] if whole else shown))
            index, part = len(values) - 1, spoken
        for found in _TOKEN.findall(part):
            if found in _BREAKS:
                if tokens:
                    last = tokens[-1]
                    tokens[-1] = Token(last.text, last.punctuation + found, last.value)
            else:
                tokens.append(Token(found, value=index))
    return tuple(tokens), tuple(values)


def written(tokens: tuple[Token, ...], *, punctuation: bool = True) -> tuple[str, list[tuple[int, int]]]:
    """The turn as text, and the place of every token in it (code points, without its punctuation)."""
    text, places = "", []
    for token in tokens:
        if text and not (_wide(text[-1]) and _wide(token.text[0])) and not (text[-1] in _BREAKS and _wide(text[-1])):
            text += " "
        places.append((len(text), len(text) + len(token.text)))
        text += token.text + (token.punctuation if punctuation else "")
    return text, places


def displayed(tokens: tuple[Token, ...], values: tuple[Value, ...]) -> str:
    """The turn as a recogniser displays it: values as written, everything else as spoken."""
    shown: list[Token] = []
    for token in tokens:
        if token.value is None:
            shown.append(token)
        elif shown and shown[-1].value == token.value:
            shown[-1] = Token(shown[-1].text, token.punctuation, token.value)
        else:
            shown.append(Token(values[token.value].shown, token.punctuation, token.value))
    return written(tuple(shown))[0]


def _wide(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
