"""The certificates that were issued: read, checked by the independent verifier, taken away as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from callwarden.custody.categories import Category
from callwarden.custody.models import Line
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.certificates import words
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Crumb, Empty, Fact, Facts, Link, Option, Row, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.listing import Column, Filter, ListQuery, Table, render_list
from callwarden.doors.console.navigation import OVERSEE, PROVE
from callwarden.doors.console.registry.words import certainty_badge
from callwarden.flows import certificates
from callwarden.flows.names import named
from callwarden.kernel.errors import NotFound
from callwarden.lawful.certificates.models import Certificate
from callwarden.lawful.purposes.terms import Certainty

COLUMNS = (
    Column("issued_at", _("Issued"), sortable=True),
    Column("kind", _("What it certifies")),
    Column("records", _("Records"), end=True),
    Column("open", _("Not covered")),
    Column("client", _("Client")),
)
FILTERS = (Filter("kind", _("What it certifies"), options=[Option(*pair) for pair in Certificate.Kind.choices]),)
EMPTY = Empty(
    _("No certificate yet"),
    _("One is issued when a retention period has ended and nothing is left, or when an erasure was carried out."),
    "certificate",
)


@for_roles(OVERSEE)
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All certificates, the latest first."""
    query = ListQuery.read(request, COLUMNS, FILTERS, sort="-issued_at")
    found = Certificate.objects.select_related("client").order_by(query.sort, "pk")
    if kind := query.values["kind"]:
        found = found.filter(kind=kind)
    rows = [_row(one) for one in found[query.start : query.start + query.size]]
    table = Table("certificates", _("Certificates"), COLUMNS, rows, query, found.count(), EMPTY, filters=FILTERS)
    return render_list(request, "console/certificates/page.html", table, {"crumbs": _crumbs()})


def _row(certificate: Certificate) -> Row:
    told = certificates.content(certificate)
    uncovered = ", ".join(str(words.replica(one["what"])) for one in told["not_covered"])
    label = Certificate.Kind(certificate.kind).label
    return Row(
        (
            certificate.issued_at,
            Link(label, reverse("console:certificate", args=[certificate.pk]), certificate.digest[:16]),
            told["scope"].get("records", ""),
            uncovered,
            named(certificate.client) if certificate.client else "",
        )
    )


@for_roles(OVERSEE)
@require_safe
def certificate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One certificate: its text, and what the verifier says of it now."""
    one = _find(pk)
    told = certificates.content(one)
    context = {
        "title": Certificate.Kind(one.kind).label,
        "facts": Facts(list(_facts(one, told))),
        "replicas": _replicas(told),
        "not_covered": [
            (words.replica(it["what"]), words.reason(it["why"]), it.get("count"), ", ".join(it.get("days", ())))
            for it in told["not_covered"]
        ],
        "exempt": [(it, _sure(it)) for it in told["exempt"]],
        "found": told["scan"]["found"],
        "covered": ", ".join(str(words.replica(name)) for name in told["scan"]["covered"]),
        "verdict": _verdict(one),
        "file": reverse("console:certificate_file", args=[one.pk]),
        "entry": certificates.index_of(one) if holds(request, PROVE) else None,
        "crumbs": _crumbs(Certificate.Kind(one.kind).label),
    }
    return render(request, "console/certificates/certificate.html", context)


def _sure(exempt: Mapping[str, Any]) -> Badge:
    """How sure the provision is; certificates did not always say it, and then nobody may rely on it."""
    return certainty_badge(exempt.get("certainty", Certainty.UNCERTAIN))


def _verdict(one: Certificate) -> tuple[Badge, list[object]]:
    try:
        checked = certificates.checked(one)
    except NotFound:
        return Badge.of("not_measured"), [_("The log signs it within a second or so. Open this page again then.")]
    return Badge.of("pass" if checked.holds else "fail"), [words.fault(code) for code in checked.faults]


def _facts(one: Certificate, told: Mapping[str, Any]) -> Iterator[Fact]:
    scope = told["scope"]
    yield Fact(_("Issued"), one.issued_at)
    yield Fact(_("Number"), str(one.pk))
    if one.client:
        yield Fact(_("Client"), named(one.client))
    if ids := scope.get("lines"):
        yield Fact(_("Lines"), ", ".join(named(line) for line in Line.objects.filter(pk__in=ids).order_by("slug")))
    if kinds := scope.get("categories"):
        labels = dict(Category.choices)
        yield Fact(_("Kinds of data"), ", ".join(str(labels.get(kind, kind)) for kind in kinds))
    if "records" in scope:
        yield Fact(_("Records"), scope["records"])
    if "buckets" in scope:
        yield Fact(_("Retention keys"), scope["buckets"])
    if first := scope.get("first_week"):
        yield Fact(_("Weeks"), f"{first} – {scope['last_week']}" if scope["last_week"] != first else first)
    if agent := scope.get("agent"):
        yield Fact(_("Agent"), named_actor(agent))
    if "calls" in scope:
        yield Fact(_("Calls"), scope["calls"])
    decided = [named_actor(actor) for actor in told["approvers"]]
    yield Fact(_("Decided by"), ", ".join(map(str, decided)) if decided else _by_nobody(scope))
    yield Fact(_("Digest"), one.digest)


def _by_nobody(scope: Mapping[str, Any]) -> Text:
    if scope.get("decision_known") is False:
        return _("two people, before this store was restored; it does not know whom")
    return _("the rule, when its time came")


def _replicas(told: Mapping[str, Any]) -> PlainTable:
    rows = [
        Row(
            (
                words.replica(one["name"]),
                words.method(one["method"]),
                one["before"],
                _("until %(day)s at the latest") % {"day": one["by"]} if "by" in one else one["after"],
            )
        )
        for one in told["replicas"]
    ]
    return PlainTable(_("Copies"), (_("Copy"), _("How it went"), _("Before"), _("Left")), rows)


@for_roles(OVERSEE)
@require_safe
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The certificate with its proof, for `callwarden verify`. It holds no personal data."""
    one = _find(pk)
    response = HttpResponse(certificates.document(one), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{one.pk}{certificates.SUFFIX}"'
    return response


def _find(pk: UUID) -> Certificate:
    found = Certificate.objects.select_related("client").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_certificate", _("There is no such certificate. Go back to the list."))
    return found


def _crumbs(here: object = "") -> tuple[Crumb, ...]:
    lawful = Crumb(_("Lawful handling"), reverse("console:lawful"))
    if not here:
        return (lawful, Crumb(_("Certificates")))
    return (lawful, Crumb(_("Certificates"), reverse("console:certificates")), Crumb(here))
