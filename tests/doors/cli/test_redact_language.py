"""Messages come in the language of the terminal, or in the one that was asked for."""

from __future__ import annotations

import ast
import struct
from pathlib import Path

import pytest

from callwarden.doors.cli import language
from callwarden.flows.formats.errors import REMEDIES

from .calls import redact


def compiled(messages: dict[str, str]) -> bytes:
    """A catalogue in the binary format of GNU gettext: a header, two tables, the texts."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    keys = [key.encode() for key, _ in pairs]
    values = [value.encode() for _, value in pairs]
    at = 28 + 16 * len(pairs)
    tables, texts = b"", b""
    for text in [*keys, *values]:
        tables += struct.pack("<2I", len(text), at + len(texts))
        texts += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables + texts


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    sentence = "Name at least one PATH and an output folder with --out DIR, or use --jsonl."
    (folder / "django.mo").write_bytes(
        compiled(
            {
                sentence: "请指定至少一个 PATH。",
                REMEDIES["not_json"]: "转写文件不是有效的 JSON（第 {at} 字节）。",
            }
        )
    )
    monkeypatch.setattr(language, "_LOCALE", tmp_path / "locale")


@pytest.mark.usefixtures("chinese")
def test_a_chinese_terminal_reads_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLWARDEN_LANGUAGE")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "请指定至少一个 PATH。" in redact().output


@pytest.mark.usefixtures("chinese")
def test_the_option_beats_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLWARDEN_LANGUAGE", "zh")
    assert "Name at least one PATH" in redact("--lang", "en").output
    monkeypatch.setenv("CALLWARDEN_LANGUAGE", "en")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "call.json").write_text("{")
    assert (
        "转写文件不是有效的 JSON（第 1 字节）。"
        in redact(tmp_path / "in", "--out", tmp_path / "out", "--lang", "zh").output
    )


def test_every_message_is_a_plain_text_that_a_catalogue_can_hold() -> None:
    """An f-string or a sum inside ``_()`` would never be found by the extractor."""
    folder = Path(language.__file__).parent
    for file in [folder / "redact.py", *folder.glob("_redact_*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), f"{file.name}:{node.lineno}"
