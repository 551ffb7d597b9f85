"""Taking in when things go wrong: whatever arrives and whatever breaks, a call is kept as a whole or not at all,
nothing is lost, nothing is bared, and somebody can read why.
"""

from __future__ import annotations

import io
import os
import resource
import shutil
from collections import namedtuple
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.db import InterfaceError, OperationalError, connection

from callwarden.custody import intake, objects
from callwarden.custody.categories import Category
from callwarden.custody.keeper.client import NotPermitted
from callwarden.custody.models import IntakeItem, Record
from callwarden.flows import take_in
from callwarden.flows.matching import complete_calls, reconcile
from callwarden.kernel import clock
from callwarden.kernel.errors import Unavailable
from tests.exchange import OTHER, SPOKEN, Exchange, spool_files, words_of
from tests.work import do_all

WAV = SPOKEN.audio


def flac(seconds: float = 3.0, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    noise = np.random.default_rng(5).integers(-3000, 3000, (int(seconds * rate), 2)).astype(np.int16)
    soundfile.write(out, noise, rate, format="FLAC")
    return out.getvalue()


def whole(exchange: Exchange) -> bool:
    """Whether everything of one call is kept, redacted, once."""
    (call,) = exchange.calls()
    counted = [record.category for record in exchange.records()]
    wanted = {
        Category.RECORDING_ORIGINAL: 2,
        Category.RECORDING_REDACTED: 2,
        Category.TRANSCRIPT_ORIGINAL: 1,
        Category.TRANSCRIPT_REDACTED: 1,
        Category.REDACTION_SPANS: 1,
        Category.CALL_METADATA: 1,
    }
    return call.redaction == "done" and {each: counted.count(each) for each in set(counted)} == wanted


def test_a_call_that_is_all_right_is_kept_whole_and_leaves_no_source_behind(exchange, settings):
    exchange.call("C1")
    exchange.settle()
    assert whole(exchange)
    assert exchange.waiting() == []
    assert spool_files(settings.DATA_DIR) == []


# Recordings that are not what they say


CUT_FLAC = flac()[:-2000]
FLIPPED_FLAC = bytes(byte ^ 0x55 if 3000 < at < 9000 else byte for at, byte in enumerate(flac()))
UNUSABLE = {
    "empty": (b"", "audio_empty"),
    "noise": (os.urandom(4000), "audio_unsupported"),
    "a text": (b"I am no recording, whatever my name says.\n" * 50, "audio_unsupported"),
    "a page": (b"<!doctype html><html><body>404</body></html>", "audio_unsupported"),
    "a WAV cut short": (WAV[: len(WAV) // 2], "audio_truncated"),
    "a FLAC cut short": (CUT_FLAC, "audio_truncated"),
    "a damaged FLAC": (FLIPPED_FLAC, "audio_corrupt"),
    "a header alone": (WAV[:44], "audio_truncated"),
    "an impossible rate": (WAV[:24] + (96_000).to_bytes(4, "little") + WAV[28:], "audio_rate"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_recording_that_cannot_be_used_is_set_aside_with_the_reason_and_nothing_of_its_call_is_kept(
    exchange, settings, what
):
    audio, reason = UNUSABLE[what]
    exchange.call("C1", audio=audio)
    exchange.settle()
    assert exchange.states() == [("set_aside", reason)]
    assert exchange.states("row") == [("set_aside", reason)]
    assert exchange.calls() == []
    assert exchange.records() == []
    assert exchange.waiting() == [], "what is sealed needs no copy in clear"
    assert f"{exchange.item().id.hex}.cws" in spool_files(settings.DATA_DIR), "nothing is lost before its time"


@pytest.mark.parametrize("name", ["C1.wav", "C1.mp3", "C1.opus"])
def test_a_recording_with_the_wrong_ending_is_read_as_what_it_is(exchange, name):
    exchange.call("C1", audio=flac(21.0), words=b"", file=name)
    (exchange.folder / "C1.words.json").write_bytes(SPOKEN.words_json)
    exchange.settle()
    assert exchange.states() == [("admitted", "")]


def test_a_recording_beyond_the_size_limit_stays_where_it_is_and_is_not_read_again_and_again(exchange, settings):
    settings.INTAKE_MAX_BYTES = 10_000
    path = exchange.drop("C1.wav", WAV)
    accessed = path.stat().st_atime_ns
    done = exchange.look()
    assert done.refused
    assert "limit" in done.refused[0][1]
    assert path.exists()
    assert path.stat().st_atime_ns == accessed, "its size is known without reading it"
    assert not IntakeItem.objects.exists()
    assert spool_files(settings.DATA_DIR) == []


def test_a_recording_beyond_the_length_limit_is_set_aside(exchange, settings):
    settings.INTAKE_MAX_SECONDS = 5
    exchange.call("C1")
    exchange.settle()
    assert exchange.states() == [("set_aside", "audio_too_long")]


# Words that do not fit


def said(*starts_ms: int) -> dict[str, object]:
    """One turn of the caller with a word of 1 ms at each of these times."""
    words = [{"text": "好", "start_ms": at, "end_ms": at + 1} for at in starts_ms]
    turn = {"speaker": "caller", "channel": 0, "text": "好" * len(words), "words": words}
    return turn | {"start_ms": starts_ms[0], "end_ms": starts_ms[-1] + 1}


MISFITS = {
    "no JSON": (b"{", "not_json"),
    "no UTF-8": ('{"id": "x", "turns": [{"text": "陆听雨"}]}'.encode("gb18030"), "not_utf8"),
    "another shape": (b'{"hello": []}', "unknown_shape"),
    "words after the end": (words_of([said(900_000)]), "words_after_the_end"),
    "times too close": (words_of([said(*range(5000, 5100))]), "words_too_fast"),
    "times in another unit": (words_of([said(at) for at in range(20)]), "words_stop_early"),
    "no words": (words_of([]), "no_words"),
}


@pytest.mark.parametrize("what", MISFITS)
def test_words_that_do_not_fit_leave_the_call_sealed_restricted_and_unshown(exchange, what):
    words, reason = MISFITS[what]
    exchange.call("C1", words=words)
    exchange.settle()
    assert exchange.states() == [("admitted", reason)]
    (call,) = exchange.calls()
    assert call.redaction == "failed"
    assert exchange.records(Category.RECORDING_REDACTED) == []
    assert exchange.records(Category.TRANSCRIPT_REDACTED) == []
    assert len(exchange.records(Category.RECORDING_ORIGINAL)) == 2


def test_a_call_waits_for_its_words_and_goes_on_without_them_only_after_the_grace_time(exchange, settings):
    exchange.drop("C1.wav", WAV)
    exchange.record("C1")
    exchange.settle()
    assert exchange.calls() == []
    settings.WORDS_GRACE_SECONDS = 0
    assert [take_in.admit(arrived).verdict for arrived in complete_calls(exchange.line)] == ["admitted"]
    assert [call.redaction for call in exchange.calls()] == ["failed"]


# Lists that cannot be read


def test_a_list_without_the_columns_of_its_mapping_is_set_aside_and_says_which_are_missing(exchange):
    exchange.drop("cdr-1.csv", b"number,when\n1,2\n")
    exchange.settle()
    assert exchange.states("cdr") == [("set_aside", "no_usable_row")]
    assert {problem["code"] for problem in exchange.item("cdr").problems} == {"missing_column"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_in_the_encodings_of_the_field(exchange, encoding):
    exchange.drop("C1.wav", WAV)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.drop("cdr-1.csv", exchange.list_of("C1", encoding=encoding, customer="张三"))
    exchange.settle()
    assert exchange.states("row") == [("admitted", "")]


def test_a_list_in_no_known_encoding_is_set_aside_whole(exchange):
    exchange.drop("cdr-1.csv", exchange.list_of("C1", customer="\u4e00").replace("\u4e00".encode(), b"\xff\xff\x00"))
    exchange.settle()
    assert exchange.states("cdr")[0][0] == "set_aside"
    assert exchange.states("row") == []


@pytest.mark.parametrize("start", ["yesterday", "2026-13-01T00:00:00Z", "1790-01-01T00:00:00Z", ""])
def test_a_row_with_a_wrong_time_is_reported_and_the_rows_around_it_are_taken(exchange, start):
    good, bad, also = (exchange.list_of(number).splitlines() for number in ("C1", "C2", "C3"))
    cells = bad[1].decode().split(",")
    cells[3] = start
    exchange.drop("cdr-1.csv", b"\n".join([good[0], good[1], ",".join(cells).encode(), also[1]]))
    exchange.settle()
    (problem,) = exchange.item("cdr").problems
    assert (problem["line"], problem["field"]) == (3, "started_at")
    assert len(exchange.states("row")) == 2
    assert start not in str(problem) or not start


def test_an_empty_list_says_so(exchange):
    exchange.drop("cdr-1.csv", b"")
    exchange.settle()
    assert exchange.states("cdr") == [("set_aside", "no_usable_row")]


def test_a_list_told_twice_makes_no_second_call(exchange):
    exchange.call("C1")
    exchange.settle()
    exchange.drop("cdr-again.csv", exchange.list_of("C1") + b"\n")
    exchange.settle()
    assert len(exchange.calls()) == 1


# No room


@contextmanager
def files_no_longer_than(size: int):
    """The kernel refuses to write more into any file, as a full disk would, in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_nearly_full_disk_refuses_before_anything_is_accepted(exchange, settings, monkeypatch):
    exchange.call("C1")
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _folder: usage(1000, 960, 40))
        with pytest.raises(intake.SpoolFull) as refused:
            exchange.look()
    assert refused.value.retry_after > 0
    assert not IntakeItem.objects.exists()
    assert spool_files(settings.DATA_DIR) == []
    assert len(exchange.waiting()) == 3
    exchange.settle()
    assert whole(exchange)


def test_a_full_spool_refuses_and_goes_on_when_there_is_room(exchange, settings):
    exchange.call("C1")
    settings.SPOOL_MAX_BYTES = 1000
    with pytest.raises(intake.SpoolFull):
        exchange.look()  # the first file fits, the next does not
    settings.SPOOL_MAX_BYTES = 10**9
    exchange.settle()
    assert whole(exchange)


def test_a_disk_that_fills_up_in_the_middle_of_a_file_keeps_nothing_of_it(exchange, settings):
    path = exchange.drop("C1.wav", WAV)
    with files_no_longer_than(100_000), pytest.raises(intake.SpoolFull):
        exchange.look()
    assert path.read_bytes() == WAV
    assert not IntakeItem.objects.exists()
    assert spool_files(settings.DATA_DIR) == [], "no half-written file"
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert whole(exchange)


def test_an_object_store_that_fills_up_keeps_no_half_of_a_call(exchange, settings):
    exchange.call("C1")
    exchange.look()
    with files_no_longer_than(20_000), pytest.raises(Unavailable):
        do_all()
    assert exchange.calls() == []
    assert exchange.records() == []
    assert exchange.states() == [("sealed", "")], "it waits for room"
    assert spool_files(settings.DATA_DIR) != []
    assert [take_in.admit(arrived).verdict for arrived in complete_calls(exchange.line)] == ["admitted"]
    do_all()
    assert len(exchange.calls()) == 1


# The database away


@contextmanager
def no_database(monkeypatch):
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "/nonexistent")
        yield
    connection.close()


def test_without_a_database_every_source_stays(exchange, settings, monkeypatch):
    exchange.call("C1")
    with no_database(monkeypatch), pytest.raises(OperationalError):
        exchange.look()
    assert len(exchange.waiting()) == 3
    exchange.settle()
    assert whole(exchange)


def test_a_database_lost_between_file_and_row_loses_nothing_and_the_orphan_is_swept(exchange, settings, monkeypatch):
    path = exchange.drop("C1.wav", WAV)

    def lost(*_arguments, **_names):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as broken:
        broken.setattr(IntakeItem, "save", lost)
        with pytest.raises((OperationalError, InterfaceError)):
            exchange.look()
    connection.close()
    assert path.exists()
    assert not IntakeItem.objects.exists()
    (orphan,) = spool_files(settings.DATA_DIR)
    assert intake.sweep_litter() == 0, "it might belong to a commit that is just being made"
    with clock.frozen(clock.now() + timedelta(hours=2)):
        assert intake.sweep_litter() == 1
    assert orphan not in spool_files(settings.DATA_DIR)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert whole(exchange)


def test_what_a_crash_leaves_half_written_is_swept(exchange, settings):
    exchange.look()
    half = intake.spool_folder() / "0123456789abcdef.part"
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    assert intake.sweep_litter() == 1
    assert not half.exists()


def test_what_a_crash_after_admission_leaves_in_the_spool_is_swept(exchange, settings, monkeypatch):
    exchange.call("C1")
    exchange.look()
    with monkeypatch.context() as killed:
        killed.setattr(intake, "discard", lambda _item: None)
        do_all()
    assert whole(exchange)
    assert len(spool_files(settings.DATA_DIR)) == 3
    for path in (settings.DATA_DIR / "spool").glob("*.cws"):
        os.utime(path, (0, 0))
    assert intake.sweep_litter() == 3
    assert spool_files(settings.DATA_DIR) == []


# The keeper away


def test_without_the_keeper_taking_in_goes_on_and_opening_recovers_with_it(exchange, keeper):
    exchange.call("C1")
    keeper.stop()
    try:
        assert exchange.look().sealed == 3
        assert exchange.waiting() == []
        with pytest.raises(Unavailable):
            do_all()
        assert exchange.calls() == []
    finally:
        keeper.start()
    for item in IntakeItem.objects.filter(kind="cdr", state="sealed"):
        from callwarden.flows import arrivals

        arrivals.read_list(item.id)
    for arrived in complete_calls(exchange.line):
        take_in.admit(arrived)
    assert exchange.states() == [("admitted", "")]


# The same again


def test_the_same_recording_under_another_name_is_one_recording(exchange, settings):
    exchange.call("C1")
    exchange.drop("copy-of-C1.wav", WAV)
    done = exchange.settle()
    assert done.duplicates == 1
    assert whole(exchange)
    assert exchange.waiting() == []


def test_a_call_record_finds_its_recording_under_the_name_that_came_second(exchange):
    exchange.drop("a-copy.wav", WAV)
    exchange.drop("C1.wav", WAV)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert exchange.states() == [("admitted", "")]


def test_a_recording_dropped_again_after_its_call_was_kept_changes_nothing(exchange, settings):
    exchange.call("C1")
    exchange.settle()
    exchange.drop("C1.wav", WAV)
    assert exchange.settle().duplicates == 1
    assert whole(exchange)
    assert exchange.waiting() == []
    assert spool_files(settings.DATA_DIR) == []


def test_a_recording_delivered_again_under_its_name_takes_the_place_of_the_one_before(exchange):
    exchange.drop("C1.wav", WAV[: len(WAV) // 2])
    exchange.look()
    exchange.drop("C1.wav", WAV)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert whole(exchange), "two legs, not four, and the good recording"
    assert exchange.states() == [("duplicate", "replaced"), ("admitted", "")]


def test_what_was_set_aside_may_be_delivered_again(exchange):
    """A recording damaged on the way is exported anew: it is another content, and its call record is told again."""
    exchange.call("C1", audio=CUT_FLAC)
    exchange.settle()
    assert exchange.calls() == []
    exchange.drop("C1.wav", WAV)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert [call.redaction for call in exchange.calls()] == ["done"]


def test_a_copy_whose_sealed_twin_is_damaged_is_taken_instead_of_dropped(exchange, settings):
    exchange.drop("C1.wav", WAV)
    exchange.look()
    sealed = settings.DATA_DIR / "spool" / f"{exchange.item().id.hex}.cws"
    raw = bytearray(sealed.read_bytes())
    raw[len(raw) // 2] ^= 1
    sealed.write_bytes(raw)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1")
    exchange.settle()
    assert exchange.states() == [("set_aside", "spool_damaged")]
    exchange.drop("C1.wav", WAV)
    exchange.drop("C1.words.json", SPOKEN.words_json)
    exchange.record("C1", customer="4711")
    exchange.settle()
    assert [call.redaction for call in exchange.calls()] == ["done"]


def test_two_calls_with_the_same_sound_are_both_answered_for(exchange):
    exchange.call("C1")
    exchange.settle()
    exchange.call("C2")
    exchange.settle()
    assert len(exchange.calls()) == 1
    reconcile(exchange.line)
    states = exchange.states("row")
    assert ("admitted", "") in states
    assert len(states) == 2


# What the gate says


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"consent": "no", "key": "2"}, "consent_refused"),
        ({"consent": ""}, "consent_unknown"),
        ({"notice": "", "notice_at": "", "language": ""}, "notice_not_given"),
        ({"notice": "1999-9"}, "notice_not_given"),
        ({"direction": "outbound", "caller": "8001", "callee": "15412345678", "consent": ""}, "consent_unknown"),
    ],
)
def test_without_a_yes_a_call_is_sealed_opened_by_nobody_and_gone_when_its_time_is_up(exchange, settings, told, reason):
    from callwarden.flows.timers import end_quarantine

    settings.QUARANTINE_HOURS = 24
    exchange.call("C1", **told)
    exchange.settle()
    assert exchange.states() == [("quarantined", reason)]
    assert exchange.calls() == []
    assert exchange.records() == []
    with pytest.raises(NotPermitted):
        _open_anyway(exchange)
    assert end_quarantine() == 0
    with clock.frozen(clock.now() + timedelta(hours=25)):
        assert end_quarantine() == 4 - 1, "recording, words and record; the list itself has a time of its own"
    assert exchange.states() == [("destroyed", reason)]
    gone = exchange.item()
    assert (bytes(gone.sealed_key), bytes(gone.name_blob), gone.shown) == (b"", b"", "")
    assert spool_files(settings.DATA_DIR) == []


def _open_anyway(exchange: Exchange) -> bytes:
    """A committed permit to admit it, as the intake job gets for what waits, and the sealed bytes at hand."""
    from callwarden.flows.disclose import Ask, disclose

    item = exchange.item()
    ask = Ask(actor=take_in.JOB, client=exchange.line.client_id, action="admit", purpose="intake", items=(item.id,))
    grant = disclose(ask)
    return intake.open_item(item, permit=grant.permit, principal=take_in.JOB.name).content


def test_consent_withdrawn_before_the_call_was_judged_keeps_it_out(exchange):
    from callwarden.flows.consents import Told, take_in_consent

    exchange.call("C1")
    exchange.look()
    take_in_consent(exchange.line, "C1", Told("recording", "withdrawn", "web", clock.now()), actor="system")
    do_all()
    assert exchange.states() == [("quarantined", "consent_withdrawn")]
    assert exchange.calls() == []


def test_a_line_without_a_published_notice_keeps_nothing(exchange):
    from callwarden.lawful.notices.models import Notice

    Notice.objects.update(state=Notice.State.SUPERSEDED)
    exchange.call("C1")
    exchange.settle()
    assert exchange.states() == [("quarantined", "no_published_notice")]


def test_a_line_without_retention_rules_keeps_nothing(exchange):
    exchange.line.retention.all().delete()
    exchange.call("C1")
    exchange.settle()
    assert exchange.states() == [("quarantined", "no_retention_rule")]


def test_a_yes_for_one_call_is_no_yes_for_another(exchange):
    exchange.call("C1")
    exchange.call("C2", audio=OTHER.audio, words=OTHER.words_json, consent="")
    exchange.settle()
    assert sorted(exchange.states()) == [("admitted", ""), ("quarantined", "consent_unknown")]


# Missing counterparts


def test_what_has_no_counterpart_is_named_after_the_grace_time_and_goes_on_waiting(exchange, settings):
    settings.MATCH_GRACE_SECONDS = 0
    exchange.drop("C1.wav", WAV)
    exchange.record("C2")
    exchange.settle()
    reconcile(exchange.line)
    assert exchange.states() == [("waiting", "cdr_missing")]
    assert exchange.states("row") == [("waiting", "recording_missing")]
    exchange.drop("C2.wav", OTHER.audio)
    exchange.drop("C2.words.json", OTHER.words_json)
    exchange.settle()
    assert len(exchange.calls()) == 1


# What lies where


def test_no_known_value_lies_in_clear_in_the_data_folder_or_the_rows(exchange, settings):
    exchange.drop("154-1234-5678_陆听雨.wav", WAV)
    exchange.drop("154-1234-5678_陆听雨.words.json", SPOKEN.words_json)
    exchange.record("C1", file="154-1234-5678_陆听雨.wav")
    exchange.settle()
    assert whole(exchange)
    told = [item["part"] for item in SPOKEN.planted] + ["15412345678", "154-1234-5678", "陆听雨"]
    stored = [path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file()]
    with connection.cursor() as cursor:
        for table in ("custody_intakeitem", "custody_ledgerpending", "custody_record", "custody_call"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            stored += [row.encode() for (row,) in cursor.fetchall()]
    for value in told:
        assert not any(value.encode() in raw for raw in stored), "a value lies in clear"


def test_the_sealed_objects_are_what_their_rows_say(exchange):
    exchange.call("C1")
    exchange.settle()
    for record in exchange.records():
        if record.object_key:
            assert objects.ObjectRange(record.object_key, record.sealed_size).read_at(0, 4)
    assert Record.objects.count() == 0, "outside a client's scope nothing is seen"
