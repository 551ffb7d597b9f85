"""The Chinese catalogue: finds what is marked for translation, keeps the .po in step, compiles the .mo.

    python tools/messages.py compile           makes the .mo that Django reads
    python tools/messages.py update            adds new messages (empty), drops those no longer used
    python tools/messages.py check             lists messages without a translation; exit code 1 when there are any
    python tools/messages.py merge FILE...     takes over translations from other .po files

Needs no gettext programs. Formats: GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
"""

from __future__ import annotations

import ast
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parent.parent / "src" / "callwarden"
CATALOGUE = SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HEADER = (
    "Project-Id-Version: callwarden\n"
    "Language: zh_Hans\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=1; plural=0;\n"
)
# Function -> positions of (context, message, plural) among its arguments.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}


@dataclass(frozen=True, order=True)
class Key:
    """What identifies a message."""

    message: str
    context: str = ""
    plural: str = field(default="", compare=False)


Catalogue = dict[Key, str]


class Malformed(ValueError):
    """A .po file or a marked call that cannot be read; the message says where."""


def found(source: Path = SOURCE) -> set[Key]:
    """Every message marked in Python files and templates under `source`."""
    keys: dict[Key, Key] = {}
    for path in sorted(source.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            tree = _marks_of(templatize(path.read_text(encoding="utf-8"), origin=path.name))
        else:
            continue
        for key in _keys(tree, path):
            if key not in keys or key.plural:
                keys[key] = key
    return set(keys.values())


def engine_texts() -> set[str]:
    """Texts of the engines, which know no gettext: doors translate their English messages when they show them."""
    files = (SOURCE / "engines").rglob("*.py")
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    return {text for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr) and (text := _text(node))}


def _keys(tree: ast.AST, path: Path) -> Iterator[Key]:
    called = _other_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        name = called.get(name, name)
        if name not in CALLS or not node.args:
            continue
        positions = CALLS[name]
        texts = [None if at is None or at >= len(node.args) else _text(node.args[at]) for at in positions]
        context, message, plural = texts
        if message is not None:
            yield Key(message, context or "", plural or "")
        elif isinstance(node.args[positions[1]], ast.JoinedStr):
            raise Malformed(f"{path.name}:{node.lineno}: an f-string cannot be translated; use %(name)s.")


