"""Texts of notices: sections survive editing, Markdown draws only what it may, scripts are timed, widening is seen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.lawful.notices.drafting import (
    DraftFacts,
    KeptFacts,
    PurposeFacts,
    RecipientFacts,
    TwoNames,
    first_draft,
)
from callwarden.lawful.notices.markdown import render
from callwarden.lawful.notices.rules import Cover, covers_as_data, covers_from, shortcomings, widened
from callwarden.lawful.notices.sections import HEADINGS, Section, compose, split
from callwarden.lawful.notices.speech import reading

BODIES = st.text(st.characters(exclude_characters="\r", exclude_categories=("Cs",)), max_size=60).map(str.strip)
PARTS = st.dictionaries(st.sampled_from(["", *Section.values]), BODIES).map(
    lambda parts: {name: body for name, body in parts.items() if body and "{#" not in body}
)
SLUGS = st.sampled_from(["recording", "quality", "marketing"])
SETS = st.frozensets(st.sampled_from("abcd"), max_size=3)
COVERS = st.dictionaries(SLUGS, st.builds(Cover, SETS, SETS, SETS, st.booleans()))


@given(PARTS, st.sampled_from(["en", "zh"]))
def test_what_is_written_into_sections_comes_back_from_the_text(parts, language):
    assert split(compose(parts, language)) == parts


def test_a_heading_with_an_unknown_anchor_belongs_to_the_section_it_stands_in():
    text = "## What we collect {#collection}\n\nNames.\n\n## More {#else}\n\nNumbers."
    assert split(text) == {"collection": "Names.\n\n## More {#else}\n\nNumbers."}


@given(st.text(max_size=200))
def test_no_text_becomes_a_tag_that_markdown_does_not_know(text):
    allowed = "p|h[2-6]|ul|ol|li|strong|em|a|code|pre|blockquote|hr|br|table|thead|tbody|tr|th|td"
    for tag in re.findall(r"<(/?[^\s>/]+)", render(text)):
        assert re.fullmatch(f"/?({allowed})", tag), tag


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,hello)",
        "![x](https://example.com/pixel.png)",
        "<img src=x onerror=alert(1)>",
        '[x](https://example.com/" onmouseover="alert(1))',
        "[x]: vbscript:x\n\n[x]",
    ],
)
def test_nothing_in_a_text_runs_or_loads(hostile):
    drawn = render(hostile)
    assert not re.search(
        r"<(script|img|iframe)|href=\"(?!https?://|mailto:|tel:|#)|<[^>]*\son\w+=", drawn, re.IGNORECASE
    )


def test_headings_follow_each_other_without_a_gap_whatever_was_written():
    drawn = render("#### Deep\n\n# Top\n\n#### Far below\n\n## Below")
    assert re.findall(r"<h(\d)", drawn) == ["2", "2", "3", "3"]


def test_sections_can_be_linked_to():
    assert '<h2 id="storage">Where</h2>' in render("## Where {#storage}")
    assert 'id="en-storage"' in render("## Where {#storage}", prefix="en-")


def test_a_script_takes_the_time_of_its_characters_or_words_and_pauses():
    assert reading("您好" * 60, "zh").seconds == 30
    assert reading("word " * 150, "en").seconds == 60
    assert reading("One. Two.", "en").seconds == pytest.approx(0.8 + 0.4)
    assert reading("", "zh").length == ""


def test_digits_are_said_one_by_one():
    assert reading("请按1", "zh").characters == 3
    assert reading("Call 1234", "en").words == 5


@pytest.mark.parametrize(
    ("characters", "length"), [(80, "comfortable"), (81, "long"), (160, "long"), (161, "too_long")]
)
def test_a_long_script_is_called_long(characters, length):
    assert reading("字" * characters, "zh").length == length


@given(COVERS, COVERS)
def test_a_purpose_is_widened_exactly_when_something_is_added_to_it(old, new):
    for slug in widened(old, new):
        before = old.get(slug)
        assert before is None or (
            new[slug].categories - before.categories
            or new[slug].recipients - before.recipients
            or new[slug].methods - before.methods
            or new[slug].abroad > before.abroad
        )
    if old:
        kept = set(new) - widened(old, new)
        assert all(new[slug].categories <= old[slug].categories for slug in kept)
        assert all(new[slug].recipients <= old[slug].recipients for slug in kept)


@given(COVERS)
def test_narrowing_asks_nobody_again_and_what_is_covered_survives_its_column(covers):
    assert covers_from(covers_as_data(covers)) == covers
    assert widened(covers, {slug: Cover() for slug in covers}) == frozenset()


def test_a_version_that_does_not_say_what_it_covers_widens_nothing():
    assert widened({}, {"recording": Cover(frozenset({"identity"}))}) == frozenset()


def whole(**changes: str) -> dict[str, str]:
    texts = {
        f"text_{language}": compose(dict.fromkeys(Section.values, "written"), language) for language in ("en", "zh")
    }
    return {**texts, **changes}


def test_a_whole_notice_has_no_shortcoming():
    assert list(shortcomings(**whole())) == []


@pytest.mark.parametrize("section", Section.values)
def test_a_section_missing_in_one_language_or_in_both_is_named(section):
    short = compose({name: "written" for name in Section.values if name != section}, "en")
    (uneven,) = shortcomings(**whole(text_en=short))
    assert (uneven.code, uneven.section, uneven.language) == ("section_uneven", section, "en")
    (missing,) = shortcomings(short, short)
    assert (missing.code, missing.section) == ("section_missing", section)


def test_what_is_still_to_be_filled_in_and_a_script_in_one_language_are_named():
    text = whole()["text_zh"].replace("written", "⟦where⟧", 1)
    (mark,) = shortcomings(**whole(text_zh=text))
    assert (mark.code, mark.section, mark.language) == ("open_mark", "about", "zh")
    (uneven,) = shortcomings(**whole(script_en="Hello."))
    assert (uneven.section, uneven.language) == ("script", "zh")


FACTS = DraftFacts(
    line=TwoNames("Service line", "服务热线"),
    controller=TwoNames("Home Ltd", "听松有限公司"),
    contact="privacy@example.com",
    purposes=(
        PurposeFacts("recording", TwoNames("Recording the call", "通话录音"), "consent", "Consent", True, True,
                     ("recording_original", "recording_redacted"), ("record", "redact")),
        PurposeFacts("service", TwoNames("Your matter", "来电事项"), "contract", "Contract", True, False,
                     ("identity",)),
    ),
    kept=(
        KeptFacts("recording_original", 180, "End of the call"),
        KeptFacts("recording_redacted", 365, "End of the call"),
        KeptFacts("identity", 365, "End of the contract"),
    ),
    recipients=(
        RecipientFacts("courier", TwoNames("Courier Ltd", "快递公司"), "Processor", "", ("service",)),
    ),
    takes_cards=True,
    days_until_unreadable=30,
)  # fmt: skip


def test_a_draft_names_every_purpose_kind_period_and_recipient_in_both_languages():
    draft = first_draft(FACTS)
    for said in ("Recording the call", "Your matter", "Original recording", "180 days", "365 days",
                 "End of the contract", "Courier Ltd",
                 "Home Ltd", "privacy@example.com", "within 30 days"):  # fmt: skip
        assert said in draft.text_en
    for said in ("通话录音", "来电事项", "原始录音", "180 天", "365 天", "快递公司", "听松有限公司", "30 天"):
        assert said in draft.text_zh
    assert set(split(draft.text_en)) == set(split(draft.text_zh)) == set(Section.values)
    assert "Recording the call" in draft.script_en
    assert "通话录音" in draft.script_zh
    assert "Your matter" not in draft.script_en, "the menu asks for nothing that rests on no consent"


def test_a_draft_leaves_open_what_it_cannot_know_and_cannot_be_published_like_that():
    draft = first_draft(FACTS)
    codes = {one.code for one in shortcomings(draft.text_en, draft.text_zh, draft.script_en, draft.script_zh)}
    assert codes == {"open_mark"}


def test_a_draft_covers_what_it_tells():
    covers = first_draft(FACTS).covers
    assert covers["service"] == Cover(frozenset({"identity"}), frozenset({"courier"}))
    assert covers["recording"].methods == {"record", "redact"}


def test_a_draft_from_nothing_still_stands_and_says_what_is_missing():
    empty = DraftFacts(TwoNames("L", ""), TwoNames("C", ""), "", (), (), (), False, 30)
    draft = first_draft(empty)
    assert "⟦purposes⟧" in draft.text_en
    assert "⟦目的⟧" in draft.text_zh


def test_every_section_has_a_heading_in_both_languages():
    assert all(set(headings) == set(Section.values) for headings in HEADINGS.values())
