"""Call records: a damaged row costs that row alone, and no error repeats what stood in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.flows.formats import (
    REMEDIES,
    CdrRow,
    ConsentEvent,
    MappingError,
    NoticePlayed,
    RowError,
    load_mapping,
    read_cdr,
    shown_name,
    words_name,
)
from callwarden.flows.formats.tables import MAX_BYTES, MAX_LINE

MAPPING = """
version: 1
columns:
  call_id: 通话编号
  line: {constant: service-zh}
  direction: {column: 类型, values: {呼入: inbound, 呼出: outbound}}
  started_at: 开始
  answered_at: 应答
  ended_at: 结束
  caller: 主叫
  callee: 被叫
  agent: 坐席
  recordings: 录音
  customer_no: 客户号
  payment_windows: 支付时段
times: {formats: ["%Y/%m/%d %H:%M:%S", iso], zone: Asia/Shanghai}
recordings: {layout: "stereo:caller,agent"}
notice: {version: 告知版本, language: {constant: zh-CN}, at: 告知时间}
consents:
  - purposes: [recording, quality]
    answer: {column: 按键, values: {"1": given, "2": refused}}
    key: 按键
    at: 按键时间
"""
COLUMNS = "通话编号,类型,开始,应答,结束,主叫,被叫,坐席,录音,客户号,支付时段,告知版本,告知时间,按键,按键时间"
SECRET = "15433087760"
GOOD = {
    "通话编号": "SZ-1001",
    "类型": "呼入",
    "开始": "2026/11/02 09:30:00",
    "应答": "2026/11/02 09:30:12",
    "结束": "2026/11/02 09:31:00",
    "主叫": SECRET,
    "被叫": "8001",
    "坐席": "a103",
    "录音": "SZ-1001.flac",
    "客户号": "C-204",
    "支付时段": "0:12-0:20;31.5-40",
    "告知版本": "2026-1",
    "告知时间": "2026/11/02 09:30:02",
    "按键": "1",
    "按键时间": "2026/11/02 09:30:09",
}


def mapping(text: str = MAPPING):
    return load_mapping(text.encode())


def line(**changes: str) -> str:
    return ",".join({**GOOD, **changes}[name] for name in COLUMNS.split(","))


def table(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\r\n".join([COLUMNS, *lines, ""]).encode(encoding)


def read(data: bytes, mapping_text: str = MAPPING):
    return list(read_cdr(data, mapping(mapping_text)))


def only_error(data: bytes, mapping_text: str = MAPPING) -> RowError:
    (error,) = read(data, mapping_text)
    assert isinstance(error, RowError)
    return error


def test_a_row_becomes_a_call_with_aware_times_and_consents_per_purpose():
    (call,) = read(table(line()))
    consent_at = datetime(2026, 11, 2, 1, 30, 9, tzinfo=UTC)
    assert call == CdrRow(
        call_id="SZ-1001",
        line="service-zh",
        direction="inbound",
        caller=SECRET,
        callee="8001",
        agent="a103",
        started_at=datetime(2026, 11, 2, 1, 30, tzinfo=UTC),
        answered_at=datetime(2026, 11, 2, 1, 30, 12, tzinfo=UTC),
        ended_at=datetime(2026, 11, 2, 1, 31, tzinfo=UTC),
        recordings=("SZ-1001.flac",),
        layouts=("stereo:caller,agent",),
        notice=NoticePlayed("2026-1", "zh-CN", datetime(2026, 11, 2, 1, 30, 2, tzinfo=UTC)),
        consents=(
            ConsentEvent("recording", "given", "keypress", "1", consent_at),
            ConsentEvent("quality", "given", "keypress", "1", consent_at),
        ),
        customer_no="C-204",
        payment_windows=((12_000, 20_000), (31_500, 40_000)),
        line_no=2,
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encodings_of_real_exports_give_the_same_call(encoding):
    text = "\n".join([COLUMNS, line()])
    assert read(text.encode(encoding)) == read(table(line()))


def test_a_key_that_was_not_pressed_is_no_consent_event():
    (call,) = read(table(line(按键="", 按键时间="")))
    assert call.consents == ()


def test_a_refusal_is_an_event_of_its_own():
    (call,) = read(table(line(按键="2")))
    assert {(event.purpose, event.answer) for event in call.consents} == {
        ("recording", "refused"),
        ("quality", "refused"),
    }


def test_no_notice_time_means_no_notice_whatever_version_is_named():
    (call,) = read(table(line(告知时间="")))
    assert call.notice is None


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"通话编号": ""}, "missing_value", "call_id"),
        ({"通话编号": "../SZ"}, "bad_identifier", "call_id"),
        ({"通话编号": "=1+1"}, "formula", "call_id"),
        ({"坐席": "@SUM(A1)"}, "formula", "agent"),
        ({"客户号": "C 204"}, "bad_identifier", "customer_no"),
        ({"客户号": "C\x07204"}, "control_character", "customer_no"),
        ({"类型": "内线"}, "unknown_value", "direction"),
        ({"开始": "yesterday"}, "bad_time", "started_at"),
        ({"开始": ""}, "missing_value", "started_at"),
        ({"开始": "1970/01/01 00:00:00"}, "bad_time", "started_at"),
        ({"开始": "2026/02/30 09:30:00"}, "bad_time", "started_at"),
        ({"应答": "2026/11/02 09:29:59"}, "times_out_of_order", "answered_at"),
        ({"结束": "2026/11/02 09:30:05"}, "times_out_of_order", "ended_at"),
        ({"主叫": "张三"}, "bad_number", "caller"),
        ({"主叫": "1" * 21}, "bad_number", "caller"),
        ({"录音": ".hidden"}, "bad_file_name", "recordings"),
        ({"录音": "a\x1bb.wav"}, "bad_file_name", "recordings"),
        ({"支付时段": "20-12"}, "bad_window", "payment_windows"),
        ({"支付时段": "soon"}, "bad_window", "payment_windows"),
        ({"支付时段": "1-2-3"}, "bad_window", "payment_windows"),
        ({"按键": "9"}, "unknown_value", "consent"),
        ({"告知版本": ""}, "missing_value", "notice_version"),
    ],
)
def test_a_bad_cell_sets_its_row_aside_and_the_next_row_goes_on(changes, code, field):
    error, call = read(table(line(**changes), line(通话编号="SZ-1002")))
    assert (error.line_no, error.code, error.field, error.whole_file) == (2, code, field, False)
    assert call.call_id == "SZ-1002"


def test_damage_to_a_line_costs_that_line_alone():
    good, other = line().encode(), line(通话编号="SZ-1003").encode()
    lines = [
        COLUMNS.encode(),
        good,
        b"\xff\xfe\xba" + good,
        good[:20] + b"\x00" + good[20:],
        b'"' + good,
        b"a,b",
        other,
    ]
    results = read(b"\n".join(lines))
    assert [getattr(item, "code", "ok") for item in results] == [
        "ok",
        "encoding",
        "nul",
        "unclosed_quote",
        "wrong_columns",
        "ok",
    ]
    assert [item.line_no for item in results] == [2, 3, 4, 5, 6, 7]


def test_one_damaged_byte_does_not_turn_a_utf8_file_into_chinese_nonsense():
    data = table(line(), line(通话编号="SZ-1002"), line(通话编号="SZ-1003"))
    place = data.rindex("呼入".encode())
    data = data[: place + 1] + b"\xff" + data[place + 2 :]
    assert [getattr(item, "code", "ok") for item in read(data)] == ["ok", "ok", "encoding"]


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_ends():
    text = MAPPING.replace("  agent: 坐席\n", "")
    (call,) = read(table(line(坐席='"Wu, ""Amy""\nshift 2"')), text)
    assert call.agent == ""


def test_long_numbers_that_a_spreadsheet_wrapped_are_unwrapped():
    (call,) = read(table(line(主叫='"=""015433087760"""', 被叫="'8001")))
    assert (call.caller, call.callee) == ("015433087760", "8001")


