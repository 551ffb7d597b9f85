"""Entries as OCSF and CEF: checked against the schema of OCSF 1.8.0 itself, whatever an entry holds."""

from __future__ import annotations

import copy
import doctest
import json
import re
from functools import cache
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from callwarden.engines import siem
from callwarden.engines.siem import OCSF_VERSION, Kind, Meaning, Weight, cef, record

LOG = "callwarden.local/abc"


@cache
def schema(kind: Kind) -> dict[str, Any]:
    embedded = _source()
    return embedded.get_class_schema(embedded.lookup_class_name_from_uid(int(kind)))


@cache
def _source() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema(OCSF_VERSION))


@cache
def validator(kind: Kind) -> Any:
    return jsonschema_rs.validator_for(copy.deepcopy(schema(kind)))


@cache
def activities(kind: Kind) -> list[int]:
    return list(schema(kind)["properties"]["activity_id"]["enum"])


def uuids() -> st.SearchStrategy[str]:
    return st.uuids().map(str)


slugs = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
values = st.one_of(slugs, st.integers(-9, 10**9), st.booleans(), st.none(), st.lists(slugs, max_size=3), uuids())
bodies = st.fixed_dictionaries(
    {
        "v": st.just(1),
        "id": uuids(),
        "at": st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "+00:00"),
        "event": st.tuples(slugs, slugs, slugs).map(":".join),
        "actor": st.one_of(uuids(), st.just("system"), slugs.map("job:{}".format), uuids().map("service:{}".format)),
    },
    optional={
        "session": uuids(),
        "client": uuids(),
        "subject": uuids(),
        "call": uuids(),
        "records": st.lists(uuids(), min_size=1, max_size=3),
        "purpose": slugs,
        "decision": st.sampled_from(["allow", "refuse"]),
        "reasons": st.lists(slugs, min_size=1, max_size=3),
        "fields": st.lists(slugs, min_size=1, max_size=3),
        "policy": slugs,
        "permit": uuids(),
        "approval": uuids(),
        "count": st.integers(0, 10**9),
        "data": st.dictionaries(
            st.one_of(slugs, st.sampled_from(["person", "key", "id", "after"])), values, max_size=4
        ),
        "detail": st.binary(min_size=32, max_size=32).map(bytes.hex),
        "sealed": st.binary(min_size=32, max_size=32).map(bytes.hex),
    },
)


@st.composite
def meanings(draw: st.DrawFn) -> Meaning:
    kind = draw(st.sampled_from(Kind))
    stages = schema(kind)["properties"]["status_id"]["enum"]
    stage = draw(st.sampled_from(stages)) if kind in (Kind.INCIDENT, Kind.DETECTION, Kind.DATA_SECURITY) else None
    return Meaning(
        kind, draw(st.sampled_from(activities(kind))), draw(st.sampled_from(Weight)), draw(st.booleans()), stage
    )


def test_its_manual_is_true() -> None:
    assert doctest.testmod(siem).failed == 0


@given(body=bodies, index=st.integers(0, 2**40), meaning=meanings())
def test_whatever_an_entry_holds_the_schema_accepts_it(body: dict[str, Any], index: int, meaning: Meaning) -> None:
    told = json.loads(json.dumps(record(body, index, meaning, log=LOG, version="1.0")))
    validator(meaning.kind).validate(told)
    assert told["type_uid"] == told["class_uid"] * 100 + told["activity_id"]
    assert told["metadata"]["sequence"] == index
    assert told["metadata"]["uid"] == body["id"]


@given(body=bodies, meaning=meanings())
def test_nothing_of_the_entry_is_lost(body: dict[str, Any], meaning: Meaning) -> None:
    told = record(body, 0, meaning, log=LOG)
    text = json.dumps(told, sort_keys=True)
    for name in ("event", "actor", "id", "session"):
        assert name not in body or body[name] in text
    for name, value in body.items():
        if name not in ("v", "id", "at", "event", "actor", "session"):
            assert told["unmapped"][name] == value


def test_the_schema_is_really_asked() -> None:
    body = {"id": str(uuid4()), "at": "2026-03-02T12:00:00.000+00:00", "event": "a:b:c", "actor": "p"}
    told = record(body, 1, Meaning(Kind.AUTHENTICATION, 1), log=LOG)
    for spoilt in (
        {name: value for name, value in told.items() if name != "user"},
        {**told, "activity_id": 77},
        {**told, "metadata": {}},
        {**told, "time": "noon"},
        {**told, "invented": 1},
    ):
        with pytest.raises(jsonschema_rs.ValidationError):
            validator(Kind.AUTHENTICATION).validate(spoilt)


def test_a_refusal_is_a_failure_that_presses_a_little() -> None:
    body = {"id": "i", "at": "2026-03-02T12:00:00.000+00:00", "event": "a:b:c", "actor": "p", "decision": "refuse"}
    told = record(body, 1, Meaning(Kind.DATASTORE, 1), log=LOG)
    assert (told["status_id"], told["severity_id"]) == (2, 2)
    assert "outcome=failure" in cef(body, 1, Meaning(Kind.DATASTORE, 1), name="n", version="1")


@given(body=bodies, index=st.integers(0, 2**40), meaning=meanings(), name=st.text())
def test_a_line_of_cef_is_read_back(body: dict[str, Any], index: int, meaning: Meaning, name: str) -> None:
    line = cef(body, index, meaning, name=name, version="1.0")
    assert "\n" not in line
    header = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    assert len(header) == 8
    assert header[0] == "CEF:0"
    assert 0 <= int(header[6]) <= 10
    pairs = dict(re.findall(r"(\w+)=((?:[^=\\]|\\.)*?)(?= \w+=|$)", header[7]))
    assert pairs["cn1"] == str(index)
    assert pairs["externalId"] == body["id"]
    assert pairs["suid"] == body["actor"]
