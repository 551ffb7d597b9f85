"""Both languages are complete, and the tool that keeps them so does its work."""

from __future__ import annotations

import gettext
import importlib.util
import io
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

_TOOL = Path(__file__).parents[3] / "tools" / "messages.py"
_spec = importlib.util.spec_from_file_location("messages_tool", _TOOL)
messages = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = messages
_spec.loader.exec_module(messages)

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|{\w+}")


def test_every_message_has_a_chinese_translation():
    untranslated = [key.message for key in messages.missing()]
    assert untranslated == []


def test_translations_keep_the_places_of_names_and_numbers():
    for key, translation in messages.read(messages.CATALOGUE).items():
        places = set(PLACEHOLDER.findall(key.message)) | set(PLACEHOLDER.findall(key.plural))
        assert set(PLACEHOLDER.findall(translation)) <= places, key.message


def test_chinese_sentences_end_in_chinese_punctuation():
    for key, translation in messages.read(messages.CATALOGUE).items():
        if key.message.endswith(".") and not key.message.endswith(("…", "...")):
            assert translation == "" or not translation.endswith("."), translation


text = st.text(st.characters(exclude_characters="\x00\x04\r", exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(st.dictionaries(st.builds(messages.Key, text, st.sampled_from(["", "place"])), text, max_size=8))
def test_what_is_compiled_is_what_was_written(tmp_path_factory, catalogue):
    path = tmp_path_factory.mktemp("po") / "django.po"
    messages.write(path, catalogue)
    assert messages.read(path) == catalogue
    translations = gettext.GNUTranslations(io.BytesIO(messages.compiled(catalogue)))
    for key, translation in catalogue.items():
        said = translations.pgettext(key.context, key.message) if key.context else translations.gettext(key.message)
        assert said == translation


def test_plurals_are_compiled():
    catalogue = {messages.Key("one call", plural="%(n)s calls"): "%(n)s 通电话"}
    translations = gettext.GNUTranslations(io.BytesIO(messages.compiled(catalogue)))
    assert translations.ngettext("one call", "%(n)s calls", 5) == "%(n)s 通电话"


def test_marks_are_found_in_code_and_templates(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "a.py").write_text('x = _("one ) (" "two")\ny = ngettext("a", "b", n)\nz = pgettext("c", "d")')
    template = '{% trans "it\'s" %} (_( {% blocktrans count n=n %}%%{{ n }} x{% plural %}{{ n }} xs{% endblocktrans %}'
    (tmp_path / "templates/a.html").write_text(template)
    found = {(key.context, key.message, key.plural) for key in messages.found(tmp_path)}
    assert {("", "one ) (two", ""), ("", "a", "b"), ("c", "d", ""), ("", "it's", "")} <= found
    assert any(plural.endswith(" xs") for _context, _message, plural in found)


def test_marks_are_found_whatever_a_file_calls_the_function(tmp_path):
    (tmp_path / "a.py").write_text(
        "from django.utils.translation import gettext as _at_once\n"
        "from django.utils.translation import gettext_lazy as _, pgettext as _here\n"
        "_later = translation.gettext_lazy\n"
        'x = [_at_once("one"), _("two"), _here("place", "three"), _later("four"), other("five")]'
    )
    found = {(key.context, key.message) for key in messages.found(tmp_path)}
    assert found == {("", "one"), ("", "two"), ("place", "three"), ("", "four")}


def test_a_sentence_that_cannot_be_translated_is_refused(tmp_path):
    (tmp_path / "a.py").write_text('x = _(f"hello {name}")')
    with pytest.raises(messages.Malformed, match=r"a\.py:1"):
        messages.found(tmp_path)


@pytest.mark.parametrize("broken", ['msgid "open', "msgid open", '"x'])
def test_a_broken_catalogue_names_its_line(tmp_path, broken):
    path = tmp_path / "x.po"
    path.write_text(f'msgid "fine"\nmsgstr "fine"\n\n{broken}\n')
    with pytest.raises(messages.Malformed, match=r"x\.po:4"):
        messages.read(path)