@pytest.mark.parametrize(
    ("told", "clean"),
    [
        ('"""Ann Example"" <+44 7700 900123>"', "+447700900123"),
        ("sip:+12025550123@pbx.example.com;user=phone", "+12025550123"),
        ("(202) 555-0123", "2025550123"),
        ("１５４３３０８７７６０", "15433087760"),
        ("anonymous", ""),
        ("匿名", ""),
        ("-", ""),
    ],
)
def test_caller_numbers_are_cleaned_and_withheld_ones_are_empty(told, clean):
    (call,) = read(table(line(主叫=told)))
    assert call.caller == clean


def test_folders_in_front_of_a_recording_are_cut_off():
    (call,) = read(table(line(录音="C:\\rec\\SZ-1001.wav;https://pbx.example.com/../../etc/SZ-1001b.wav")))
    assert call.recordings == ("SZ-1001.wav", "SZ-1001b.wav")


def test_the_first_row_of_a_call_stands_and_repeats_name_its_line():
    results = read(table(line(), line(), line(坐席="a104")))
    assert isinstance(results[0], CdrRow)
    assert [(error.code, error.data["first"]) for error in results[1:]] == [("duplicate_row", 2), ("duplicate_call", 2)]


def test_a_local_time_that_the_clocks_skip_is_refused():
    text = MAPPING.replace("Asia/Shanghai", "Europe/London")
    error = only_error(table(line(开始="2026/03/29 01:30:00", 应答="", 结束="")), text)
    assert (error.code, error.data["zone"]) == ("time_gap", "Europe/London")


