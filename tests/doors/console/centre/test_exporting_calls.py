"""Sound and words of several calls leave by one grant: each file a release, on record, counted and marked."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from typer.testing import CliRunner

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.categories import Category
from callwarden.custody.models import LedgerEntry, LedgerPending, Permit, PermitRecord, Record
from callwarden.custody.scope import client_scope
from callwarden.engines import mark
from callwarden.engines.redact.audio import decode
from callwarden.flows import handing_out
from callwarden.flows.whose import whose
from tests.doors.console.centre.test_exporting_values import approved, asked
from tests.doors.console.centre.test_grants import REASON, whose_copy_app

pytestmark = pytest.mark.xdist_group("demo centre")
WHY = {"reason": REASON["reason"]}


@pytest.fixture
def officer(enter) -> Any:
    return enter("data_protection_officer")


@pytest.fixture
def grant(officer, enter, calls) -> AccessGrant:
    """A running grant to export three calls, five times."""
    made = asked(officer, calls, uses=5)
    approved(made, enter("team_leader"), enter("security_administrator"))
    officer.post(reverse("console:grant_begin", args=[made.pk]))
    yield AccessGrant.objects.get(pk=made.pk)
    officer.post(reverse("console:grant_end", args=[made.pk]))


def taken(officer: Any, grant: AccessGrant, what: str, **given: str) -> bytes | None:
    """A file; None where there was none but the page again."""
    call = given.pop("call", "")
    path = reverse(f"console:grant_{what}", args=[grant.pk]) + (f"?call={call}" if call else "")
    answer = officer.post(path, {**WHY, **given})
    if not answer.get("Content-Disposition"):
        assert answer.status_code == 302
        return None
    assert answer["Cache-Control"] == "no-store"
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer["Content-Length"])
    return content


def rows_of(table: bytes) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    return rows[rows.index([]) + 2 :]


def newest() -> Permit:
    return Permit.objects.filter(action="export").latest("issued_at")


def told_of(permit: Permit) -> dict[str, Any]:
    """What the log says of a release."""
    rows = LedgerEntry.objects.filter(entry=permit.entry), LedgerPending.objects.filter(entry=permit.entry)
    (body,) = {bytes(body) for found in rows for body in found.values_list("body", flat=True)}
    return json.loads(body)


def test_the_sound_of_each_call_is_a_file_a_use_and_an_entry_of_its_own(officer, grant, tmp_path):
    heard = [one.call for one in handing_out.calls(grant) if one.sound]
    assert len(heard) > 1
    for number, call in enumerate(heard[:2], start=1):
        sound = taken(officer, grant, "sound", call=str(call.id))
        permit = newest()
        assert mark.read(io.BytesIO(sound)) == permit.pk.bytes
        with client_scope(grant.client):
            covered = Record.objects.filter(pk__in=PermitRecord.objects.filter(permit=permit).values("record"))
            assert {record.call_id for record in covered} == {call.id}
        told = told_of(permit)
        assert (told["call"], told["decision"], told["data"]["grants"]) == (str(call.id), "allow", [str(grant.pk)])
        grant.refresh_from_db()
        assert grant.uses == number
    copy = tmp_path / "copy.wav"
    copy.write_bytes(sound)
    assert CliRunner().invoke(whose_copy_app(), [str(copy)]).output.strip() == str(newest().pk)


def test_a_recording_leaves_in_disguised_voices_where_that_is_chosen_and_is_marked_all_the_same(officer, grant):
    call = next(one.call for one in handing_out.calls(grant) if one.sound)
    plain, *disguised = (
        taken(officer, grant, "sound", call=str(call.id), **chosen)
        for chosen in ({}, {"disguised": "on"}, {"disguised": "on"})
    )
    assert [mark.read(io.BytesIO(sound)) for sound in disguised][-1] == newest().pk.bytes
    loud = [loudness(sound) for sound in (plain, *disguised)]
    assert len({len(one) for one in loud}) == 1
    # The same is said at the same time; it does not sound the same, nor alike in two files.
    assert all(np.corrcoef(loud[0], other)[0, 1] > 0.9 for other in loud[1:])
    assert all(spectral_distance(plain, sound) > 2 for sound in disguised)


def loudness(sound: bytes) -> np.ndarray:
    samples = decode(sound).samples[:, 0].astype(float)
    return np.sqrt((samples[: len(samples) // 800 * 800].reshape(-1, 800) ** 2).mean(axis=1))


def spectral_distance(one: bytes, other: bytes) -> float:
    """Mean difference of the long-term spectra, decibels."""

    def hills(sound: bytes) -> np.ndarray:
        samples = decode(sound).samples[:, 0].astype(float)
        blocks = samples[: len(samples) // 512 * 512].reshape(-1, 512) * np.hanning(512)
        power = (np.abs(np.fft.rfft(blocks)) ** 2).mean(axis=0)[1:257].reshape(32, -1).mean(axis=1)
        return 10 * np.log10(power + 1)

    return float(np.abs(hills(one) - hills(other)).mean())


def test_which_call_is_never_guessed_and_no_other_call_is_handed_out(officer, grant, calls):
    before = newest_id()
    other = next(one for one in calls["service-zh"] if one.id not in {one.call.id for one in handing_out.calls(grant)})
    for wrong in ({}, {"call": str(other.id)}, {"call": "x"}):
        assert taken(officer, grant, "sound", **wrong) is None
    assert taken(officer, grant, "transcripts", call=str(other.id)) is None
    assert newest_id() == before
    grant.refresh_from_db()
    assert grant.uses == 0


def newest_id() -> object:
    return Permit.objects.filter(action="export").order_by("-issued_at").values_list("pk", flat=True).first()


@pytest.mark.parametrize("which", ["redacted", "original"])
def test_the_words_of_all_calls_are_one_marked_table_and_one_release(officer, grant, which, tmp_path):
    spoken = [one.call for one in handing_out.calls(grant) if which in one.words]
    table = taken(officer, grant, "transcripts", which=which)
    permit = newest()
    rows = rows_of(table)
    assert len(rows) > len(spoken)
    assert len({row[0] for row in rows}) == len(spoken)
    assert all(len(row) == 5 and row[-1] == mark.code(permit.pk.bytes) for row in rows)
    assert all(row[3].strip() for row in rows)
    with client_scope(grant.client):
        covered = Record.objects.filter(pk__in=PermitRecord.objects.filter(permit=permit).values("record"))
        kind = {"redacted": Category.TRANSCRIPT_REDACTED, "original": Category.TRANSCRIPT_ORIGINAL}[which]
        assert set(covered.values_list("category", flat=True)) == {kind}
    assert told_of(permit)["count"] == len(spoken)
    (made,) = whose(permit.pk.bytes)
    assert made.grants == (grant.pk,)
    leaked = tmp_path / "leaked.txt"
    leaked.write_text(",".join(rows[-1]), encoding="utf-8")
    assert CliRunner().invoke(whose_copy_app(), [str(leaked)]).output.strip() == str(permit.pk)


def test_the_words_of_one_call_alone(officer, grant):
    call = handing_out.calls(grant)[0].call
    rows = rows_of(taken(officer, grant, "transcripts", call=str(call.id)))
    assert len({row[0] for row in rows}) == 1
    assert told_of(newest())["call"] == str(call.id)


def test_every_file_counts_and_after_the_last_there_is_none(officer, grant):
    call = str(handing_out.calls(grant)[0].call.id)
    for _ in range(3):
        assert taken(officer, grant, "transcripts")
    assert taken(officer, grant, "sound", call=call)
    assert taken(officer, grant, "values")
    grant.refresh_from_db()
    assert grant.uses == grant.max_uses == 5
    for what in ("transcripts", "values"):
        assert taken(officer, grant, what) is None
    assert taken(officer, grant, "sound", call=call) is None


def test_without_a_reason_or_by_anybody_else_nothing_leaves(officer, grant, enter):
    before = newest_id()
    assert taken(officer, grant, "transcripts", reason=" ") is None
    assert taken(officer, grant, "transcripts", which="both") is None
    assert taken(enter("team_leader"), grant, "transcripts") is None
    assert newest_id() == before


def test_the_page_offers_what_there_is_in_both_languages(officer, grant):
    page = officer.get(reverse("console:grant", args=[grant.pk]))
    files = page.context["files"]
    assert len(files.sound) > 1
    assert {option.value for option in files.which} == {"redacted", "original"}
    shown = page.content.decode()
    assert 'id="sound-call"' in shown
    assert 'id="words-call"' in shown
