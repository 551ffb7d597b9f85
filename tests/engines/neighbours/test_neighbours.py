"""Lines of other systems: read as their mapping says, or refused with one reason, whatever is in them."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.engines import neighbours
from callwarden.engines.neighbours import (
    ACTS,
    LONGEST,
    PRESETS,
    REASONS,
    BadFrames,
    BadMapping,
    Frames,
    Mapping,
    NotSyslog,
    TooLong,
    Unreadable,
    parse,
    places,
    read,
    read_document,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEAD = "<109>1 2026-03-02T12:00:00Z crm1 crm 77 view - "
CRM = Mapping.of(PRESETS["crm"])


def line(**told: object) -> bytes:
    return (HEAD + json.dumps({"at": "2026-03-02T12:00:00Z", "user": "lin", "action": "view", **told})).encode()


def reason_of(raw: bytes, mapping: Mapping) -> str:
    try:
        read(raw, mapping)
    except Unreadable as refused:
        return refused.reason
    return ""


def why_not(raw: bytes, mapping: Mapping = CRM) -> str:
    with pytest.raises(Unreadable) as caught:
        read(raw, mapping)
    return caught.value.reason


def test_the_manual_runs() -> None:
    failed, tried = doctest.testmod(neighbours)
    assert tried
    assert not failed


def test_who_what_whose_and_which_call() -> None:
    told = read(line(customer="C-2001", call_id="88", rows=3), CRM)
    assert (told.at, told.who, told.act, told.subject, told.call, told.rows) == (AT, "lin", "read", "C-2001", "88", 3)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"no syslog at all", "not_syslog"),
        (b"<999>1 - - - - - - x", "not_syslog"),
        (b"<13>1 2026-03-02T12:00:00 h a - - - {}", "not_syslog"),
        (b"\xff\xfe<13>1", "not_syslog"),
        (HEAD.encode() + b"{", "not_json"),
        (HEAD.encode() + b"[" * 5000, "not_json"),
        (HEAD.encode() + b'{"n": ' + b"9" * 5000 + b"}", "not_json"),
        (HEAD.encode() + b"[1]", "not_json"),
        (line(user=""), "no_who"),
        (line(user={"name": "lin"}), "no_who"),
        (line(user="x" * 300), "no_who"),
        (line(at="yesterday"), "no_time"),
        (line(at=""), "no_time"),
        (line(pad="x" * LONGEST), "too_long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    assert why_not(raw) == reason
    assert reason in REASONS


def test_a_refusal_says_nothing_of_the_line() -> None:
    with pytest.raises(Unreadable) as caught:
        read(HEAD.encode() + b"13800138000 {", CRM)
    assert "138" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_act_nobody_listed_is_refused_unless_the_mapping_says_what_it_is() -> None:
    strict = Mapping.of({**PRESETS["crm"], "act": {"path": "action", "words": {"view": "read"}}})
    assert why_not(line(action="merge"), strict) == "no_act"
    assert read(line(action="merge"), CRM).act == "other"


def test_an_audit_line_of_postgresql() -> None:
    mapping = Mapping.of({**PRESETS["pgaudit"], "inside": {"path": "application_name", "values": ["crm"]}})
    audit = 'AUDIT: SESSION,4,1,READ,SELECT,TABLE,public.customers,"select * from customers where phone = ""1""",<none>'
    told = {"timestamp": "2026-03-02 20:00:00.123 CST", "user": "dba_wu", "application_name": "psql"}
    zoned = Mapping.of({**mapping.data(), "time": {"path": "timestamp", "zone": "Asia/Shanghai"}})
    found = read((HEAD + json.dumps({**told, "message": f"{audit},5000"})).encode(), zoned)
    assert (found.who, found.act, found.rows, found.inside) == ("dba_wu", "read", 5000, False)
    assert found.at == AT.replace(microsecond=123000)
    assert why_not((HEAD + json.dumps({**told, "message": "connection received"})).encode(), zoned) == "not_meant"


def test_a_call_record_of_asterisk() -> None:
    told = (
        '"4711","13800138000","400","in","","SIP/a","SIP/b","Dial","","2026-03-02 12:00:00","","","","","","","1699.1"'
    )
    found = read((HEAD + told).encode(), Mapping.of(PRESETS["asterisk"]))
    assert (found.who, found.act, found.subject, found.call, found.at) == ("4711", "call", "13800138000", "1699.1", AT)


def test_structured_data_and_pairs() -> None:
    raw = rb'<13>1 2026-03-02T12:00:00Z h a - - [who@1 name="li \"n\]"][meta sequenceId="7"] act=view id="C-1"'
    told = {
        "text": "pairs",
        "who": {"path": "header.data.who@1.name"},
        "act": {"path": "act", "words": {"VIEW": "read"}},
        "subject": {"path": "id"},
    }
    found = read(raw, Mapping.of(told))
    assert (found.who, found.act, found.subject) == ('li "n]', "read", "C-1")


def test_an_object_without_a_message_around_it_needs_a_time_of_its_own() -> None:
    ocsf = {"time": AT.timestamp() * 1000, "actor": {"user": {"name": "lin"}}, "activity_name": "Read"}
    assert read_document(ocsf, Mapping.of(PRESETS["ocsf"])).at == AT
    del ocsf["time"]
    with pytest.raises(Unreadable, match="no_time"):
        read_document(ocsf, Mapping.of(PRESETS["ocsf"]))


