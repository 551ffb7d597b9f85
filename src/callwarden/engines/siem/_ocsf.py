"""The ten classes as dataclasses, and how an entry becomes one of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from callwarden.engines.siem._meaning import Kind, Meaning, Weight

OCSF_VERSION: Final = "1.8.0"
PRODUCT: Final = "Callwarden"
_USER, _SYSTEM, _SERVICE = 1, 3, 4
_OTHER = 99
_SUCCESS, _FAILURE = 1, 2
# What an entry may say beyond what its class has a place for.
_UNMAPPED = (
    "client",
    "subject",
    "call",
    "records",
    "purpose",
    "decision",
    "reasons",
    "fields",
    "policy",
    "permit",
    "approval",
    "count",
    "data",
    "detail",
    "sealed",
)

# Classes that have no place for whoever did it.
_WITHOUT_ACTOR = (Kind.DETECTION, Kind.LIFECYCLE, Kind.INCIDENT)

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Base:
    """What every class has. None is left out of the JSON."""

    kind: ClassVar[Kind]

    activity_id: int
    severity_id: int
    time: int
    metadata: Object
    status_id: int | None = None
    unmapped: Object | None = None

    def to_json(self) -> Object:
        values = {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}
        return {
            "category_uid": self.kind.category,
            "class_uid": int(self.kind),
            "type_uid": int(self.kind) * 100 + self.activity_id,
            **{name: value for name, value in values.items() if value is not None},
        }


@dataclass(frozen=True, kw_only=True)
class Authentication(Base):
    kind = Kind.AUTHENTICATION
    user: Object
    actor: Object
    service: Object = field(default_factory=lambda: {"name": PRODUCT})
    session: Object | None = None


@dataclass(frozen=True, kw_only=True)
class AccountChange(Base):
    kind = Kind.ACCOUNT_CHANGE
    user: Object
    actor: Object


@dataclass(frozen=True, kw_only=True)
class UserAccess(Base):
    kind = Kind.USER_ACCESS
    user: Object
    actor: Object
    privileges: list[str]


@dataclass(frozen=True, kw_only=True)
class EntityManagement(Base):
    kind = Kind.ENTITY
    actor: Object
    entity: Object


@dataclass(frozen=True, kw_only=True)
class ApiActivity(Base):
    kind = Kind.API
    actor: Object
    api: Object
    src_endpoint: Object


@dataclass(frozen=True, kw_only=True)
class DatastoreActivity(Base):
    kind = Kind.DATASTORE
    actor: Object
    src_endpoint: Object
    database: Object


@dataclass(frozen=True, kw_only=True)
class ApplicationLifecycle(Base):
    kind = Kind.LIFECYCLE
    app: Object


@dataclass(frozen=True, kw_only=True)
class DetectionFinding(Base):
    kind = Kind.DETECTION
    finding_info: Object
    is_alert: bool = True


@dataclass(frozen=True, kw_only=True)
class DataSecurityFinding(Base):
    kind = Kind.DATA_SECURITY
    actor: Object
    finding_info: Object


@dataclass(frozen=True, kw_only=True)
class IncidentFinding(Base):
    kind = Kind.INCIDENT
    assignee: Object
    finding_info_list: list[Object]


def record(body: Mapping[str, Any], index: int, meaning: Meaning, *, log: str, version: str = "") -> Object:
    """One entry as an OCSF event, ready for JSON.

    Args:
        body: the leaf, parsed.
        index: its place in the tree.
        log: name of the log, so that two sites are told apart.
        version: of this product.
    """
    common: Object = {
        "activity_id": meaning.activity,
        "severity_id": int(_weight(body, meaning)),
        "time": _milliseconds(body["at"]),
        "metadata": _metadata(body, index, log, version),
        "status_id": _status(body, meaning),
        "unmapped": _rest(body, meaning.kind),
    }
    actor = _actor(body)
    match meaning.kind:
        case Kind.AUTHENTICATION:
            session = {"uid": body["session"]} if "session" in body else None
            made: Base = Authentication(**common, user=_whose(body), actor=actor, session=session)
        case Kind.ACCOUNT_CHANGE:
            made = AccountChange(**common, user=_whose(body), actor=actor)
        case Kind.USER_ACCESS:
            made = UserAccess(**common, user=_whose(body), actor=actor, privileges=_privileges(body))
        case Kind.ENTITY:
            made = EntityManagement(**common, actor=actor, entity=_entity(body))
        case Kind.API:
            api = {"operation": body["event"], "service": {"name": PRODUCT}}
            made = ApiActivity(**common, actor=actor, api=api, src_endpoint=_from(body))
        case Kind.DATASTORE:
            made = DatastoreActivity(**common, actor=actor, src_endpoint=_from(body), database=_database(body))
        case Kind.LIFECYCLE:
            made = ApplicationLifecycle(**common, app=_product(version))
        case Kind.DETECTION:
            made = DetectionFinding(**common, finding_info=_finding(body))
        case Kind.DATA_SECURITY:
            made = DataSecurityFinding(**common, actor=actor, finding_info=_finding(body))
        case Kind.INCIDENT:
            made = IncidentFinding(**common, assignee=_user(body["actor"]), finding_info_list=[_finding(body)])
    return made.to_json()


def _weight(body: Mapping[str, Any], meaning: Meaning) -> Weight:
    """A refusal presses at least a little, whatever was refused."""
    return max(meaning.weight, Weight.LOW) if body.get("decision") == "refuse" else meaning.weight


def _status(body: Mapping[str, Any], meaning: Meaning) -> int:
    if meaning.stage is not None:
        return meaning.stage
    return _FAILURE if meaning.failed or body.get("decision") == "refuse" else _SUCCESS


def _rest(body: Mapping[str, Any], kind: Kind) -> Object | None:
    names = (*_UNMAPPED, "actor", "session") if kind in _WITHOUT_ACTOR else _UNMAPPED
    return {name: body[name] for name in names if name in body} or None


def _milliseconds(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def _product(version: str) -> Object:
    return {"name": PRODUCT, "vendor_name": PRODUCT, **({"version": version} if version else {})}


def _metadata(body: Mapping[str, Any], index: int, log: str, version: str) -> Object:
    return {
        "version": OCSF_VERSION,
        "product": _product(version),
        "log_name": log,
        "uid": body["id"],
        "sequence": index,
        "event_code": body["event"],
    }


def _user(name: str) -> Object:
    """A person by their pseudonym; programs say what they are."""
    kind = _SERVICE if name.startswith("service:") else _SYSTEM if ":" in name or name == "system" else _USER
    return {"uid": name, "type_id": kind}


def _actor(body: Mapping[str, Any]) -> Object:
    actor: Object = {"user": _user(body["actor"])}
    if "session" in body:
        actor["session"] = {"uid": body["session"]}
    return actor


def _whose(body: Mapping[str, Any]) -> Object:
    """Whom an act upon accounts is about: the person or key that the entry names, else whoever did it."""
    data = body.get("data") or {}
    if isinstance(person := data.get("person"), str) and person:
        return _user(person)
    if isinstance(key := data.get("key"), str) and key:
        return _user(f"service:{key}")
    return _user(body["actor"])


def _privileges(body: Mapping[str, Any]) -> list[str]:
    """The roles or fields the entry names, else the event itself: a receiver needs at least one."""
    data = body.get("data") or {}
    for name in ("after", "roles", "scopes", "before"):
        if isinstance(named := data.get(name), list) and named:
            return [str(each) for each in named]
    return [str(each) for each in body.get("fields") or ()] or [body["event"]]


def _entity(body: Mapping[str, Any]) -> Object:
    """What was acted upon: the middle word of the event, and the most telling id of the entry."""
    data = body.get("data") or {}
    kind = body["event"].split(":")[1]
    found = data.get("id") or data.get(kind)
    uid = found or body.get("approval") or body.get("permit") or body.get("subject") or body.get("client") or body["id"]
    return {"name": kind, "type": kind, "type_id": _OTHER, "uid": str(uid)}


def _database(body: Mapping[str, Any]) -> Object:
    return {"name": "records", "type_id": _OTHER, **({"uid": body["client"]} if "client" in body else {})}


def _from(body: Mapping[str, Any]) -> Object:
    """Addresses of the network are not in the log; a session tells one place from another."""
    return {"uid": body["session"]} if "session" in body else {"svc_name": body["actor"]}


def _finding(body: Mapping[str, Any]) -> Object:
    data = body.get("data") or {}
    uid = next((data[name] for name in ("finding", "incident", "alert", "id") if data.get(name)), body["id"])
    return {"uid": str(uid), "title": body["event"]}
