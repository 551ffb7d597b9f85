"""A walk over every address of the console: which objects stand in it, who asks, and what the database was asked for.

Objects are those of the demonstration. What a request changes is rolled back, so that the next finds the same centre;
what is opened for somebody is committed before it is opened, so those requests (`COMMITS`) really happen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.core import signing
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, reverse

from callwarden.custody.models import Call, Client, LedgerEntry, LedgerYear, Line, Record
from callwarden.custody.scope import client_scope
from callwarden.doors.console.demo import SALT
from callwarden.kernel.models import User

# Tables that say something of a caller, or lead to what does.
OF_CALLERS = frozenset(
    {
        "custody_sealedfield",
        "custody_searchtoken",
        "custody_identifiertoken",
        "custody_record",
        "custody_datakey",
    }
)
# Tables a request may write without an entry of its own; each with why.
NO_ENTRY_OF_THEIR_OWN = {
    "django_session": "the browser's session; that one was opened and ended is written",
    "kernel_session": "when somebody was last seen",
    "custody_permit": "comes with the entry of the decision",
    "custody_permitrecord": "comes with the entry of the decision",
    "custody_ledgerpending": "the entry itself",
    "custody_ledgerdetail": "the sealed part of an entry",
    "custody_lookupcount": "counts look-ups, to limit them",
    "protection_servicekey": "when a key was last used",
}
_SQL = re.compile(r'^\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
_READ = re.compile(r'(?:FROM|JOIN)\s+"(\w+)"')


@dataclass
class Seen:
    """What one request did."""

    answer: HttpResponse
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)

    @property
    def recorded(self) -> bool:
        return "custody_ledgerpending" in self.writes

    @property
    def unrecorded(self) -> set[str]:
        """Tables it changed without any entry."""
        return set() if self.recorded else self.writes - NO_ENTRY_OF_THEIR_OWN.keys()


@contextmanager
def watched() -> Iterator[Seen]:
    """Tables that are read and written in this block, by this thread."""
    seen = Seen(HttpResponse())

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if found := _SQL.match(str(sql)):
            if context["cursor"].rowcount:  # what changes no row changes nothing
                seen.writes.add(found[2].lower())
        else:
            seen.reads |= {name.lower() for name in _READ.findall(str(sql))}
        return result

    with connection.execute_wrapper(note):
        yield seen


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside has not happened afterwards."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # so that durable blocks within are let be
    with outer:
        yield
        transaction.set_rollback(True)


def console() -> dict[str, str]:
    """Every address of the console by name, as a route."""
    found: dict[str, str] = {}

    def walk(patterns: list[Any], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            elif isinstance(pattern, URLPattern) and pattern.name and not route.startswith(("api/", "scim/")):
                found[pattern.name] = route

    from callwarden.doors.console.urls import urlpatterns

    walk(urlpatterns, "")
    return found


def names_in(route: str) -> list[str]:
    """Names of the places in a route."""
    return re.findall(r"<\w+:(\w+)>", route)


class Filled:
    """Objects for the places in addresses: one of the demonstration where it has one, else an id that is nobody's."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Any] = {}

    def path(self, name: str, route: str) -> str:
        arguments = {place: self._place(name, place) for place in names_in(route)}
        return reverse(f"console:{name}", kwargs=arguments)

    def _place(self, name: str, place: str) -> Any:
        key = f"{name}.{place}"
        if key not in self._known:
            with client_scope(self._client.pk):
                self._known[key] = self._find(name, place)
        return self._known[key]

    def _find(self, name: str, place: str) -> Any:
        if (made := PLACES.get(f"{name}.{place}") or PLACES.get(place)) is not None:
            return made(self._client)
        for prefix, model in MODELS.items():
            if place in {"pk", "permit", "run", "epoch", "who", "item", "event", "proposal"} and name.startswith(
                prefix
            ):
                row = apps.get_model(model).objects.order_by("pk").first()
                return row.pk if row is not None else uuid4()
        return uuid4()


def _of_call(client: Client) -> UUID:
    known = Call.objects.filter(client=client, customer__isnull=False).order_by("-started_at", "pk")
    return known.values_list("pk", flat=True)[0]


def _record_of(client: Client) -> UUID:
    records = Record.objects.filter(call=_of_call(client), category="transcript_redacted").order_by("pk")
    return records.values_list("pk", flat=True)[0]


PLACES: dict[str, Callable[[Client], Any]] = {
    "call": _of_call,
    "customer": lambda _client: Call.objects.get(pk=_of_call(_client)).customer_id,
    "record": _record_of,
    "field": lambda _client: "text",
    "client": lambda client: client.pk,
    "line": lambda _client: Line.objects.order_by("slug")[0].slug,
    "notices.line": lambda _client: Line.objects.order_by("slug")[0].pk,
    "notice_new.line": lambda _client: Line.objects.order_by("slug")[0].pk,
    "year": lambda _client: LedgerYear.objects.order_by("-year")[0].year,
    "index": lambda _client: LedgerEntry.objects.order_by("-index").values_list("index", flat=True)[0],
    "link": lambda _client: signing.dumps("agent", salt=SALT),
    "column": lambda _client: "phone",
    "language": lambda _client: "zh",
    "source": lambda _client: "calls",
    "category": lambda _client: "contact",
    "law": lambda _client: "pipl",
    "step": lambda _client: "close",
    "version": lambda _client: "1",
    "kind": lambda _client: "bulk_unexplained",
    "slug": lambda _client: "service",
    "use": lambda _client: "signing",
    "evidence.slug": lambda _client: "encryption",
    "who": lambda _client: User.objects.filter(roles=["agent"]).order_by("username")[0].pk,
    "account.pk": lambda _client: User.objects.filter(roles=["agent"]).order_by("username")[0].pk,
}  # fmt: skip
# What stands in the place of an id, by how the name of the address begins; the first that fits.
MODELS: Mapping[str, str] = {
    "approval": "kernel.Approval",
    "deputy": "kernel.Delegation",
    "grant": "control.AccessGrant",
    "emergency": "control.EmergencyAccess",
    "finding": "kernel.Finding",
    "bulk": "kernel.BulkAct",
    "suppression": "control.Suppression",
    "canary": "control.Canary",
    "alert": "control.Alert",
    "incident": "kernel.Incident",
    "import_item": "custody.IntakeItem",
    "import_batch": "custody.IntakeBatch",
    "tie": "control.Tie",
    "matrix": "control.PolicyVersion",
    "notice": "lawful.Notice",
    "staff_notice": "lawful.StaffNotice",
    "certificate": "lawful.Certificate",
    "request": "lawful.SubjectRequest",
    "hold": "lawful.Matter",
    "anonymous": "lawful.Release",
    "revision": "lawful.PurposeRevision",
    "transfer": "lawful.Transfer",
    "assessment": "lawful.Assessment",
    "own_session": "kernel.Session",
    "session": "kernel.Session",
    "keys_end": "custody.Epoch",
    "keys_": "custody.KeyRun",
    "program": "protection.ServiceKey",
    "review_decide": "control.Item",
    "review": "control.Campaign",
    "drill": "protection.Drill",
    "siem": "control.SiemReceiver",
    "neighbour": "control.Neighbour",
    "residue": "custody.ResidueScan",
    "sign_in": "kernel.User",
    "consents_proof": "lawful.ConsentEvidence",
    "call_consent": "lawful.ConsentProposal",
    "call_audio": "custody.Permit",
}
