"""Notices at the console's door and on the public page: nothing typed is lost, nothing unpublished is shown."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from callwarden.custody.models import Client, Line
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.models import Approval
from callwarden.lawful.notices import queries
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.documents import text_digest
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from, widened
from callwarden.lawful.notices.sections import Section, compose
from callwarden.lawful.retention.models import RetentionRule
from tests.doors.console.rooms.test_two_people import SECTIONS, TEXTS
from tests.purposes import serve

COVERS = {"recording": {"categories": ["recording_original"], "recipients": [], "methods": ["record"], "abroad": False}}


def texts(**changes: str) -> dict[str, str]:
    """A whole notice, as `draft` takes it. Changes are by section and language: `storage_en=`."""
    return {
        f"text_{language}": compose(
            {section: changes.get(f"{section}_{language}", f"On {section}.") for section in Section.values}, language
        )
        for language in ("en", "zh")
    }


def told(line: Line, version: str = "2026-1", **changes: str) -> Notice:
    return publish(draft(line, version=version, covers=COVERS, **texts(**changes)), actor="system")


@pytest.fixture
def officer(person):
    return person("data_protection_officer")


def test_a_version_is_written_with_scripts_and_what_it_covers(officer, line):
    serve(line, "recording", core=True)
    RetentionRule.objects.create(line=line, category="recording_original", purpose_id="recording", ceiling_days=30)
    given = {**TEXTS, "script_en": "Hello.", "script_zh": "您好。", "covers": ["recording:recording_original"]}
    officer.post(reverse("console:notice_new", args=[line.pk]), given)
    notice = Notice.objects.get(line=line)
    assert notice.script_zh == "您好。"
    assert covers_from(notice.covers)["recording"].categories == {"recording_original"}
    assert "## Where and how long we keep it {#storage}\n\nWe record this call for 30 days." in notice.text_en


def test_what_was_typed_survives_an_error(officer, line):
    given = {f"{section}_en": f"Only English {section}" for section in SECTIONS}
    answer = officer.post(reverse("console:notice_new", args=[line.pk]), {**given, "script_en": "Hello there."})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Only English deletion" in page
    assert "Hello there." in page
    assert "Nothing is written in this language yet" in page


def test_of_two_who_change_a_draft_at_once_the_second_sees_both_and_loses_nothing(person, line):
    notice = draft(line, **texts())
    first, second = person("data_protection_officer"), person("security_administrator")
    path = reverse("console:notice_edit", args=[notice.pk])
    seen = first.get(path).context["form"]["seen"].value()
    first.post(path, {**TEXTS, "seen": seen, "use_en": "The first."})
    answer = second.post(path, {**TEXTS, "seen": seen, "use_en": "The second."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody else changed this draft" in page
    assert "The second." in page
    assert "The first." in Notice.objects.get(pk=notice.pk).text_en
    now = answer.context["form"]["seen"].value()
    second.post(path, {**TEXTS, "seen": now, "use_en": "The second."})
    assert "The second." in Notice.objects.get(pk=notice.pk).text_en


@pytest.mark.parametrize("seen", ["no digest", "zz" * 32])
def test_a_made_up_digest_changes_nothing_and_says_so(officer, line, seen):
    notice = draft(line, **texts())
    answer = officer.post(reverse("console:notice_edit", args=[notice.pk]), {**TEXTS, "seen": seen})
    assert answer.status_code == 422
    assert Notice.objects.get(pk=notice.pk).text_en == notice.text_en


@pytest.mark.parametrize(
    "changes", [{"deletion_en": ""}, {"deletion_en": "", "deletion_zh": ""}, {"storage_zh": "⟦地点⟧"}]
)
def test_a_notice_with_a_gap_is_not_even_asked_for(officer, line, changes):
    notice = draft(line, **texts(**changes))
    page = officer.get(reverse("console:notice", args=[notice.pk])).content.decode()
    assert "Before it can be published" in page
    officer.post(reverse("console:notice_ask", args=[notice.pk]), {"reason": "Now"})
    assert not Approval.objects.exists()


def test_a_draft_from_the_configuration_fills_every_section_and_names_what_is_open(officer, line):
    serve(line, "recording", core=True, name="Recording the call", name_zh="通话录音")
    RetentionRule.objects.create(line=line, category="recording_original", purpose_id="recording", ceiling_days=30)
    answer = officer.get(reverse("console:notice_new", args=[line.pk]), {"start": "configured"})
    form = answer.context["form"]
    assert all(form[f"{section}_{language}"].value() for section in SECTIONS for language in ("en", "zh"))
    assert "at most 30 days" in form["storage_en"].value()
    assert "30 天" in form["storage_zh"].value()
    assert form["covers"].value() == ["recording:recording_original"]
    assert "still to be filled in" in answer.content.decode()


def test_a_draft_follows_a_rule_of_the_whole_jurisdiction_too(line):
    serve(line, "recording")
    RetentionRule.objects.create(
        jurisdiction=line.jurisdiction, category="call_metadata", purpose_id="recording", ceiling_days=77
    )
    (kept,) = queries.facts_of(line).kept
    assert (kept.category, kept.days) == ("call_metadata", 77)


def test_publishing_more_than_was_told_names_whose_consent_is_stale(officer, person, line):
    told(line)
    more = {"recording": {**COVERS["recording"], "recipients": ["courier"]}}
    notice = draft(line, version="2026-2", covers=more, **texts())
    page = officer.get(reverse("console:notice", args=[notice.pk])).content.decode()
    assert "Consent has to be asked for again" in page
    officer.post(reverse("console:notice_ask", args=[notice.pk]), {"reason": "A courier"})
    asked = Approval.objects.get()
    page = person("security_administrator").get(reverse("console:approval", args=[asked.pk])).content.decode()
    assert "Consent to be asked for again" in page
    assert widened(covers_from(COVERS), covers_from(more)) == {"recording"}


def test_what_a_version_covers_is_part_of_what_was_approved(officer, person, line):
    notice = draft(line, covers=COVERS, **texts())
    officer.post(reverse("console:notice_ask", args=[notice.pk]), {"reason": "First"})
    asked = Approval.objects.get()
    security = person("security_administrator")
    security.post(reverse("console:approval_decide", args=[asked.pk]), {"decision": "approve", "digest": asked.digest})
    Notice.objects.filter(pk=notice.pk).update(covers={})
    answer = officer.browser.post(reverse("console:approval_carry_out", args=[asked.pk]), follow=True)
    assert "not exactly what was approved" in answer.content.decode()
    assert Notice.objects.get(pk=notice.pk).state == "draft"


@pytest.mark.parametrize(
    "change",
    [
        {"covers": {}},
        {"text_en": "x"},
        {"version": "9"},
        {"digest": b"x"},
        {"published_at": "2025-01-01T00:00:00Z"},
        {"told_since": "2025-01-01T00:00:00Z"},
    ],
)
def test_the_database_refuses_to_change_what_was_published(line, change):
    notice = told(line)
    with pytest.raises((ProgrammingError, InternalError), match="never changed"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(**change)


def test_a_text_that_callers_knew_before_is_brought_over_with_its_day(officer, line):
    """The day is a part of what two people approve, and the public page names it beside the day of publication."""
    officer.post(reverse("console:notice_new", args=[line.pk]), {**TEXTS, "told_since": "2026-03-01"})
    notice = Notice.objects.get(line=line)
    assert timezone.localdate(notice.told_since).isoformat() == "2026-03-01"
    assert 'value="2026-03-01"' in officer.get(reverse("console:notice_edit", args=[notice.pk])).content.decode()
    before = text_digest(notice)
    published = publish(notice, actor="system")
    notice.told_since = None
    assert text_digest(notice) != before == bytes(published.digest)
    page = Browser(headers={"Accept-Language": "en"}).get(f"/privacy/{line.slug}/").content.decode()
    assert "in force since 1 Mar" in page or "in force since March 1, 2026" in page
    assert "published here on" in page


def test_nobody_has_been_told_what_is_told_from_tomorrow_on(officer, line):
    tomorrow = (timezone.localdate() + timedelta(days=2)).isoformat()
    answer = officer.post(reverse("console:notice_new", args=[line.pk]), {**TEXTS, "told_since": tomorrow})
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()
    assert not Notice.objects.filter(line=line).exists()


def test_once_a_notice_was_published_here_no_later_one_reaches_back(officer, line):
    told(line)
    address = reverse("console:notice_new", args=[line.pk])
    assert 'name="told_since"' not in officer.get(address).content.decode()
    officer.post(address, {**TEXTS, "told_since": "2026-03-01"})
    assert Notice.objects.get(line=line, state="draft").told_since is None
    reaching = draft(line, told_since=clock.now() - timedelta(days=1), **texts())
    with pytest.raises(InvalidInput) as refused:
        publish(reaching, actor="system")
    assert refused.value.code == "told_since_late"


def test_what_is_brought_over_ends_where_publishing_here_began(line):
    """Else each later version could reach back over calls that were told another."""
    now = clock.now()
    with clock.frozen(now - timedelta(days=10)):
        publish(draft(line, told_since=now - timedelta(days=90), **texts()), actor="system")
    with pytest.raises(InvalidInput) as refused:
        publish(draft(line, told_since=now - timedelta(days=5), **texts()), actor="system")
    assert refused.value.code == "told_since_late"


def test_what_was_told_before_is_brought_over_in_its_order(line):
    now = clock.now()
    first = publish(draft(line, told_since=now - timedelta(days=90), **texts()), actor="system")
    for days in (90, 100):
        with pytest.raises(InvalidInput) as refused:
            publish(draft(line, told_since=now - timedelta(days=days), **texts()), actor="system")
        assert refused.value.code == "told_since_before"
    second = publish(draft(line, told_since=now - timedelta(days=30), **texts()), actor="system")
    assert Notice.objects.get(pk=first.pk).superseded_at == second.told_since
    for days, told_then in ((91, None), (89, first), (31, first), (29, second)):
        assert queries.told_at(line, now - timedelta(days=days)) == told_then


def test_everybody_reads_what_is_told_now_without_signing_in_and_without_a_cookie(centre, line):
    told(line, storage_en="Kept for thirty days.")
    stranger = Browser(headers={"Accept-Language": "en"})
    answer = stranger.get(f"/privacy/{line.slug}/")
    assert answer.status_code == 200
    assert "Kept for thirty days." in answer.content.decode()
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert answer["Cache-Control"].startswith("public, max-age=")
    assert answer["Content-Language"] == "en"
    again = stranger.get(f"/privacy/{line.slug}/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "accepts", "language"),
    [("zh-hans", "en", "zh-Hans"), ("en", "zh-CN", "en"), ("", "zh-TW,en;q=0.5", "zh-Hans"), ("", "fr", "zh-Hans"),
     ("xx", "en-GB", "en")],
)  # fmt: skip
def test_the_language_is_that_of_the_address_or_of_the_browser(centre, line, asked, accepts, language):
    told(line)
    answer = Browser(headers={"Accept-Language": accepts}).get(f"/privacy/{line.slug}/", {"language": asked})
    assert answer["Content-Language"] == language


def test_the_digest_on_the_page_is_that_of_the_file(centre, line):
    notice = told(line)
    stranger = Browser()
    raw = stranger.get(f"/privacy/{line.slug}/2026-1/notice.json").content
    digest = hashlib.sha256(raw).hexdigest()
    assert digest == bytes(notice.digest).hex()
    assert json.loads(raw)["covers"] == COVERS
    page = stranger.get(f"/privacy/{line.slug}/2026-1/").content.decode()
    assert all(f"<span>{digest[at : at + 8]}</span>" in page for at in range(0, 64, 8))


def test_a_version_published_before_files_had_this_shape_keeps_its_digest(centre, line):
    notice = draft(line, version="2025-1", **texts())
    raw = b"".join(
        len(one.encode()).to_bytes(8, "big") + one.encode()
        for one in (notice.text_en, notice.text_zh, notice.script_en, notice.script_zh)
    )
    Notice.objects.filter(pk=notice.pk).update(
        digest=hashlib.sha256(raw).digest(), state="published", published_at="2025-01-01T00:00:00Z"
    )
    assert Browser().get(f"/privacy/{line.slug}/2025-1/notice.json").content == raw


def test_earlier_versions_stay_readable_and_say_that_they_are_over(centre, line):
    told(line, "2026-1", use_en="Before.")
    told(line, "2026-2", use_en="Now.")
    page = Browser(headers={"Accept-Language": "en"}).get(f"/privacy/{line.slug}/2026-1/").content.decode()
    assert "Before." in page
    assert "no longer in force" in page
    assert f"/privacy/{line.slug}/2026-2/" in page


def test_a_draft_and_a_line_without_a_notice_are_found_by_nobody(centre, line):
    draft(line, version="2026-9", **texts())
    for path in (f"/privacy/{line.slug}/", f"/privacy/{line.slug}/2026-9/", f"/privacy/{line.slug}/2026-9/notice.json",
                 "/privacy/nowhere/"):  # fmt: skip
        assert Browser().get(path).status_code == 404, path


def test_a_slug_two_clients_use_leads_to_neither_without_the_client(centre, line):
    told(line, use_en="Ours.")
    other = Client.objects.create(slug="other", name="Other")
    Line.objects.create(client=other, slug=line.slug, name="Theirs")
    stranger = Browser(headers={"Accept-Language": "en"})
    assert stranger.get(f"/privacy/{line.slug}/").status_code == 404
    named = queries.public_name(line)
    assert named == f"{line.client.slug}.{line.slug}"
    assert "Ours." in stranger.get(f"/privacy/{named}/").content.decode()
    assert stranger.get(f"/privacy/other.{line.slug}/").status_code == 404


def test_a_public_page_shows_only_markdown(centre, line):
    told(line, use_en="<script>alert(1)</script> [x](javascript:alert(1))")
    answer = Browser(headers={"Accept-Language": "en"}).get(f"/privacy/{line.slug}/")
    page = answer.content.decode()
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("role", ["agent", "team_leader", "auditor"])
def test_those_who_do_not_decide_do_not_write(person, line, role):
    notice = draft(line, **texts())
    somebody = person(role)
    assert somebody.post(reverse("console:notice_edit", args=[notice.pk]), TEXTS).status_code == 403
    assert somebody.post(reverse("console:notice_new", args=[line.pk]), TEXTS).status_code == 403
    assert somebody.post(reverse("console:notice_timing", args=["en"])).status_code == 403
