"""The whole story in a real browser, in both languages: calls are refused or redacted, opened for a reason, traced.

One `callwarden up --demo`, signed in to by the links it prints. Elements are found by structure, never by their words,
so that the same walk is done in every language.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.prove._running import Running
from tests.story.conftest import Enter, expected, judged
from tests.story.walk import LANGUAGES, ROLES, Person

pytestmark = [
    pytest.mark.story,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("story"),
    pytest.mark.timeout(600),
]

in_both_languages = pytest.mark.parametrize("language", LANGUAGES)
PURPOSE, REASON = "service", "The caller asks when the parcel arrives"
LONGEST_SHOWN_MS = 45_000


def test_every_sample_call_is_judged_as_it_must_be(site: Running) -> None:
    outcomes = ("admitted", "quarantined", "set_aside")
    assert judged(site) == tuple(len(expected(outcome)) for outcome in outcomes)
    assert site.started_in < 180


def first_call_with_a_customer(agent: Person) -> str:
    """The address of the agent's newest call whose customer is known, with the page open."""
    agent.go("/calls/")
    hrefs = agent.page.eval_on_selector_all(
        "table a[href^='/calls/']", "links => links.map(link => link.getAttribute('href'))"
    )
    assert hrefs
    for href in hrefs:
        agent.go(href)
        if agent.page.locator(".masked a.reveal-button").count():
            return str(href)
    raise AssertionError("no call of this agent has a field that may be revealed")


def reveal_first_field(agent: Person, *, pictured: bool = False) -> str:
    """State purpose and reason for the first masked field; returns the value that is shown."""
    page = agent.page
    page.locator(".masked a.reveal-button").first.click()
    page.locator("#dialog[open]").wait_for()
    page.select_option("#reveal-purpose", PURPOSE)
    page.fill("#reveal-reason", REASON)
    agent.look()
    if pictured:
        agent.picture("reveal")
    page.locator("#dialog button.btn-seal").click()
    page.locator(".revealed-value").wait_for()
    return page.locator(".revealed-value").inner_text().strip()


@in_both_languages
def test_an_agent_sees_masked_fields_and_reveals_one_that_vanishes_again(enter: Enter, language: str) -> None:
    agent = enter("agent", language)
    agent.go("/calls/")
    agent.look()
    first_call_with_a_customer(agent)
    agent.look()
    page = agent.page
    fields = page.locator(".masked").count()
    assert fields >= 3
    shown = page.locator("main").inner_text()
    value = reveal_first_field(agent, pictured=True)
    assert value
    assert value not in shown, "what is revealed must have been hidden before"
    assert "•" not in value
    assert page.locator(".masked").count() == fields - 1
    agent.look()
    # It covers itself, whoever has left the desk.
    page.locator(".revealed-value").wait_for(state="detached", timeout=LONGEST_SHOWN_MS)
    expect(page.locator(".masked")).to_have_count(fields)
    assert value not in page.content()
    assert agent.complaints == []


@in_both_languages
def test_the_recording_plays_by_ranges_of_the_sealed_file(enter: Enter, language: str) -> None:
    agent = enter("agent", language)
    first_call_with_a_customer(agent)
    page = agent.page
    assert page.evaluate("document.querySelector('audio').readyState") == 0, "nothing is fetched before it is asked for"
    page.locator(".player-play").click()
    agent.until("document.querySelector('audio').currentTime > 0.2")
    assert page.evaluate("document.querySelector('audio').duration") > 5
    ranges = [answer for answer in agent.answers if "/audio/" in answer.url]
    assert ranges
    assert {answer.status for answer in ranges} == {206}
    assert all(re.fullmatch(r"bytes \d+-\d+/\d+", answer.headers["content-range"]) for answer in ranges)
    assert all("no-store" in answer.headers["cache-control"] for answer in ranges)
    assert agent.complaints == []


