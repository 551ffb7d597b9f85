"""Access for a time: ask for it, begin it, watch it run, give it back or take it away."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.emergency import actions as emergency
from callwarden.control.grants import actions, queries
from callwarden.control.grants.models import AccessGrant
from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.words import action_label
from callwarden.doors.console.clients import client_of
from callwarden.doors.console.components import Crumb, Fact, Facts, Text
from callwarden.doors.console.deeds import latest
from callwarden.doors.console.grants import tables
from callwarden.doors.console.grants.forms import About, AskForm
from callwarden.doors.console.labels import field_label
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import AUDITOR, DECIDE, DPO, GLASS, HANDLE_CALLS, SECURITY, may_go
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import granting, handing_out
from callwarden.kernel import approvals
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval

ASK = HANDLE_CALLS | {SECURITY}
OVERSEE = frozenset({DPO, SECURITY, AUDITOR})
END = frozenset({DPO, SECURITY})
State = AccessGrant.State


@for_roles(ASK)
@require_safe
def listing(request: ConsoleRequest) -> HttpResponse:
    """One's own grants; for officers everybody's as well."""
    everybody = holds(request, OVERSEE) and request.GET.get("list") == "all"
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="-asked_at")
    found = AccessGrant.objects.all() if everybody else queries.of_person(request.user)
    found = found.select_related("person").order_by(query.sort, "pk")
    if state := query.values["state"]:
        found = found.filter(state=state)
    if action := query.values["action"]:
        found = found.filter(action=action)
    rows = [tables.row(one) for one in found[query.start : query.start + query.size]]
    caption: Text = _("Access for a time")
    table = Table("grants", caption, tables.COLUMNS, rows, query, found.count(), tables.EMPTY, filters=tables.FILTERS)
    tabs = [
        ("?list=mine", _("Mine"), not everybody, 0),
        ("?list=all", _("Everybody's"), everybody, queries.live().count()),
    ]
    context = {"tabs": tabs if holds(request, OVERSEE) else [], "list": "all" if everybody else "mine"}
    return render_list(request, "console/grants/list.html", table, context)


@for_roles(ASK)
@require_http_methods(["GET", "POST"])
def ask(request: ConsoleRequest) -> HttpResponse:
    """Say for what, why and how long; somebody else decides. A refusal comes here with what it knows filled in."""
    about = About.read(request)
    drafted = request.method == "POST" and request.POST.get("step") == "draft"
    sent = None if request.method == "GET" or drafted else request.POST
    initial = {name: request.POST.get(name, "") for name in ("purpose", "reason")} if drafted else {}
    form = AskForm(request.actor, about, sent, initial=initial)
    if sent is not None and form.is_valid():
        try:
            wish = granting.wish_for(
                request.actor,
                client_of(request).id,
                about.scope,
                about.targets,
                action=about.action,
                fields=about.fields,
                call=about.call,
                **form.given,
            )
            grant = granting.ask(request.actor, wish)
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, str(_("You have asked for access. You begin it here once it is approved.")))
            return HttpResponseRedirect(reverse("console:grant", args=[grant.pk]))
    context = {"form": form, "about": _about(about), "crumbs": _crumbs(_("Ask for access"))}
    context["may_break"] = holds(request, GLASS) and emergency.may_begin(request.user)
    return render(request, "console/grants/ask.html", context, status=422 if form.errors else 200)


def _about(about: About) -> Facts:
    what = action_label(about.action)
    facts = [
        Fact(_("What"), what),
        Fact(_("Of"), AccessGrant.Scope(about.scope).label),
        Fact(_("How many"), len(about.targets)),
    ]
    if about.fields:
        facts.append(Fact(_("Fields"), ", ".join(str(field_label(name)) for name in about.fields)))
    return Facts(facts)


@for_roles(ASK)
@require_safe
def grant(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One grant: what it covers, how it runs, what was opened by it."""
    one = _find(request, pk)
    asked = Approval.objects.get(pk=one.approval)
    mine = one.person_id == request.user.pk
    entries = LedgerEntry.objects.filter(entry__in=one.openings.values("entry")).order_by("-index")
    context = {
        "grant": one,
        "title": tables.what(one),
        "badge": tables.badge(one),
        "facts": Facts(list(tables.facts(one, may_open=may_go(request.user.roles, "console:calls")))),
        "covered": tables.covered(one),
        "left": tables.left(one),
        "may_begin": mine and one.state == State.ASKED and asked.state == Approval.State.APPROVED,
        "may_end": tables.running(one) and (mine or holds(request, END)),
        "may_withdraw": mine and one.state == State.ASKED,
        "files": tables.files(handing_out.calls(one)) if mine and tables.running(one) else None,
        "has_values": mine and tables.running(one) and handing_out.has_values(one),
        "mine": mine,
        "approval": asked if holds(request, DECIDE) else None,
        "call": one.call if mine and may_go(request.user.roles, "console:calls") else None,
        "trail": latest(entries, request.user),
        "crumbs": _crumbs(tables.what(one)),
    }
    return render(request, "console/grants/grant.html", context)