def test_an_offset_in_the_time_wins_over_the_zone():
    (call,) = read(table(line(开始="2026-11-02T09:30:00+09:00", 应答="", 结束="")))
    assert call.started_at == datetime(2026, 11, 2, 0, 30, tzinfo=UTC)


def test_epochs_and_lengths_of_header_less_exports_are_understood():
    text = """
version: 1
file: {header: [id, kind, start, total, talk, rec], delimiter: ";"}
columns:
  call_id: id
  line: {constant: payment-en}
  direction: {column: kind, values: {in: inbound}}
  started_at: start
  total_seconds: total
  talk_seconds: talk
  recordings: rec
times: {formats: [epoch]}
"""
    (call,) = read(b"1793612345.77;in;1793612345;0:01:15;60;x.wav\n", text)
    assert call.started_at == datetime.fromtimestamp(1793612345, UTC)
    assert (call.ended_at - call.started_at).seconds == 75
    assert (call.answered_at - call.started_at).seconds == 15


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n", "empty_file"),
        (b"id,name\n1,2\n", "missing_column"),
        ("通话编号,".encode() + COLUMNS.encode(), "duplicate_column"),
        ("通话编号,类型\n1,2\n".encode("utf-16-le"), "utf16_without_mark"),
        (b"\x00" * 64, "utf16_without_mark"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_says_why_once(data, code):
    error = only_error(data)
    assert (error.code, error.whole_file, error.line_no) == (code, True, 1)


def test_a_missing_header_does_not_leak_the_first_row_into_the_error():
    error = only_error(line().encode())
    assert error.code == "missing_column"
    assert SECRET not in repr(error) + error.remedy


def test_an_endless_line_is_refused_without_reading_it_as_a_row():
    error, call = read(table("x" * (MAX_LINE + 1), line()))
    assert error.code == "line_too_long"
    assert call.call_id == "SZ-1001"


def test_showing_a_call_shows_nothing_personal():
    (call,) = read(table(line()))
    for shown in (repr(call), str(call), f"{call}", repr([call])):
        assert SECRET not in shown
        assert "SZ-1001" not in shown
        assert "C-204" not in shown


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_anything(data):
    for item in read_cdr(COLUMNS.encode() + b"\n" + data, mapping()):
        assert isinstance(item, CdrRow | RowError)


@given(st.sampled_from(sorted(GOOD)), st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=30))
def test_no_error_repeats_a_cell(column, value):
    if '"' in value or "\n" in value or "\r" in value or value.strip() in COLUMNS:
        return
    for item in read_cdr(table(line(**{column: value})), mapping()):
        if isinstance(item, RowError):
            assert value not in item.remedy
            assert value not in repr(item)
            assert SECRET not in repr(item)


@given(st.lists(st.sampled_from([line(), line(通话编号="B"), "junk", '"', line(开始="x")]), max_size=12))
def test_every_line_is_accounted_for(lines):
    results = read(table(*lines))
    told = {item.line_no for item in results}
    assert told == set(range(2, len(lines) + 2)) or not lines


