"""Whom and what the list of entries is narrowed to, in words: masked as everywhere, and with the way back to all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Client, Customer, Subject
from callwarden.custody.scope import client_scope
from callwarden.doors.console import purposes
from callwarden.doors.console.access import holds
from callwarden.doors.console.calls.shown import started
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.navigation import AGENT, DPO, LEADER, SECURITY, SEE_CALLS
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.calls import Filters
from callwarden.flows.calls import visible as visible_calls
from callwarden.flows.names import named
from callwarden.flows.people import profiles, visible
from callwarden.kernel.errors import CallwardenError

_SEE_CUSTOMERS = frozenset({AGENT, LEADER, DPO, SECURITY})
_PROFILE = (Category.IDENTITY, Category.CONTACT)
_SHOWN = ("name", "phone", "customer_no")


@dataclass(frozen=True)
class Told:
    """One thing the list is narrowed to. `href` leads to its own page, `without` to the list without this filter."""

    text: str
    icon: str
    href: str = ""
    without: str = ""


def told(request: ConsoleRequest, values: Mapping[str, str]) -> list[Told]:
    """What is filtered by. A masked profile is opened for it where the viewer may, which is entered like any look."""
    return list(_told(request, values))


def _told(request: ConsoleRequest, values: Mapping[str, str]) -> Iterator[Told]:
    for name, tell in (("subject", _of_subject), ("call", _of_call)):
        if one := values.get(name):
            others = {key: value for key, value in values.items() if value and key != name}
            without = f"{reverse('console:audit')}?{urlencode(others)}#entries"
            yield replace(tell(request, UUID(one)), without=without)


def _of_subject(request: ConsoleRequest, pseudonym: UUID) -> Told:
    short = f"{pseudonym}"[:8] + "…"
    for client in Client.objects.order_by("slug"):
        with client_scope(client.id):
            subject = Subject.objects.select_related("user").filter(pk=pseudonym).first()
            customer = visible(request.actor).filter(subject=pseudonym).first()
        if subject is not None:
            return (
                _of_customer(request, client, customer, short) if customer else Told(_of_kind(subject, short), "user")
            )
    return Told(_("Data subject %(pseudonym)s, who is erased or was never known here") % {"pseudonym": short}, "user")


def _of_kind(subject: Subject, short: str) -> str:
    since = f"{timezone.localtime(subject.created_at):%Y-%m-%d}"
    if subject.user is not None:
        return _("Colleague %(name)s, by their voice in calls") % {"name": subject.user.get_full_name()}
    if subject.kind == Subject.Kind.CALLER:
        return _("Caller %(pseudonym)s of one call, on record since %(since)s") % {"pseudonym": short, "since": since}
    return _("Customer %(pseudonym)s, on record since %(since)s") % {"pseudonym": short, "since": since}


def _of_customer(request: ConsoleRequest, client: Client, customer: Customer, short: str) -> Told:
    since = f"{timezone.localtime(customer.created_at):%Y-%m-%d}"
    parts = [_("Customer %(pseudonym)s, on record since %(since)s") % {"pseudonym": short, "since": since}]
    if purpose := purposes.usual(request, purposes.open_to(request.actor, "view_masked", _PROFILE)):
        with suppress(CallwardenError):  # the pseudonym does; the log is read all the same
            shown = profiles(request.actor, client.id, [customer], purpose=purpose)[customer.id]
            parts += [value for name in _SHOWN if name in shown for value in shown[name].shown]
    here = holds(request, _SEE_CUSTOMERS) and client == client_of(request)
    return Told(" · ".join(parts), "user", reverse("console:customer", args=[customer.id]) if here else "")


def _of_call(request: ConsoleRequest, number: UUID) -> Told:
    for client in Client.objects.order_by("slug"):
        with client_scope(client.id):
            calls = visible_calls(request.actor, Filters(ids=(number,)))
            call: Call | None = calls.select_related("line", "agent").first()
        if call is not None:
            parts = [_("Call of %(time)s") % {"time": started(call)}, named(call.line)]
            parts += [call.agent.get_full_name()] if call.agent else []
            here = holds(request, SEE_CALLS) and client == client_of(request)
            return Told(" · ".join(parts), "phone", reverse("console:call", args=[call.id]) if here else "")
    short = f"{number}"[:8] + "…"
    return Told(_("Call %(number)s, which is erased or not on your lines") % {"number": short}, "phone")
