"""Using the components as people do: with mouse, keyboard, without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.doors.console import gallery

pytestmark = pytest.mark.browser


def test_a_value_is_shown_for_a_reason_and_hidden_when_the_time_is_up(look):
    watched = look()
    page = watched.open("/")
    page.get_by_role("button", name="Hide Phone number now").click()
    expect(page.locator("#masked-demo")).to_contain_text("138 •••• 5678")
    assert "138 0013 5678" not in page.content()

    page.locator("#masked-demo").get_by_role("link", name="Reveal Phone number").click()
    dialog = page.get_by_role("dialog", name="Why do you need to see this?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Purpose")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert watched.complaints == []


def test_a_revealed_value_leaves_the_page_by_itself(look):
    watched = look()
    page = watched.open("/")
    page.locator("#masked-demo").evaluate("el => el.innerHTML = ''")
    page.evaluate(
        "htmx.ajax('POST', '/reveal/', {target: '#masked-demo', values: {purpose: 'fraud', reason: 'A test'}})"
    )
    expect(page.locator("#masked-demo")).to_contain_text("138 0013 5678")
    expect(page.locator("#masked-demo")).to_contain_text("138 •••• 5678", timeout=6000)
    assert "138 0013 5678" not in page.content()
    assert watched.complaints == []


def test_a_missing_purpose_comes_back_as_an_error_in_the_dialog(look):
    page = look().open("/people/")
    page.get_by_role("link", name="Reveal Phone number").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Because")
    page.evaluate("document.querySelector('#dialog form').noValidate = true")
    page.evaluate("document.querySelector('#dialog form').setAttribute('hx-target', '#dialog-body')")
    dialog.get_by_role("button", name="Show and record").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("Choose a purpose")


def test_sorting_swaps_the_table_and_keeps_the_filters(look):
    watched = look()
    page = watched.open("/")
    page.locator("#calls-form").get_by_label("Line").select_option("zh")
    expect(page).to_have_url(re.compile("line=zh"))
    page.locator("#calls-region").get_by_role("button", name="Length").click()
    header = page.locator("#calls-region").get_by_role("columnheader", name="Length")
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert "line=zh" in page.url
    assert "sort=length" in page.url
    page.locator("#calls-region").get_by_role("button", name="Next").click()
    expect(page.locator("#calls-region .pager p")).to_contain_text("26")
    assert watched.complaints == []


def test_a_private_list_never_puts_what_was_typed_into_the_address(look):
    watched = look()
    page = watched.open("/people/")
    page.get_by_label("Words").fill("13800135678")
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.locator("#people-region").get_by_role("button", name="Next").click()
    expect(page.locator("#people-region .pager p")).to_contain_text("26")
    assert page.url == f"{watched.address}/people/"


def test_lists_sort_and_turn_pages_without_scripts(look):
    watched = look(scripts=False)
    page = watched.open("/")
    page.locator("#calls-region").get_by_role("button", name="Length").click()
    assert "sort=length" in page.url
    page.locator("#calls-region").get_by_role("button", name="Next").click()
    assert "page=2" in page.url


def test_the_recording_is_played_by_ranges_and_the_transcript_follows(look):
    watched = look()
    gallery.asked_ranges.clear()
    page = watched.open("/")
    player = page.get_by_role("region", name="CW-2026-4101")
    slider = player.get_by_role("slider", name="Position in the recording")
    expect(slider).to_be_visible()
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "10")
    expect(page.locator(".turn.is-now")).to_contain_text("请问怎么称呼您")
    page.get_by_role("button", name="Play from 0:13").click()
    expect(page.locator(".turn.is-now")).to_contain_text("我姓")
    expect(player.get_by_role("button", name="Play or pause")).to_have_attribute("aria-pressed", "true")
    assert all(asked.startswith("bytes=") for asked in gallery.asked_ranges)
    assert watched.complaints == []


def test_removed_spans_are_marked_on_their_channel(look):
    page = look().open("/")
    regions = page.locator(".player-wave [part^='region ']")
    expect(regions).to_have_count(3)
    heights = [regions.nth(n).evaluate("el => el.offsetHeight") for n in range(3)]
    assert heights[0] < heights[2], "a span of one party covers only that party's channel"


def test_progress_goes_on_by_itself_and_stops_asking_when_done(look):
    page = look().open("/")
    expect(page.locator("#import-1")).to_contain_text("Done", timeout=6000)
    assert page.locator("#import-1").get_attribute("hx-get") is None


@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(look, width):
    page = look(width=width).open("/calls/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    seen = set()
    for _step in range(40):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => { const el = document.activeElement; const style = getComputedStyle(el);"
            " return [el.textContent.trim(), el === document.body || style.outlineStyle !== 'none'] }"
        )
        assert focus[1], f"no focus ring on {focus[0]!r}"
        seen.add(focus[0].split("\n")[0])
    assert {"Overview", "Calls"} <= seen


def test_the_menu_opens_and_closes_on_a_narrow_screen_without_scripts(look):
    page = look(width=390, scripts=False).open("/calls/")
    rail = page.get_by_role("navigation", name="Main")
    expect(rail).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(rail).to_be_visible()
    expect(rail.get_by_role("link", name="Calls")).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()


def test_theme_and_language_are_remembered(look):
    page = look().open("/calls/")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("link", name="通话")).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_nothing_of_a_page_is_kept_by_the_browser(look):
    page = look().open("/")
    response = page.request.get(page.url)
    assert response.headers["cache-control"] == "no-store"
    assert page.evaluate("localStorage.length") == 0