@pytest.mark.parametrize(
    ("told", "where", "code"),
    [
        ({}, "who", "missing"),
        ([], "mapping", "missing"),
        ({"who": {"path": "a"}}, "act", "missing"),
        ({"who": {"path": "a b"}, "act": {"other": "read"}}, "who", "path"),
        ({"who": {"path": "a"}, "act": {"words": {"x": "steal"}}}, "act", "choice"),
        ({"who": {"path": "a"}, "act": {"other": "read"}, "eval": {}}, "eval", "unknown"),
        ({"who": {"path": "a"}, "act": {"other": "read"}, "time": {"zone": "Mars/North"}}, "time", "zone"),
        ({"who": {"path": "a"}, "act": {"other": "read"}, "text": "xml"}, "text", "choice"),
        ({"who": {"path": "a"}, "act": {"other": "read"}, "within": {"path": "m", "as": "header"}}, "within", "path"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_where(told: object, where: str, code: str) -> None:
    with pytest.raises(BadMapping) as caught:
        Mapping.of(told)
    assert (caught.value.where, caught.value.code) == (where, code)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_a_mapping_and_comes_back_as_it_was_kept(name: str) -> None:
    mapping = Mapping.of(PRESETS[name])
    assert Mapping.of(json.loads(json.dumps(mapping.data()))) == mapping
    assert set(mapping.words.values()) <= set(ACTS)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8), st.data())
def test_messages_come_whole_however_the_stream_is_cut(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(b"%d %s" % (len(one), one) for one in messages)
    frames, found = Frames(), []
    while stream:
        at = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[:at])
        stream = stream[at:]
    assert found == messages
    assert not frames.cut


def test_what_is_too_long_is_skipped_and_the_next_is_read() -> None:
    frames = Frames(longest=10)
    assert frames.feed(b"20 " + b"x" * 12) == [TooLong(20)]
    assert frames.feed(b"x" * 8 + b"3 yes") == [b"yes"]


@pytest.mark.parametrize("stream", [b"hello", b"<13>1 -", b"0 ", b"99999999 x", b"-1 x", b" 1 x"])
def test_a_stream_without_lengths_is_given_up(stream: bytes) -> None:
    with pytest.raises(BadFrames):
        Frames().feed(stream)


def test_what_came_whole_before_a_stream_broke_is_not_lost() -> None:
    with pytest.raises(BadFrames) as caught:
        Frames().feed(b"3 yes<13>")
    assert caught.value.before == [b"yes"]


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(raw: bytes) -> None:
    for name in PRESETS:
        assert reason_of(raw, Mapping.of(PRESETS[name])) in ("", *REASONS)


@given(st.text(max_size=200))
def test_any_text_behind_a_header_is_read_or_refused(text: str) -> None:
    for name in PRESETS:
        raw = (HEAD + text).encode("utf-8", "surrogatepass")
        assert reason_of(raw, Mapping.of(PRESETS[name])) in ("", *REASONS)


def test_a_message_says_nothing_where_it_has_a_dash() -> None:
    message = parse(b"<13>1 - - app - - - text")
    assert (message.at, message.host, message.app, message.text) == (None, "", "app", "text")
    with pytest.raises(NotSyslog):
        parse(b"<13>1 - - app - - [broken text")


def test_a_text_inside_the_text_may_begin_at_once() -> None:
    """Without words before it, too: a mapping without them brought the reader down."""
    mapping = Mapping.of(
        {
            "who": {"path": "inner.who"},
            "act": {"other": "read"},
            "within": {"path": "message", "text": "json", "as": "inner"},
        }
    )
    assert read(line(message='{"who": "lin"}'), mapping).who == "lin"
    assert why_not(line(message="no json"), mapping) == "not_json"


def test_places_name_whatever_a_mapping_can_name() -> None:
    mapping = Mapping.of(PRESETS["pgaudit"])
    raw = line(message='AUDIT: SESSION,1,1,READ,"SELECT"', deep={"er": [{"x": 5}]}, gone=None, yes=True)
    found = dict(places(raw, "json", mapping.within))
    assert found["deep.er.0.x"] == "5"
    assert (found["audit.3"], found["header.app"], found["user"]) == ("READ", "crm", "lin")
    assert not {"gone", "yes"} & set(found)


@given(st.binary(max_size=400), st.sampled_from(["json", "csv", "pairs", "none"]), st.booleans())
def test_places_are_few_and_whatever_comes_is_answered(raw: bytes, text: str, document: bool) -> None:
    found: list[tuple[str, str]] = []
    reason = REASONS[0]
    try:
        found = places(raw, text, document=document)
    except Unreadable as refused:
        reason = refused.reason
    assert reason in REASONS
    assert len(found) <= 80
    assert all(value.encode() for _path, value in found)


def test_places_stop_at_depth_and_number() -> None:
    deep: object = "x"
    for _each in range(200):
        deep = {"a": deep}
    assert places(json.dumps({"a": deep}).encode(), "json", document=True) == []
    many = {f"k{number}": {f"v{inner}": 1 for inner in range(9)} for number in range(99)}
    assert len(places(json.dumps(many).encode(), "json", document=True)) == 80
