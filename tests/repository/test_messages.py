"""The catalogue compiler: what it writes, Python's own reader reads."""

from __future__ import annotations

import gettext
import importlib.util
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.repository.files import ROOT

spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
assert spec is not None
assert spec.loader is not None
messages = importlib.util.module_from_spec(spec)
import sys  # noqa: E402

sys.modules["messages"] = messages
spec.loader.exec_module(messages)

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)


def reader(text: str) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(messages.compile_catalogue(HEADER + text)))


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


plain = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\u2028\u2029\x85"), min_size=1)


@given(st.dictionaries(plain, plain, min_size=1, max_size=20))
def test_every_message_reads_back(pairs: dict[str, str]) -> None:
    body = "\n\n".join(f"#: x.py\nmsgid {quoted(key)}\nmsgstr {quoted(value)}" for key, value in pairs.items())
    read = reader(body)
    assert {key: read.gettext(key) for key in pairs} == pairs


def test_contexts_plurals_continued_lines_and_obsolete_entries() -> None:
    read = reader(
        'msgctxt "role"\nmsgid "Agent"\nmsgstr "坐席"\n\n'
        'msgid "%d call"\nmsgid_plural "%d calls"\nmsgstr[0] "%d 通电话"\n\n'
        'msgid ""\n"one "\n"two"\nmsgstr "一"\n"二"\n\n'
        '#~ msgid "old"\n#~ msgstr "旧"\n'
    )
    assert read.pgettext("role", "Agent") == "坐席"
    assert read.ngettext("%d call", "%d calls", 3) == "%d 通电话"
    assert read.gettext("one two") == "一二"
    assert read.gettext("old") == "old"


def test_doubtful_and_empty_translations_fall_back_to_english() -> None:
    read = reader('#, fuzzy\nmsgid "doubtful"\nmsgstr "可疑"\n\nmsgid "empty"\nmsgstr ""\n')
    assert read.gettext("doubtful") == "doubtful"
    assert read.gettext("empty") == "empty"


@pytest.mark.parametrize(
    "text", ['msgid "a\nmsgstr "b"\n', "nonsense\n", 'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n']
)
def test_a_catalogue_that_cannot_be_right_is_refused(text: str) -> None:
    with pytest.raises(messages.CatalogueError):
        messages.compile_catalogue(text)