def _other_names(tree: ast.AST) -> dict[str, str]:
    """What a file calls these functions, where it gives them names of its own: name here -> name in CALLS."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {one.asname: one.name for one in node.names if one.asname and one.name in CALLS}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            meant = getattr(node.value, "id", getattr(node.value, "attr", ""))
            if meant in CALLS:
                names |= {target.id: meant for target in node.targets if isinstance(target, ast.Name)}
    return names


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _marks_of(text: str) -> ast.Module:
    """The calls in what Django makes of a template, as a syntax tree; everything between them is filler."""
    calls: list[ast.stmt] = []
    at = 0
    while at < len(text):
        name = next((one for one in CALLS if text.startswith(f"{one}(", at)), "")
        if not name or (at and (text[at - 1].isalnum() or text[at - 1] == "_")):
            at += 1
            continue
        end = _closing(text, at + len(name))
        calls.extend(ast.parse(text[at:end].strip()).body)
        at = end
    return ast.Module(calls, [])


def _closing(text: str, start: int) -> int:
    """Position after the parenthesis that closes the one at `start`, passing over strings."""
    depth, quote, at = 0, "", start
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    raise Malformed("a template's marked text does not end")


def read(path: Path) -> Catalogue:
    """The entries of a .po file; fuzzy and obsolete ones do not count.

    Raises:
        Malformed: naming file and line.
    """
    catalogue: Catalogue = {}
    entry: dict[str, str] = {}
    current, fuzzy = "", False

    def finish() -> None:
        nonlocal entry, fuzzy
        if entry.get("msgid") and not fuzzy:
            key = Key(entry["msgid"], entry.get("msgctxt", ""), entry.get("msgid_plural", ""))
            catalogue[key] = entry.get("msgstr", entry.get("msgstr[0]", ""))
        entry, fuzzy = {}, False

    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
        line = line.strip()
        if line.startswith("#") or not line:
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line.startswith('"'):
            current, _space, line = line.partition(" ")
            if (current in {"msgctxt", "msgid"} and "msgid" in entry) or (current == "msgid" and "msgstr" in entry):
                kept = fuzzy and "msgstr" not in entry
                finish()
                fuzzy = kept
        try:
            entry[current] = entry.get(current, "") + ast.literal_eval(line.strip())
        except (SyntaxError, ValueError):
            raise Malformed(f"{path.name}:{number}: expected a quoted string") from None
    finish()
    return catalogue


def write(path: Path, catalogue: Catalogue) -> None:
    """Writes a .po file sorted by message, so that two people's additions merge."""
    parts = [f'msgid ""\nmsgstr ""\n{_lines(HEADER)}']
    for key in sorted(catalogue):
        lines = [f"msgctxt {_quoted(key.context)}"] if key.context else []
        lines.append(f"msgid {_quoted(key.message)}")
        if key.plural:
            lines.append(f"msgid_plural {_quoted(key.plural)}")
        lines.append(f"msgstr{'[0]' if key.plural else ''} {_quoted(catalogue[key])}")
        parts.append("\n".join(lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _lines(text: str) -> str:
    return "\n".join(_quoted(line) for line in text.splitlines(keepends=True))


def compiled(catalogue: Catalogue) -> bytes:
    """The .mo file of a catalogue; untranslated messages are left out, so English shows."""
    pairs = {b"": HEADER.encode()}
    for key, translation in catalogue.items():
        if translation:
            whole = f"{key.context}\x04{key.message}" if key.context else key.message
            pairs[(f"{whole}\x00{key.plural}" if key.plural else whole).encode()] = translation.encode()
    keys = sorted(pairs)
    table = 7 * 4
    at = table + 16 * len(keys)
    ids, texts, data = b"", b"", b""
    for source, into in ((keys, "ids"), ([pairs[key] for key in keys], "texts")):
        index = b""
        for item in source:
            index += struct.pack("<2I", len(item), at + len(data))
            data += item + b"\x00"
        ids, texts = (index, texts) if into == "ids" else (ids, index)
    return struct.pack("<7I", 0x950412DE, 0, len(keys), table, table + 8 * len(keys), 0, at) + ids + texts + data


def missing() -> list[Key]:
    """Messages in the source without a translation."""
    catalogue = read(CATALOGUE) if CATALOGUE.exists() else {}
    return sorted(key for key in found() if not catalogue.get(key))


def merge(paths: list[Path]) -> int:
    """Takes over translations of messages the source has; how many were new or changed."""
    before = read(CATALOGUE) if CATALOGUE.exists() else {}
    after = dict(before)
    for path in paths:
        after.update({key: text for key, text in read(path).items() if text})
    kept = _in_step(after)
    write(CATALOGUE, kept)
    return sum(before.get(key) != text for key, text in kept.items() if text)


def update() -> None:
    write(CATALOGUE, _in_step(read(CATALOGUE) if CATALOGUE.exists() else {}))


def _in_step(catalogue: Catalogue) -> Catalogue:
    """The catalogue with every message of the source, and those texts of the engines that have a translation."""
    engines = engine_texts()
    spoken = {key: text for key, text in catalogue.items() if text and key.message in engines and not key.context}
    return {**spoken, **{key: catalogue.get(key, "") for key in found()}}


def main(arguments: list[str]) -> int:
    match arguments:
        case ["compile"]:
            CATALOGUE.with_suffix(".mo").write_bytes(compiled(read(CATALOGUE)))
        case ["update"]:
            update()
        case ["check"]:
            untranslated = missing()
            sys.stdout.writelines(f"{key.message!r}\n" for key in untranslated)
            return 1 if untranslated else 0
        case ["merge", *files] if files:
            sys.stdout.write(f"{merge([Path(name) for name in files])} translations taken over\n")
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
