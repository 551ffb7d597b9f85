"""Accounts: the list, one account, and what is changed about it. Nobody changes their own."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.control.accounts import actions, acts, queries
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.components import Action, Crumb, Fact, Facts, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import KEEP, SECURITY
from callwarden.doors.console.people import erasures, tables
from callwarden.doors.console.people.forms import CloseForm, EraseForm, LinesForm, NewAccountForm, RolesForm
from callwarden.doors.console.programs.tables import keys_of
from callwarden.doors.console.shell import role_name
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.requests import of_agents
from callwarden.kernel import people
from callwarden.kernel.errors import CallwardenError, NotFound
from callwarden.kernel.models import Approval, User
from callwarden.kernel.roles import SENSITIVE

CHANGE = frozenset({SECURITY})


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: ConsoleRequest) -> HttpResponse:
    """Every account. The list posts: names belong into no address."""
    offered = tables.FILTERS if request.method == "POST" else tables.FILTERS[1:]
    query = ListQuery.read(request, tables.COLUMNS, offered, sort="name")
    found = _matching(query)
    columns = [F(name) for name in tables.ORDERS[query.sort.removeprefix("-")]]
    down = query.sort.startswith("-")
    ordered = found.order_by(*((c.desc(nulls_last=True) if down else c.asc(nulls_last=True)) for c in columns), "pk")
    rows = tables.rows(list(ordered[query.start : query.start + query.size]))
    table = Table(
        "accounts",
        _("Accounts"),
        tables.COLUMNS,
        rows,
        query,
        found.count(),
        tables.EMPTY,
        filters=tables.FILTERS,
        private=True,
    )
    new = Action(_("Open an account"), reverse("console:account_new"), "plus", "primary")
    posts = Action(_("Sensitive posts"), reverse("console:account_posts"), "clock")
    training = Action(_("Training"), reverse("console:training"), "certificate")
    looked = (posts, training)
    context = {"crumbs": _crumbs(), "actions": (*looked, new) if holds(request, CHANGE) else looked}
    return render_list(request, "console/people/page.html", table, context)


def _matching(query: ListQuery) -> QuerySet[User]:
    found = queries.accounts()
    if text := query.values.get("q", ""):
        found = found.filter(Q(display_name__icontains=text) | Q(username__icontains=text))
    if role := query.values.get("role"):
        found = found.filter(roles__contains=[role])
    state = query.values.get("state")
    if state == "open":
        found = found.filter(is_active=True)
    elif state == "closed":
        found = found.filter(is_active=False, frozen_at=None)
    elif state == "frozen":
        found = found.filter(frozen_at__isnull=False)
    elif state == "dormant":
        found = found.filter(pk__in=queries.dormant().values("pk"))
    elif state == "sensitive":
        found = found.filter(roles__overlap=sorted(SENSITIVE))
    return found


@for_roles(KEEP)
@require_safe
def account(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One account: its rights, since when they are held, and what can be done."""
    person = _find(pk)
    may_change = holds(request, CHANGE) and person.pk != request.user.pk
    context = {
        "person": person,
        "badge": tables.state_badge(person),
        "facts": tables.facts(person, person.seen_at),  # type: ignore[attr-defined]
        "held": tables.roles_held(person),
        "keys": keys_of(person),
        "own": person.pk == request.user.pk and holds(request, CHANGE),
        "may_change": may_change,
        "roles": RolesForm(initial={"roles": person.roles}) if may_change else None,
        "lines": LinesForm(initial={"every": person.lines is None, "lines": [str(one) for one in person.lines or ()]})
        if may_change
        else None,
        "close": CloseForm() if may_change and person.is_active else None,
        "reopen": may_change and not person.is_active and person.frozen_at is None,
        "erase": EraseForm() if may_change and of_agents.subjects_of(person) else None,
        "asked": _asked_about(person, acts.GIVE),
        "asked_erasure": _asked_about(person, of_agents.ERASE),
        "erasures": erasures.table(person),
        "crumbs": _crumbs(person.get_full_name()),
    }
    return render(request, "console/people/account.html", context)


def _asked_about(person: User, kind: str) -> Approval | None:
    return (
        Approval.objects.filter(
            kind=kind,
            parameters__person=str(person.pk),
            state__in=(Approval.State.PENDING, Approval.State.APPROVED),
        )
        .order_by("-requested_at")
        .first()
    )