@for_roles(ASK)
@require_POST
def begin(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """From now on the time runs."""
    return do(
        request,
        lambda: actions.begin(pk, by=request.user, session=request.actor.session),
        said=_("The time runs. Open what you need from its own page; each opening is on record."),
        then=reverse("console:grant", args=[pk]),
    )


@for_roles(ASK)
@require_POST
def sound(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """The recording of one call of a grant to export (`?call=`), as a file that says whose copy it is."""
    one = _find(request, pk)
    return _handed_out(
        request,
        one,
        lambda reason: handing_out.sound(
            request.actor, one, reason=reason, call=_call(request), disguised="disguised" in request.POST
        ),
        kind="audio/wav",
        ending="wav",
    )


@for_roles(ASK)
@require_POST
def transcripts(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """What was said in the calls of a grant to export, in all of them or in one (`?call=`), as a marked table."""
    one = _find(request, pk)
    return _handed_out(
        request,
        one,
        lambda reason: handing_out.transcripts(
            request.actor,
            one,
            reason=reason,
            told=tables.told_at_the_top(one, request.user),
            look=tables.look(),
            which=request.POST.get("which", "redacted"),
            call=_call(request),
        ),
    )


@for_roles(ASK)
@require_POST
def values(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """The values of a grant to export, as a table in whose every row stands whose copy it is."""
    one = _find(request, pk)
    told = tables.told_at_the_top(one, request.user)
    return _handed_out(
        request,
        one,
        lambda reason: handing_out.values(request.actor, one, reason=reason, told=told, heading=field_label),
    )


def _call(request: ConsoleRequest) -> UUID | None:
    """The call that was chosen among those of a grant, if one was."""
    chosen = request.GET.get("call") or request.POST.get("call")
    try:
        return UUID(chosen) if chosen else None
    except ValueError:
        raise NotFound("nothing_to_export", _("This grant covers no such call.")) from None


def _handed_out(
    request: ConsoleRequest,
    one: AccessGrant,
    release: Callable[[str], handing_out.File],
    *,
    kind: str = "text/csv; charset=utf-8",
    ending: str = "csv",
) -> HttpResponseBase:
    """One release as a download; a refusal is said on the page of the grant."""
    try:
        file = release(request.POST.get("reason", "")[:300])
    except CallwardenError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("console:grant", args=[one.pk]))
    response = StreamingHttpResponse(file.pieces, content_type=kind)
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = f'attachment; filename="callwarden-{file.permit}.{ending}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@for_roles(ASK)
@require_POST
def end(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Give back, take back, or take away."""
    return do(
        request,
        lambda: actions.end(pk, by=request.user, session=request.actor.session),
        said=_("It has ended, and with it everything that was open by it."),
        then=reverse("console:grant", args=[pk]),
    )


def _find(request: ConsoleRequest, pk: UUID) -> AccessGrant:
    """One's own, for officers everybody's, and for whoever decides on it the one they decide on."""
    one = AccessGrant.objects.select_related("person").filter(pk=pk).first()
    if one is None or not (holds(request, OVERSEE) or one.person_id == request.user.pk or _decides(request, one)):
        raise NotFound("no_such_grant", _("There is no such grant of access, or it is not yours."))
    return one


def _decides(request: ConsoleRequest, one: AccessGrant) -> bool:
    lists = (approvals.pending_for(request.user), approvals.decided_by(request.user))
    return any(found.filter(pk=one.approval).exists() for found in lists)


def _crumbs(here: Text) -> tuple[Crumb, ...]:
    return (Crumb(_("Access for a time"), reverse("console:grants")), Crumb(here))