@in_both_languages
def test_a_reviewer_finds_a_complaint_and_is_refused_who_the_caller_is(enter: Enter, language: str) -> None:
    reviewer = enter("quality_reviewer", language)
    page = reviewer.page
    reviewer.go("/calls/")
    reviewer.picture("calls")
    reviewer.go("/search/")
    page.fill("#q", "投诉")
    page.locator("form[role=search] button[type=submit]").first.click()
    page.locator("#results a[href^='/calls/']").first.wait_for()
    reviewer.look()
    call = page.locator("#results a[href^='/calls/']").first.get_attribute("href")
    assert call is not None
    reviewer.go(call)
    assert "投诉" in page.locator("main").inner_text()
    reviewer.until(
        "document.querySelectorAll('audio ~ ol li').length > 0"
        " && document.querySelector('.player-wave > div')?.shadowRoot?.querySelector('[part*=region]')"
    )
    assert page.locator(".transcript .redacted, .transcript [class*=removed], .transcript mark").count() > 0
    reviewer.look()
    reviewer.picture("call")
    assert page.locator("a[href^='/reveal/']").count() == 0
    assert reviewer.go("/customers/") in {403, 404} or page.locator("table a[href^='/customers/']").count() == 0
    # The original is for a complaint only, with a reason of its own; for checking quality it is refused.
    reviewer.go(f"{call}original/")
    if page.locator("#reveal-purpose").count():
        assert "quality" not in page.eval_on_selector_all("#reveal-purpose option", "all => all.map(one => one.value)")
    assert reviewer.complaints == []


@in_both_languages
def test_an_officer_sees_four_chapters_and_why_calls_were_refused(enter: Enter, language: str) -> None:
    officer = enter("data_protection_officer", language)
    page = officer.page
    officer.go("/")
    assert page.locator(".chapter").count() == 4
    assert page.locator(".light").count() > 20
    officer.look()
    officer.picture("overview")
    control = page.locator(".light a").first.get_attribute("href")
    assert control is not None
    officer.go(control)
    officer.look()
    officer.go("/approvals/")
    officer.look()
    officer.go("/imports/?list=quarantined")
    officer.look()
    officer.picture("imports")
    reasons = {text for text in page.locator("table .why").all_inner_texts() if text.strip()}
    assert len(reasons) >= 3, "each refused call says why: no consent, consent refused, no notice"


@in_both_languages
def test_an_auditor_proves_the_reveal_and_a_changed_proof_is_refused(
    enter: Enter, site: Running, tmp_path: Path, language: str
) -> None:
    agent = enter("agent", language)
    first_call_with_a_customer(agent)
    value = reveal_first_field(agent)
    time.sleep(2)  # the sequencer signs within a second
    auditor = enter("auditor", language)
    page = auditor.page
    auditor.go("/audit/?family=disclose")
    auditor.look()
    auditor.picture("audit")
    assert value not in page.content()
    index = int(revealed_entry(site))
    assert auditor.go(f"/audit/entries/{index}/") == 200
    auditor.look()
    assert value not in page.content()
    with page.expect_download() as download:
        page.locator(f"a[href='/audit/entries/{index}/proof/']").first.click()
    proof = tmp_path / "entry.tlog-proof"
    download.value.save_as(proof)
    key = str(site.data / "ledger" / "verifier.key")
    held = site.command("verify", str(proof), "--key", key)
    assert held.returncode == 0, held.stdout + held.stderr
    for place in (60, len(proof.read_bytes()) // 2, -10):
        changed = bytearray(proof.read_bytes())
        changed[place] ^= 1
        broken = tmp_path / f"changed{place}.tlog-proof"
        broken.write_bytes(changed)
        assert site.command("verify", str(broken), "--key", key).returncode != 0, place


def revealed_entry(site: Running) -> int:
    """Index of the newest entry of the log that a person revealed something with."""
    ((index,),) = site.sql(
        "SELECT max(index) FROM custody_ledgerentry"
        " WHERE convert_from(body, 'UTF8')::jsonb ->> 'event' = 'disclose:record:reveal'"
    )
    assert index is not None
    return int(index)


@in_both_languages
def test_the_whole_log_is_verified_on_demand(enter: Enter, language: str) -> None:
    auditor = enter("auditor", language)
    auditor.go("/audit/")
    earlier = auditor.page.locator(".verified a")
    before = earlier.inner_text() if earlier.count() else ""
    auditor.page.locator("form[action='/audit/verify/'] button").click()
    # What an earlier check found stands there until this one is done.
    auditor.until(f"![{before!r}, undefined].includes(document.querySelector('.verified a')?.textContent)", seconds=60)
    expect(auditor.page.locator(".verified .tone-pass")).to_have_count(1)
    auditor.look()


@pytest.mark.parametrize(
    ("language", "width", "scheme"), [("en", 1280, "dark"), ("zh-hans", 390, "light"), ("en", 390, "dark")]
)
def test_every_place_of_the_map_is_clean_for_everyone(enter: Enter, language: str, width: int, scheme: str) -> None:
    seen: set[str] = set()
    for role in ROLES if width == 1280 else ("data_protection_officer", "agent"):
        person = enter(role, language, width=width, scheme=scheme)
        for place in person.places():
            if place not in seen:
                seen.add(place)
                assert person.go(place) == 200, place
                person.look()
    assert len(seen) >= 12
