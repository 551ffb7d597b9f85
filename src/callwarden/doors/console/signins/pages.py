"""The page of signing in: the rules in force, who is shut out, and one page for each person."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.asking import AskForm
from callwarden.doors.console.components import Crumb, Empty, Text
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import KEEP, SECURITY
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.doors.console.signins import site_keys, tables
from callwarden.doors.console.signins.forms import LinkForm
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.kernel.models import User
from callwarden.protection.signin import acts, devices, identities, lockouts, passwords
from callwarden.protection.signin.lockouts import Standing

DECIDE = frozenset({SECURITY})


@for_roles(KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: ConsoleRequest) -> HttpResponse:
    """The rules, who is shut out, and everybody who may sign in."""
    may_open = holds(request, DECIDE)
    query = ListQuery.read(request, tables.COLUMNS, tables.FILTERS, sort="name")
    people = tables.found(query)
    shown = list(people[query.start : query.start + query.size])
    standings = tables.standings_of(shown)
    rows = [tables.row(user, standings.get(user.pk, Standing())) for user in shown]
    empty = Empty(_("Nobody fits"), _("Widen the filters."), "users")
    table = Table(
        "people",
        _("Everybody who may sign in"),
        tables.COLUMNS,
        rows,
        query,
        people.count(),
        empty,
        filters=tables.FILTERS,
        private=True,
    )
    context = {
        "rules": tables.rules(),
        "closed": tables.closed(may_open=may_open),
        "providers": tables.providers(request),
        "saml_keys": site_keys.table(may_replace=may_open),
        "addresses": tables.closed_addresses(may_open=may_open),
        "crumbs": _crumbs(),
    }
    return render_list(request, "console/signins/page.html", table, context)


@for_roles(KEEP)
@require_safe
def person(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """How one person signs in, and what can be done when they cannot."""
    return _shown(request, _find(pk))


def _shown(request: ConsoleRequest, user: User, *, written: str = "", form: AskForm | None = None) -> HttpResponse:
    may = holds(request, DECIDE)
    context = {
        "somebody": user,
        "facts": tables.facts(user),
        "standing": lockouts.standing(user),
        "sessions": tables.sessions_of(user, may_end=may, own=request.actor.session),
        "may": may and user.pk != request.user.pk,
        "with_factor": passwords.has_factor(user),
        "form": form or AskForm(),
        "identities": tables.identities_of(user, may_end=may and user.pk != request.user.pk),
        "link_form": LinkForm() if identities.providers() else None,
        "written": written,
        "crumbs": _crumbs(user.get_full_name()),
    }
    return render(request, "console/signins/person.html", context, status=422 if form and form.errors else 200)


@for_roles(DECIDE)
@require_POST
def unlock(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Open sign-in for somebody before the time is over."""
    user = _find(pk)
    return do(
        request,
        lambda: lockouts.unlock(user, actor=request.user.actor),
        said=_("Sign-in is open for this person again."),
        then=reverse("console:sign_in_person", args=[pk]),
    )


@for_roles(DECIDE)
@require_POST
def open_address(request: ConsoleRequest) -> HttpResponse:
    """Open sign-in from an address before the time is over."""
    return do(
        request,
        lambda: lockouts.unlock_address(request.POST.get("address", ""), actor=request.user.actor),
        said=_("Sign-in from that address is open again."),
        then=reverse("console:sign_ins"),
    )


@for_roles(DECIDE)
@require_POST
def new_password(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Give a password for one sign-in. It is in this answer and nowhere else."""
    user = _other(request, pk)
    return _shown(request, user, written=passwords.reset(user, actor=request.user.actor))


@for_roles(DECIDE)
@require_POST
def remove_factors(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask that somebody's second factors are removed; somebody else decides."""
    user, form = _other(request, pk), AskForm(request.POST)
    if not form.is_valid():
        return _shown(request, user, form=form)
    return do(
        request,
        lambda: acts.ask_to_remove(
            user, requester=request.user, reason=form.cleaned_data["reason"], session=request.actor.session
        ),
        said=_("The change has been asked for. Somebody else decides in the approvals."),
        then=f"{reverse('console:approvals')}?list=mine",
    )


@for_roles(DECIDE)
@require_POST
def link(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Link somebody by the name that the provider gives them."""
    user, form = _other(request, pk), LinkForm(request.POST)
    here = reverse("console:sign_in_person", args=[pk])
    if not form.is_valid():
        messages.error(request, str(_("Choose a provider and enter the name it gives this person.")))
        return HttpResponseRedirect(here)
    given = form.cleaned_data
    return do(
        request,
        lambda: identities.link(
            user, identities.find_provider(given["provider"]), given["subject"], actor=request.user.actor
        ),
        said=_("This person may sign in by that provider now."),
        then=here,
    )


@for_roles(DECIDE)
@require_POST
def unlink(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End a link; the sessions of its person end with it."""
    found = identities.of(_find(pk)).filter(provider=request.POST.get("provider", "")).first()
    if found is None:
        raise NotFound("no_such_identity", _("There is no such link. Look at the page again."))
    return do(
        request,
        lambda: identities.unlink(found, actor=request.user.actor),
        said=_("The link and the sessions of this person have ended."),
        then=reverse("console:sign_in_person", args=[pk]),
    )


@for_roles(DECIDE)
@require_POST
def forget_browsers(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Treat every browser of somebody as unknown: one was lost, or is in wrong hands."""
    user = _find(pk)
    return do(
        request,
        lambda: devices.forget(user, actor=request.user.actor),
        said=_("No browser counts as known for this person any more."),
        then=reverse("console:sign_in_person", args=[pk]),
    )


def _find(pk: UUID) -> User:
    found = User.objects.filter(pk=pk, is_active=True).first()
    if found is None:
        raise NotFound("no_such_person", _("There is no such person here. Go back to the list."))
    return found


def _other(request: ConsoleRequest, pk: UUID) -> User:
    """Somebody else: one's own password and factors are changed in the settings, with the present ones shown."""
    user = _find(pk)
    if user.pk == request.user.pk:
        raise Conflict("yourself", _("Change your own password and second factor in your settings."))
    return user


def _crumbs(title: Text = "") -> tuple[Crumb, ...]:
    chapter = Crumb(_("Technical protection"), reverse("console:protection"))
    if not title:
        return (chapter, Crumb(_("Signing in")))
    return (chapter, Crumb(_("Signing in"), reverse("console:sign_ins")), Crumb(title))
