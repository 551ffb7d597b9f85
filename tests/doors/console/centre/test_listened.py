"""What is only listened to carries a watermark: a recording of the loudspeaker leads back to who listened, and when."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import pytest
import soundfile
import soxr
from django.urls import reverse
from typer.testing import CliRunner

from callwarden.custody.models import LedgerPending, Permit
from callwarden.engines import mark
from callwarden.flows import playback
from tests.doors.console.centre.conftest import write_ledger
from tests.doors.console.centre.test_grants import REASON, whose_copy_app

pytestmark = pytest.mark.xdist_group("demo centre")


def test_sound_that_was_listened_to_leads_back_to_who_listened(enter, calls, tmp_path):
    """The browser plays it by ranges; a machine beside it takes down what comes out of the loudspeaker."""
    reviewer, auditor = enter("quality_reviewer"), enter("auditor")
    call = calls["service-zh"][0]
    begun = reviewer.get(reverse("console:call_listen", args=[call.id]), {"purpose": "quality"})
    played = b""
    while len(played) < 44 + 8000 * 2 * 2 * 20:
        answer = reviewer.get(begun["Location"], headers={"Range": f"bytes={len(played)}-{len(played) + 99_998}"})
        assert answer.status_code == 206
        played += answer.content
    samples = np.frombuffer(played[44 : len(played) // 4 * 4], "<i2").reshape(-1, 2)[2 * 8000 :]
    heard = soxr.resample(samples.mean(axis=1) * 0.4, 8000, 44100)
    copy = tmp_path / "telephone.ogg"
    soundfile.write(copy, heard / 32768, 44100, format="OGG", subtype="VORBIS")

    permit = Permit.objects.get(pk=begun["Location"].rstrip("/").split("/")[-1])
    told = CliRunner().invoke(whose_copy_app(), [str(copy)])
    assert told.output.strip() == str(permit.pk)[:13]
    write_ledger()
    known = CliRunner().invoke(whose_copy_app(), [str(copy), "--who", auditor.user.username, "--reason", REASON])
    assert known.exit_code == 0, (known.output, known.exception)
    (made,) = [json.loads(line) for line in known.output.splitlines()]
    assert (made["permit"], made["person"], made["purpose"]) == (str(permit.pk), reviewer.user.actor, "quality")
    assert datetime.fromisoformat(made["at"]) == permit.issued_at.replace(microsecond=0)
    found = auditor.get(reverse("console:audit"), {"copy": told.output.strip()}).context["table"].rows
    assert len(found) == 1
    entry = auditor.get(found[0].cells[2].href)
    assert reviewer.user.get_full_name() in entry.content.decode()
    nothing = auditor.get(reverse("console:audit"), {"copy": "00000000-0000"}).context["table"].rows
    assert nothing == []


def test_a_mark_that_reads_like_a_telephone_number_is_asked_for_all_the_same(enter, tmp_path, monkeypatch):
    auditor, copy = enter("auditor"), tmp_path / "found.wav"
    copy.write_bytes(b"-")
    monkeypatch.setattr(mark, "read", lambda _file: bytes.fromhex("138000123456"))
    asked = CliRunner().invoke(whose_copy_app(), [str(copy), "--who", auditor.user.username, "--reason", REASON])
    assert asked.exit_code == 1, asked.exception
    assert "13800012-3456" in asked.output
    told = bytes(LedgerPending.objects.order_by("-pk").values_list("body", flat=True)[0])
    assert b"13800012-3456-0000-0000-000000000000" in told


def test_what_was_muted_is_played_mute(enter, calls):
    reviewer = enter("quality_reviewer")
    call = calls["service-zh"][0]
    grant = playback.permit_to_play(reviewer.actor, call, purpose="quality")
    sound = playback.sound_of(grant.permit, call.client_id)
    sealed = playback.frames(grant, sound, 0, sound.frames)
    played = np.frombuffer(playback.read(grant, sound, 44, 44 + 400_000), "<i2").reshape(-1, sound.channels)
    silent = sealed[: len(played)] == 0
    assert silent.any()
    assert not played[silent].any()
    assert (played != sealed[: len(played)]).any()
