"""Discovery, users and groups. Each address parses, calls, answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from scim2_models import Context, ListResponse, Resource

from callwarden.control.accounts import provisioning
from callwarden.doors.scim import asked
from callwarden.doors.scim.answers import Wrong, answer, body_of, door
from callwarden.doors.scim.asked import Page
from callwarden.doors.scim.resources import (
    BASE,
    CONFIG,
    PROVIDER,
    Group,
    User,
    group_of,
    user_of,
    wanted_of,
)
from callwarden.kernel.errors import NotFound

QUERY = Context.RESOURCE_QUERY_RESPONSE


@door("GET")
def config(request: HttpRequest, *, actor: str) -> HttpResponse:
    """What this service can do."""
    return answer(_discovered(CONFIG, request, "ServiceProviderConfig", ""))


@door("GET")
def resource_types(request: HttpRequest, *, actor: str) -> HttpResponse:
    _no_filter(request)
    return _listed([_discovered(one, request, "ResourceType", str(one.id)) for one in PROVIDER.resource_types])


@door("GET")
def resource_type(request: HttpRequest, name: str, *, actor: str) -> HttpResponse:
    return _one_of(request, PROVIDER.resource_types, "ResourceType", name)


@door("GET")
def schemas(request: HttpRequest, *, actor: str) -> HttpResponse:
    _no_filter(request)
    return _listed([_discovered(one, request, "Schema", str(one.id)) for one in PROVIDER.schemas])


@door("GET")
def schema(request: HttpRequest, name: str, *, actor: str) -> HttpResponse:
    return _one_of(request, PROVIDER.schemas, "Schema", name)


@door("GET", "POST")
def users(request: HttpRequest, *, actor: str) -> HttpResponse:
    """List accounts, or open one."""
    if request.method == "GET":
        return _users(request, request.GET.dict())
    body = body_of(request)
    wanted = asked.document_of(User, body, Context.RESOURCE_CREATION_REQUEST)
    made = provisioning.create(
        wanted_of(wanted, spoken_name=asked.spoken_name(body), language=asked.language(body)), actor=actor
    )
    found = user_of(made, request)
    assert found.meta is not None
    shown = _shown(request, found, Context.RESOURCE_CREATION_RESPONSE)
    return answer(shown, 201, location=str(found.meta.location))


@door("POST")
def search_users(request: HttpRequest, *, actor: str) -> HttpResponse:
    """The same list, asked for in a body: names stay out of addresses."""
    return _users(request, body_of(request))


@door("POST")
def search(request: HttpRequest, *, actor: str) -> HttpResponse:
    """Accounts, then groups, that match (RFC 7644 section 3.4.3)."""
    given = body_of(request)
    page = Page.of(given)
    people = provisioning.visible().filter(asked.accounts_matching(page.filter)).order_by("date_joined", "pk")
    count, roles = people.count(), [] if page.filter else sorted(provisioning.groups())
    found: list[Resource[Any]] = [user_of(one, request) for one in people[page.slice]]
    first = max(0, page.start - 1 - count)
    found += [group_of(role, request) for role in roles[first : first + page.count - len(found)]]
    shown = [_shown(request, one, QUERY, given) for one in found]
    return _listed(shown, total=count + len(roles), start=page.start)


def _users(request: HttpRequest, given: Mapping[str, Any]) -> HttpResponse:
    page = Page.of(given)
    found = provisioning.visible().filter(asked.accounts_matching(page.filter)).order_by("date_joined", "pk")
    shown = [_shown(request, user_of(one, request), QUERY, given) for one in found[page.slice]]
    return _listed(shown, total=found.count(), start=page.start)


@door("GET", "PUT", "PATCH", "DELETE")
def user(request: HttpRequest, pk: str, *, actor: str) -> HttpResponse:
    """One account: read, replaced, patched, or closed."""
    with transaction.atomic():
        account = provisioning.find(pk)
        if request.method == "GET":
            return answer(_shown(request, user_of(account, request), QUERY))
        if request.method == "DELETE":
            provisioning.delete(account, actor=actor)
            return answer(None, 204)
        body = body_of(request)
        if request.method == "PUT":
            wanted = asked.document_of(User, body, Context.RESOURCE_REPLACEMENT_REQUEST)
            named = asked.spoken_name(body)
        else:
            wanted, named = asked.patched(user_of(account, request), User, body), ""
        account = provisioning.replace(account, wanted_of(wanted, spoken_name=named), actor=actor)
    return answer(_shown(request, user_of(account, request), Context.RESOURCE_REPLACEMENT_RESPONSE))


@door("GET", "POST")
def groups(request: HttpRequest, *, actor: str) -> HttpResponse:
    """List the roles a directory gives. There are no others to be made."""
    if request.method == "POST":
        raise provisioning.no_new_groups()
    page = Page.of(request.GET.dict())
    wanted = asked.equals(page.filter)
    if wanted is not None and wanted[0] not in ("displayname", "id"):
        raise Wrong("invalidFilter", _("Groups are found by displayName or id with eq."))
    known = sorted(provisioning.groups().items(), key=lambda pair: pair[1])
    if wanted is not None:
        known = [(r, n) for r, n in known if (r if wanted[0] == "id" else n.casefold()) == wanted[1].casefold()]
    shown = [_shown(request, group_of(role, request), QUERY) for role, _name in known[page.slice]]
    return _listed(shown, total=len(known), start=page.start)


@door("GET", "PUT", "PATCH", "DELETE")
def group(request: HttpRequest, role: str, *, actor: str) -> HttpResponse:
    """One role and who holds it."""
    if role not in provisioning.groups():
        raise NotFound("no_such_group", _("There is no such group. Look at the list of groups."))
    if request.method == "DELETE":
        raise provisioning.no_new_groups()
    with transaction.atomic():
        before = group_of(role, request)
        if request.method == "GET":
            return answer(_shown(request, before, QUERY))
        body = body_of(request)
        if request.method == "PUT":
            wanted = asked.document_of(Group, body, Context.RESOURCE_REPLACEMENT_REQUEST)
        else:
            wanted = asked.patched(before, Group, body)
        provisioning.set_members(role, _members(wanted), actor=actor)
        return answer(_shown(request, group_of(role, request), Context.RESOURCE_REPLACEMENT_RESPONSE))


def _members(group: Group) -> set[UUID]:
    try:
        return {UUID(str(one.value)) for one in group.members or []}
    except ValueError:
        raise Wrong("invalidValue", _("Members are named by the id of an account. Correct the list.")) from None


@door("GET", "POST", "PUT", "PATCH", "DELETE")
def nothing(request: HttpRequest, *, actor: str) -> HttpResponse:
    """Everything else, bulk included."""
    raise NotFound("address_not_found", _("There is nothing at this address."))


def _shown(
    request: HttpRequest, resource: Resource[Any], context: Context, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    chosen = asked.parameters(type(resource), request.GET.dict() if given is None else given)
    shown: dict[str, Any] = resource.model_dump(scim_ctx=context, response_parameters=chosen)
    return shown


def _discovered(one: Any, request: HttpRequest, kind: str, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = one.model_dump(scim_ctx=QUERY)
    folder = kind if kind == "ServiceProviderConfig" else f"{kind}s"
    location = request.build_absolute_uri("/".join(part for part in (BASE, folder, name) if part))
    return {**shown, "meta": {"resourceType": kind, "location": location}}


def _one_of(request: HttpRequest, known: Sequence[Any], kind: str, name: str) -> HttpResponse:
    for one in known:
        if str(one.id).casefold() == name.casefold():
            return answer(_discovered(one, request, kind, str(one.id)))
    raise NotFound("address_not_found", _("There is nothing at this address."))


def _no_filter(request: HttpRequest) -> None:
    """RFC 7644 section 4: what a service says of itself is not filtered."""
    if "filter" in request.GET:
        raise Wrong("invalidFilter", _("What this service says of itself is not filtered.")) from None


def _listed(shown: Sequence[dict[str, Any]], *, total: int | None = None, start: int = 1) -> HttpResponse:
    return answer(
        {
            "schemas": [str(ListResponse.__schema__)],
            "totalResults": len(shown) if total is None else total,
            "startIndex": start,
            "itemsPerPage": len(shown),
            **({"Resources": list(shown)} if shown else {}),
        }
    )