def test_every_error_code_has_a_remedy_that_can_be_filled_in():
    assert all(sentence[0].isupper() and sentence.endswith((".", ". ")) for sentence in REMEDIES.values())


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (("version: 1", "version: 2"), "version"),
        (("  call_id: 通话编号\n", ""), "columns.call_id"),
        (("Asia/Shanghai", "Asia/Nowhere"), "times.zone"),
        (("Asia/Shanghai", "../../etc/passwd"), "times.zone"),
        (("stereo:caller,agent", "stereo:left,right"), "recordings.layout"),
        (("agent: 坐席", "agnet: 坐席"), "columns.agnet"),
        (("line: {constant: service-zh}", "line: {constant: a, column: b}"), "columns.line"),
        (("purposes: [recording, quality]", "purposes: []"), "consents.0.purposes"),
    ],
)
def test_a_wrong_mapping_names_the_place(change, at):
    with pytest.raises(MappingError) as caught:
        mapping(MAPPING.replace(*change))
    assert caught.value.code == "mapping_invalid"
    assert str(caught.value.data["at"]).startswith(at)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\ncolumns: [",
        "a: &x [1]\nb: *x",
        "version: 1\nversion: 1",
        "!!python/object/apply:os.system ['true']",
        "\t- x",
    ],
)
def test_yaml_that_is_broken_or_clever_is_refused(text):
    with pytest.raises(MappingError):
        mapping(text)


def test_a_mapping_that_is_not_utf8_or_far_too_long_is_refused():
    for data in (b"\xff\xfe\x00", b"#" * 70_000, b"[" * 20_000):
        with pytest.raises(MappingError):
            load_mapping(data)


def test_words_of_value_tables_that_yaml_would_turn_into_numbers_stay_text():
    text = MAPPING.replace('{"1": given, "2": refused}', "{01: given, no: refused}")
    (call,) = read(table(line(按键="no")), text.replace("    key: 按键\n", ""))
    assert call.consents[0].answer == "refused"


def test_a_name_pattern_finds_the_call_and_the_leg():
    text = MAPPING.replace(
        'recordings: {layout: "stereo:caller,agent"}',
        'recordings: {name: "{started:%Y%m%d}-{call_id}-{leg}.{ext}", legs: {in: "mono:caller", out: "mono:agent"}}',
    )
    by_name = mapping(text)
    assert by_name.identify("20261102-SZ-1001-in.wav") == ("SZ-1001", "mono:caller")
    assert by_name.identify("20261102-SZ-1001-OUT.FLAC") == ("SZ-1001", "mono:agent")
    assert by_name.identify("20261102-SZ-1001.wav") is None
    assert by_name.identify("20261102-SZ-1001-in.exe") is None
    (call,) = read(table(line(录音="20261102-A-in.wav;20261102-A-out.wav")), text)
    assert call.layouts == ("mono:caller", "mono:agent")


@pytest.mark.parametrize("name", ["{call_id", "{call_id}{call_id}.wav", "x/{call_id}.wav", "{uuid}.wav", "fixed.wav"])
def test_a_name_pattern_that_cannot_work_is_refused(name):
    with pytest.raises(MappingError):
        mapping(MAPPING.replace('recordings: {layout: "stereo:caller,agent"}', f'recordings: {{name: "{name}"}}'))


def test_names_for_messages_keep_no_telephone_number():
    assert shown_name("20261102_15433087760-in.wav") == "******02_*********60-in.wav"
    assert shown_name("SZ-1001.flac") == "SZ-1001.flac"
    assert "\x1b" not in shown_name("\x1b[2J.wav")


def test_the_words_of_a_recording_lie_beside_it():
    assert words_name("SZ-1001.flac") == "SZ-1001.words.json"
    assert words_name("SZ.1001") == "SZ.1001.words.json"


def test_the_mappings_of_the_guide_are_valid():
    root = Path(__file__).parents[3] / "docs" / "guides"
    for name in ("spool-formats.md", "spool-formats.zh-CN.md"):
        small, consent = re.findall(r"```yaml\n(.*?)```", (root / name).read_text("utf-8"), re.DOTALL)
        assert load_mapping(small.encode()).columns.call_id.column
        assert load_mapping((small + consent).encode()).consents[0].purposes == ("recording", "quality")
