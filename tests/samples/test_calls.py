"""The demonstration call centre is complete, true to its own ground truth, and belongs to nobody."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import phonenumbers
import pytest
import soundfile
import yaml
from stdnum import luhn, numdb
from stdnum.cn import ric

import samples
from callwarden.flows.formats import (
    CdrRow,
    CustomerRow,
    RowError,
    check_fit,
    load_mapping,
    read_cdr,
    read_customers,
    read_words,
)
from callwarden.lawful.notices.rules import shortcomings
from samples.identities import TEST_CARDS
from samples.script import Keys, Speech, load_scripts, parse_line
from samples.stage import stage

TRUTH = samples.expected()
CALLS = TRUTH["calls"]
READABLE = [call for call in CALLS if call["reason"] != "corrupt_audio"]
PLANTED = [(call, item) for call in CALLS for item in call["planted"]]
each_call = pytest.mark.parametrize("call", READABLE, ids=lambda call: call["call_id"])


@cache
def sound(audio: str) -> tuple[np.ndarray, int]:
    return soundfile.read(samples.ROOT / audio, dtype="float32", always_2d=True)


def words_of(call):
    return read_words((samples.ROOT / call["words"]).read_bytes()).with_layout(call["layout"])


@cache
def cdr(line: str) -> list[CdrRow | RowError]:
    folder = samples.SPOOL / line
    mapping = load_mapping((folder / "mapping.yaml").read_bytes())
    (export,) = folder.glob("cdr-*.csv")
    return list(read_cdr(export.read_bytes(), mapping))


def level_db(part: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(part.astype(np.float64) ** 2) + 1e-12))


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# What is there


def test_there_are_enough_calls_of_each_line_and_language():
    assert len(CALLS) >= 26
    assert set(Counter(call["line"] for call in CALLS)) == {"service-zh", "outbound", "payment-en"}
    assert {call["language"] for call in CALLS if call["line"] == "outbound"} == {"zh-CN", "en-GB", "en-US"}
    assert all(18_000 <= call["duration_ms"] <= 60_000 for call in READABLE)


def test_every_way_of_being_refused_is_there():
    told = {(item["outcome"], item["reason"]) for kind in ("calls", "rows", "copies") for item in TRUTH[kind]}
    assert told == {
        ("admitted", ""),
        ("quarantined", "consent_refused"),
        ("quarantined", "no_consent_event"),
        ("quarantined", "no_notice_played"),
        ("quarantined", "no_cdr"),
        ("set_aside", "corrupt_audio"),
        ("duplicate", "duplicate_recording"),
        ("missing", "no_recording"),
        ("nothing_expected", "not_answered"),
        ("row_refused", "bad_time"),
    }


def test_recorders_of_every_kind_are_there():
    kinds = Counter(call["codec"] for call in CALLS)
    assert set(kinds) == {"flac", "wav", "alaw", "opus", "mp3"}
    assert kinds.most_common(1)[0][0] == "flac"
    assert {call["words_shape"] for call in CALLS} == {"callwarden", "segments", "azure", "funasr"}
    assert {call["rate"] for call in CALLS} == {8000, 16000}
    for call in READABLE:
        info = soundfile.info(samples.ROOT / call["audio"])
        assert (info.subtype == "ALAW") == (call["codec"] == "alaw")


def test_there_are_enough_personal_values_of_every_kind_spoken_and_keyed():
    assert len({(item["type"], item["value"]) for _, item in PLANTED}) >= 50
    assert {"PERSON", "PHONE", "EMAIL", "ADDRESS", "CN_RIC", "CARD_PAN", "CARD_EXPIRY", "CARD_CVV", "PLATE", "DOB"} <= {
        item["type"] for _, item in PLANTED
    }
    assert {"spoken", "keyed"} == {item["how"] for _, item in PLANTED}


def test_the_complaint_can_be_found():
    admitted = [call for call in CALLS if call["outcome"] == "admitted" and call["language"] == "zh-CN"]
    texts = [turn.text for call in admitted for turn in words_of(call).turns]
    assert any("投诉" in text and "坐席" in text for text in texts)


def test_nothing_in_the_folder_is_unaccounted_for():
    told = {item["audio"] for kind in ("calls", "copies") for item in TRUTH[kind]} | {c["words"] for c in CALLS}
    told |= {f"spool/{line}/{name}" for line in ("service-zh", "outbound", "payment-en") for name in ("mapping.yaml",)}
    found = {str(path.relative_to(samples.ROOT)) for path in samples.SPOOL.rglob("*") if path.is_file()}
    assert {path for path in found - told if not re.search(r"/cdr-[\d-]+\.csv$", path)} == set()
    assert told <= found


def test_the_samples_stay_within_ten_megabytes():
    files = [path for path in samples.ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) <= 10_000_000


# Sound, words and values fit each other


@each_call
def test_words_fit_the_sound(call):
    data, rate = sound(call["audio"])
    duration = 1000 * len(data) / rate
    assert abs(duration - call["duration_ms"]) < 80
    assert data.shape[1] == (1 if call["layout"].startswith("mono") else 2)
    words = words_of(call)
    check_fit(words, duration)
    times = [(word.start_ms, word.end_ms) for turn in words.turns for word in turn.words]
    assert times
    assert all(start < end for start, end in times)
    assert [turn.start_ms for turn in words.turns] == sorted(turn.start_ms for turn in words.turns)


@each_call
def test_every_word_is_heard_where_it_is_told_and_nothing_is_heard_elsewhere(call):
    data, rate = sound(call["audio"])
    quiet = np.ones(data.shape, bool)
    spoken = [(turn.channel, word.start_ms, word.end_ms) for turn in words_of(call).turns for word in turn.words]
    pressed = [(key["channel"], key["start_ms"], key["end_ms"]) for key in call["keys"]]
    for channel, start, end in spoken + pressed:
        channels = range(data.shape[1]) if channel is None else [channel]
        levels = []
        for number in channels:
            levels.append(level_db(data[int(start * rate / 1000) : int(end * rate / 1000), number]))
            quiet[max(0, int((start - 60) * rate / 1000)) : int((end + 60) * rate / 1000), number] = False
        assert max(levels) > -48
    for number in range(data.shape[1]):
        rest = data[quiet[:, number], number]
        assert len(rest) > rate
        assert level_db(rest) < -55


@each_call
def test_every_planted_value_is_heard_on_its_channel(call):
    data, rate = sound(call["audio"])
    for item in call["planted"]:
        window = data[int(item["start_ms"] * rate / 1000) : int(item["end_ms"] * rate / 1000), item["channel"]]
        assert level_db(window) > -42, item["id"]


@each_call
def test_planted_values_point_at_their_words(call):
    turns = words_of(call).turns
    for item in call["planted"]:
        if item["how"] == "keyed":
            keys = [key["key"] for key in call["keys"] if item["start_ms"] <= key["start_ms"] < item["end_ms"]]
            assert "".join(keys).rstrip("#") == item["value"]
            continue
        turn = turns[item["turn"]]
        spoken = turn.text[slice(*item["text"])]
        heard = [w.text for w in turn.words if item["start_ms"] <= w.start_ms and w.end_ms <= item["end_ms"]]
        assert re.sub(r"\W", "", spoken) == re.sub(r"\W", "", "".join(heard)) != ""
        assert turn.start_ms <= item["start_ms"] < item["end_ms"] <= turn.end_ms
        if turn.forms:
            assert item["part"] in turn.forms["display"]
        if call["words_shape"] == "callwarden":
            first, last = item["words"]
            assert (turn.words[first].start_ms, turn.words[last - 1].end_ms) == (item["start_ms"], item["end_ms"])


@each_call
def test_only_the_telephone_band_is_there(call):
    data, rate = sound(call["audio"])
    spectrum = np.abs(np.fft.rfft(data.mean(axis=1))) ** 2
    frequency = np.fft.rfftfreq(len(data), 1 / rate)
    top = 3600 if rate == 8000 else 7200
    assert spectrum[(frequency < 200) | (frequency > top)].sum() < 0.01 * spectrum.sum()


def test_card_data_lie_inside_the_payment_windows_and_security_codes_nowhere_else():
    for call, item in PLANTED:
        if call["line"] == "payment-en" and item["type"] in ("CARD_CVV", "CARD_EXPIRY"):
            assert any(start <= item["start_ms"] and item["end_ms"] <= end for start, end in call["payment_windows"])


def test_the_corrupt_recording_cannot_be_decoded():
    (call,) = [call for call in CALLS if call["reason"] == "corrupt_audio"]
    with pytest.raises(soundfile.LibsndfileError):
        sound(call["audio"])


def test_the_copy_is_the_same_recording():
    for copy in TRUTH["copies"]:
        (original,) = [call for call in CALLS if call["call_id"] == copy["of"]]
        assert (samples.ROOT / copy["audio"]).read_bytes() == (samples.ROOT / original["audio"]).read_bytes()


# Call records


def test_call_records_tell_the_story_of_each_call():
    rows = {
        row.call_id: row
        for line in ("service-zh", "outbound", "payment-en")
        for row in cdr(line)
        if isinstance(row, CdrRow)
    }
    for call in CALLS:
        row = rows.pop(call["call_id"], None)
        if call["reason"] == "no_cdr":
            assert row is None
            continue
        answers = {event.answer for event in row.consents}
        assert (row.line, row.customer_no) == (call["line"], call["customer_no"])
        assert (row.notice is None) == (call["reason"] == "no_notice_played")
        assert (answers == {"refused"}) == (call["reason"] == "consent_refused")
        assert (not answers) == (call["reason"] == "no_consent_event")
        assert abs((row.ended_at - row.answered_at).total_seconds() - call["duration_ms"] / 1000) <= 1.5
        assert all(
            abs(a - b) <= 60
            for w, t in zip(row.payment_windows, call["payment_windows"], strict=True)
            for a, b in zip(w, t, strict=True)
        )
        if call["outcome"] == "admitted":
            assert all(event.at <= row.ended_at for event in row.consents)
    told = {item["call_id"]: item for item in TRUTH["rows"]}
    assert set(rows) == {call_id for call_id, item in told.items() if item["outcome"] != "row_refused"}
    for call_id, row in rows.items():
        assert row.expects_recording == (told[call_id]["outcome"] == "missing")


def test_the_broken_row_is_the_only_one():
    errors = [
        row for line in ("service-zh", "outbound", "payment-en") for row in cdr(line) if isinstance(row, RowError)
    ]
    assert [error.code for error in errors] == ["bad_time"]


def test_the_encodings_differ_as_those_of_real_systems_do():
    def export(line):
        return next((samples.SPOOL / line).glob("cdr-*.csv")).read_bytes()

    with pytest.raises(UnicodeDecodeError):
        export("service-zh").decode("utf-8")
    assert "通话编号" in export("service-zh").decode("gb18030")
    assert export("outbound").startswith(b"\xef\xbb\xbf")


def test_recordings_that_no_row_names_are_found_by_their_name():
    mapping = load_mapping((samples.SPOOL / "outbound" / "mapping.yaml").read_bytes())
    for call in CALLS:
        if call["line"] == "outbound":
            assert mapping.identify(call["audio"].rsplit("/", 1)[1]).call_id == call["call_id"]


def test_a_staged_copy_has_fresh_dates_and_nothing_else_new(tmp_path):
    now = datetime(2030, 1, 1, 12, tzinfo=UTC)
    folders = stage(tmp_path, now=now)
    assert [folder.name for folder in folders] == ["service-zh", "outbound", "payment-en"]
    latest = []
    for folder in folders:
        mapping = load_mapping((folder / "mapping.yaml").read_bytes())
        fresh = list(read_cdr(next(folder.glob("cdr-*.csv")).read_bytes(), mapping))
        old = cdr(folder.name)
        assert [type(item) for item in fresh] == [type(item) for item in old]
        rows = [(a, b) for a, b in zip(fresh, old, strict=True) if isinstance(a, CdrRow)]
        latest += [a.ended_at for a, _ in rows]
        assert len({a.started_at - b.started_at for a, b in rows}) == 1
        for a, b in rows:
            same = {"started_at": b.started_at, "answered_at": b.answered_at, "ended_at": b.ended_at}
            assert replace(a, **same, notice=b.notice, consents=b.consents, line_no=b.line_no) == b
            assert [e.at - f.at for e, f in zip(a.consents, b.consents, strict=True)] == [
                a.started_at - b.started_at for _ in a.consents
            ]
        assert {p.name for p in folder.iterdir()} == {p.name for p in (samples.SPOOL / folder.name).iterdir()}
    assert timedelta(minutes=10) <= now - max(latest) < timedelta(minutes=12)


# People and numbers


@cache
def customers() -> dict[str, CustomerRow]:
    rows = read_customers((samples.ROOT / "customers.csv").read_bytes(), (samples.ROOT / "orders.csv").read_bytes())
    people = list(rows)
    assert not [row for row in people if isinstance(row, RowError)]
    return {row.customer_no: row for row in people}


def test_every_customer_has_three_orders():
    assert len(customers()) >= 16
    assert {len(customer.orders) for customer in customers().values()} == {3}


def test_callers_are_customers_and_say_what_the_record_holds():
    said = Counter()
    for call, item in PLANTED:
        customer = customers()[call["customer_no"]]
        if item["type"] == "PHONE" and item["value"] not in ("15488830271",):
            known = {digits(phone)[-10:] for phone in customer.phones}
            said["phone"] += digits(item["value"])[-10:] in known or len(digits(item["value"])) < 10
        if item["type"] == "CN_RIC":
            assert item["value"] == customer.id_number
    assert said["phone"] >= 15


def reserved_phone(number: str) -> bool:
    if number.startswith(("+447700900", "07700900")):
        return True
    if re.fullmatch(r"(\+1)?[2-9]\d\d55501\d\d", number):
        return True
    return not phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))


def test_no_telephone_number_can_ring():
    for customer in customers().values():
        assert all(reserved_phone(phone) for phone in customer.phones)
    for _, item in PLANTED:
        if item["type"] == "PHONE":
            assert reserved_phone(item["value"])


def test_identity_numbers_are_well_formed_and_of_no_county():
    counties = numdb.get("cn/loc")
    numbers = {c.id_number for c in customers().values() if len(c.id_number) == 18}
    numbers |= {item["value"] for _, item in PLANTED if item["type"] == "CN_RIC"}
    assert any(number.endswith("X") for number in numbers)
    for number in numbers:
        assert ric.calc_check_digit(number) == number[-1]
        assert not counties.info(number[:6])[-1][1]


def test_card_numbers_are_those_that_are_published_for_tests():
    numbers = {number for customer in customers().values() for number in customer.card_numbers}
    numbers |= {item["value"] for _, item in PLANTED if item["type"] == "CARD_PAN"}
    assert numbers <= set(TEST_CARDS)
    assert all(luhn.is_valid(number) for number in TEST_CARDS)


def test_mail_goes_to_reserved_domains_only():
    text = "".join(
        path.read_text("utf-8")
        for path in samples.ROOT.rglob("*")
        if path.suffix in (".csv", ".yaml", ".md") and "spool" not in path.parts
    )
    for domain in re.findall(r"[\w.-]+@([\w.-]+\w)", text):
        if re.fullmatch(r"\d{4}|edition", domain):
            continue  # the edition of a provision: instrument@edition:article
        assert re.fullmatch(r"example\.(com|net|org)", domain)


# The call centre itself


def test_lines_are_complete_in_both_languages():
    document = samples.lines()
    registry = yaml.safe_load((samples.ROOT / "registry.yaml").read_text(encoding="utf-8"))
    assert [line["slug"] for line in document["lines"]] == ["service-zh", "outbound", "payment-en"]
    assert "sm4" in {line["suite"] for line in document["lines"]}
    for line in document["lines"]:
        assert set(line["name"]) == {"zh", "en"}
        assert set(line["purposes"]) <= set(registry["purposes"])
        assert set(line["required_consents"]) <= set(line["purposes"])
        assert all(days > 0 for days in line["retention_days"].values())
        assert (samples.ROOT / line["spool"] / "mapping.yaml").exists()
        texts = {f"text_{code}": (samples.ROOT / line["notices"][code]).read_text("utf-8") for code in ("en", "zh")}
        scripts = {f"script_{code}": line["notices"]["script"][code] for code in ("en", "zh")}
        assert list(shortcomings(**texts, **scripts)) == []


def test_there_is_somebody_for_each_role_and_every_agent_of_the_records():
    people = samples.staff()
    assert {person["role"] for person in people} == {
        "agent",
        "team_leader",
        "quality_reviewer",
        "data_protection_officer",
        "security_administrator",
        "system_administrator",
        "auditor",
        "partner_manager",
    }
    agents = {person.get("agent") for person in people}
    for line in ("service-zh", "outbound", "payment-en"):
        assert {row.agent for row in cdr(line) if isinstance(row, CdrRow) and row.agent} <= agents
    assert all(set(person["name"]) == {"zh", "en"} for person in people)


def test_the_over_collecting_call_asks_for_what_its_line_does_not_collect():
    (call,) = [call for call in CALLS if call["over_collected"]]
    (line,) = [line for line in samples.lines()["lines"] if line["slug"] == call["line"]]
    assert not set(call["over_collected"]) & set(line["collects"])
    assert set(call["over_collected"]) <= {item["type"] for item in call["planted"]}


# The notation


def test_the_notation_of_scripts_is_read():
    speech = parse_line("c~| 手机 {PHONE|154|幺 五 四|15433087760}，对 吗？")
    assert isinstance(speech, Speech)
    assert speech.overlaps
    assert [token.text for token in speech.tokens] == ["手机", "幺", "五", "四", "对", "吗"]
    assert [(value.shown, value.whole) for value in speech.values] == [("154", "15433087760")]
    assert parse_line("c# 12# as CARD_CVV") == Keys("c", "12#", "CARD_CVV")
    with pytest.raises(ValueError):
        parse_line("caller: hello")


def test_scripts_and_ground_truth_have_the_same_calls():
    assert sorted(call.id for line in load_scripts() for call in line.calls) == sorted(c["call_id"] for c in CALLS)