@for_roles(CHANGE)
@require_POST
def change_roles(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Give exactly these roles; a sensitive one is asked for."""
    form, person, here = RolesForm(request.POST), _find(pk), reverse("console:account", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Choose roles from the list.")))
        return HttpResponseRedirect(here)
    try:
        asked = actions.change_roles(
            person,
            form.cleaned_data["roles"],
            actor=request.user.actor,
            requester=request.user,
            reason=form.cleaned_data["reason"],
            session=request.actor.session,
        )
    except CallwardenError as error:
        messages.error(request, str(error))
    else:
        said = _("This role is given by two people: it has been asked for and waits in the approvals.")
        messages.success(request, str(said if asked else _("The roles are changed.")))
    return HttpResponseRedirect(here)


@for_roles(CHANGE)
@require_POST
def change_lines(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    form, person, here = LinesForm(request.POST), _find(pk), reverse("console:account", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Choose every line, or some of them.")))
        return HttpResponseRedirect(here)
    return do(
        request,
        lambda: actions.change_lines(person, form.chosen(), actor=request.user.actor),
        said=_("The lines are changed."),
        then=here,
    )


@for_roles(CHANGE)
@require_POST
def close(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Close the account and take everything back."""
    form, person = CloseForm(request.POST), _find(pk)
    reason = form.cleaned_data["reason"] if form.is_valid() else "leaver"
    return do(
        request,
        lambda: actions.close(person, actor=request.user.actor, reason=reason),
        said=_("The account is closed. Sessions, permits, service keys, requests and open votes have ended."),
        then=reverse("console:account", args=[pk]),
    )


@for_roles(CHANGE)
@require_POST
def erase(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask that their voice and words as an agent are erased."""
    form, person, here = EraseForm(request.POST), _find(pk), reverse("console:account", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Say why, so that the approvers can judge.")))
        return HttpResponseRedirect(here)
    reason = form.cleaned_data["reason"]
    return do(
        request,
        lambda: of_agents.ask(person, by=request.user, reason=reason, session=request.actor.session),
        said=_("It has been asked for and waits in the approvals."),
        then=here,
    )


@for_roles(CHANGE)
@require_POST
def reopen(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Open it again, without its sensitive roles."""
    person, here = _find(pk), reverse("console:account", args=[pk])
    try:
        dropped = actions.reopen(person, actor=request.user.actor)
    except CallwardenError as error:
        messages.error(request, str(error))
    else:
        names = ", ".join(str(role_name(role)) for role in dropped)
        again = format_lazy(_("The account is open again, without: {roles}. Two people give these anew."), roles=names)
        messages.success(request, str(again if dropped else _("The account is open again.")))
    return HttpResponseRedirect(here)


@for_roles(CHANGE)
@never_cache
@sensitive_variables("password")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: ConsoleRequest) -> HttpResponse:
    """Open an account. A first password is shown this once."""
    form = NewAccountForm(request.POST or None, initial={"every": False, "language": request.user.language})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        password = None if given["sso_only"] else secrets.token_urlsafe(18)
        try:
            person = people.open_account(
                given["username"].strip(),
                roles=given["roles"],
                actor=request.user.actor,
                display_name=given["display_name"].strip(),
                email=given["email"],
                password=password,
                language=given["language"],
                time_zone=given["time_zone"],
                lines=form.chosen(),
            )
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            if password is None:
                messages.success(request, str(_("The account is open.")))
                return HttpResponseRedirect(reverse("console:account", args=[person.pk]))
            shown = Facts([Fact(_("Account name"), person.username), Fact(_("Password"), password)])
            context = {
                "person": person,
                "password": password,
                "facts": shown,
                "crumbs": _crumbs(person.get_full_name()),
            }
            return render(request, "console/people/opened.html", context)
    context = {"form": form, "crumbs": _crumbs(_("Open an account"))}
    return render(request, "console/people/new.html", context, status=422 if form.errors else 200)


def _find(pk: UUID) -> User:
    found = queries.accounts().filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_account", _("There is no such account. Go back to the list."))
    return found


def _crumbs(here: Text = "") -> tuple[Crumb, ...]:
    control = Crumb(_("Internal control"), reverse("console:control"))
    if not here:
        return (control, Crumb(_("Accounts")))
    return (control, Crumb(_("Accounts"), reverse("console:accounts")), Crumb(here))
