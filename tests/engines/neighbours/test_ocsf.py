"""Events that the schema of OCSF 1.8.0 accepts are read by the preset: what is logged by the book needs no mapping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from callwarden.engines.neighbours import PRESETS, Mapping, read_document

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
DATASTORE, AUTHENTICATION = 6005, 3002
# Activity of Datastore Activity -> the act it is here.
ACTIVITIES = {
    1: ("Read", "read"), 2: ("Update", "change"), 3: ("Connect", "sign_in"), 4: ("Query", "search"),
    5: ("Write", "change"), 6: ("Create", "create"), 7: ("Delete", "delete"), 8: ("List", "search"),
}  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0"))


def refusals(schema: OcsfJsonSchemaEmbedded, event: dict[str, Any]) -> list[str]:
    told = schema.get_class_schema(schema.lookup_class_name_from_uid(event["class_uid"]))
    return [str(error) for error in jsonschema_rs.validator_for(told).iter_errors(event)]


def datastore(activity: int) -> dict[str, Any]:
    return {
        "class_uid": DATASTORE,
        "category_uid": 6,
        "activity_id": activity,
        "activity_name": ACTIVITIES[activity][0],
        "type_uid": DATASTORE * 100 + activity,
        "severity_id": 1,
        "time": int(AT.timestamp() * 1000),
        "metadata": {"version": "1.8.0", "product": {"name": "CRM", "vendor_name": "Example"}},
        "actor": {"user": {"name": "lin.li"}},
        "src_endpoint": {"ip": "192.0.2.7"},
        "database": {"name": "customers", "type_id": 1},
        "unmapped": {"customer_no": "C-2001", "call_id": "88"},
    }


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_an_event_by_the_book_is_read(schema: OcsfJsonSchemaEmbedded, activity: int) -> None:
    event = datastore(activity)
    assert refusals(schema, event) == []
    told = read_document(event, Mapping.of(PRESETS["ocsf"]))
    assert (told.at, told.who, told.act) == (AT, "lin.li", ACTIVITIES[activity][1])
    assert (told.subject, told.call) == ("C-2001", "88")


def test_the_schema_is_really_asked(schema: OcsfJsonSchemaEmbedded) -> None:
    event = datastore(1)
    del event["metadata"]
    assert refusals(schema, event)
