"""The inbox of two-person acts: what waits for me, what I asked for, what I decided."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import LedgerEntry
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.approvals import terms
from callwarden.doors.console.approvals.words import badge_of, plain, title_of, votes_needed
from callwarden.doors.console.audit import sinks
from callwarden.doors.console.components import (
    Action,
    ApprovalCard,
    Countdown,
    Crumb,
    Empty,
    Fact,
    Link,
    Row,
    Text,
    Voice,
)
from callwarden.doors.console.listing import Column, ListQuery, Table, render_list
from callwarden.doors.console.navigation import DECIDE, may_go
from callwarden.doors.console.shell import role_name
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details
from callwarden.kernel import approvals, clock
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Approval, User, Vote

State = Approval.State
COLUMNS = (
    Column("act", _("What")),
    Column("who", _("Asked by")),
    Column("at", _("Asked")),
    Column("votes", _("Approved")),
    Column("until", _("Open until")),
    Column("state", _("State")),
)
LISTS: dict[str, tuple[Text, Empty]] = {
    "mine_to_decide": (
        _("For me"),
        Empty(_("Nothing waits for you"), _("Requests that need a second person appear here."), "checkbox"),
    ),
    "mine": (
        _("Asked by me"),
        Empty(
            _("You have asked for nothing yet"),
            _("Publishing a notice, changing a retention rule or the access matrix starts on the chapter's page."),
            "send",
        ),
    ),
    "decided": (_("Decided by me"), Empty(_("You have decided nothing yet"), "", "clipboard-check")),
}
_DECIDED_AS = {Vote.Choice.APPROVE: "approved", Vote.Choice.REFUSE: "rejected"}


@for_roles(DECIDE)
@require_safe
def inbox(request: ConsoleRequest) -> HttpResponse:
    """One of three lists, the one that waits for the viewer first."""
    chosen = request.GET.get("list", "")
    chosen = chosen if chosen in LISTS else "mine_to_decide"
    query = ListQuery.read(request, COLUMNS)
    found = _list(chosen, request.user)
    rows = [_row(approval) for approval in found[query.start : query.start + query.size]]
    label, empty = LISTS[chosen]
    table = Table("approvals", label, COLUMNS, rows, query, found.count(), empty)
    tabs = [
        (f"?list={name}", title, name == chosen, _waiting(name, request.user)) for name, (title, _e) in LISTS.items()
    ]
    actions = [Action(_("Deputies"), reverse("console:deputies"), "users")]
    if holds(request, terms.LOOK):
        actions.append(Action(_("Who approves what"), reverse("console:approval_terms"), "scale"))
    return render_list(
        request,
        "console/approvals/inbox.html",
        table,
        {"tabs": tabs, "actions": actions, "heads": sinks.warning()},
    )


def _list(chosen: str, user: User) -> QuerySet[Approval]:
    lists = {
        "mine_to_decide": approvals.pending_for,
        "mine": approvals.requested_by,
        "decided": approvals.decided_by,
    }
    return lists[chosen](user).annotate(yes=Count("votes", filter=Q(votes__choice=Vote.Choice.APPROVE), distinct=True))


def _waiting(name: str, user: User) -> int:
    if name == "mine_to_decide":
        return approvals.pending_for(user).count()
    return approvals.ready_for(user).count() if name == "mine" else 0


def _row(approval: Approval) -> Row:
    open_still = approval.state in (State.PENDING, State.APPROVED)
    return Row(
        (
            Link(title_of(approval), reverse("console:approval", args=[approval.pk]), _about(approval)),
            approval.requester.get_full_name(),
            approval.requested_at,
            _("%(given)s of %(needed)s") % {"given": approval.yes, "needed": approval.quorum},  # type: ignore[attr-defined]
            Countdown(approval.expires_at) if open_still else approval.expires_at,
            badge_of(approval),
        )
    )


def _about(approval: Approval) -> Text:
    facts = plain(approval).facts
    return " · ".join(str(getattr(fact.value, "label", fact.value)) for fact in facts[:2])


@for_roles(DECIDE)
@require_safe
def approval(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One request: the exact act, who has spoken, and what the viewer may do about it."""
    asked = _find(pk)
    told = plain(asked)
    context = {
        "card": _card(asked, [_walkable(fact, request.user) for fact in told.facts]),
        "difference": told.difference,
        "asked": asked,
        "needed": votes_needed(asked),
        "may_vote": _may_vote(asked, request.user),
        "may_carry_out": _may_carry_out(asked, request.user),
        "may_withdraw": asked.requester_id == request.user.pk and asked.state in (State.PENDING, State.APPROVED),
        "why_not": _why_not(asked, request.user),
        "may_read": bool(ledger_details.may_read(request.actor)),
        "entry": LedgerEntry.objects.filter(entry=asked.entry).values_list("index", flat=True).first(),
        "crumbs": (Crumb(_("Approvals"), reverse("console:approvals")), Crumb(title_of(asked))),
        "title": title_of(asked),
        "badge": badge_of(asked),
    }
    return render(request, "console/approvals/approval.html", context)


def _walkable(fact: Fact, viewer: User) -> Fact:
    """No way to a customer's page for whoever is not let in there."""
    shown = fact.value
    if isinstance(shown, Link) and shown.href.startswith(reverse("console:customers")):
        return fact if may_go(viewer.roles, "console:customers") else Fact(fact.label, shown.label)
    return fact


def _find(pk: UUID) -> Approval:
    found = Approval.objects.select_related("requester", "executed_by").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_approval", _("There is no such request. Go back to your inbox."))
    return found


def _open(asked: Approval) -> bool:
    return clock.now() < asked.expires_at


def _may_vote(asked: Approval, user: User) -> bool:
    return approvals.pending_for(user).filter(pk=asked.pk).exists()


def _may_carry_out(asked: Approval, user: User) -> bool:
    mine = asked.requester_id == user.pk or user.has_role(*asked.roles)
    return asked.state == State.APPROVED and _open(asked) and mine


def _why_not(asked: Approval, user: User) -> Text:
    """Why the viewer has nothing to decide here; empty when they have, or when it is over."""
    if asked.state != State.PENDING or _may_vote(asked, user):
        return ""
    if asked.requester_id == user.pk:
        return _("You asked for this, so somebody else decides.")
    if asked.votes.filter(voter=user).exists():
        return _("You have decided; it waits for others.")
    if asked.votes.filter(in_name_of=user).exists():
        return _("Your deputy has decided in your name; it waits for others.")
    if not _open(asked):
        return _("The time for this request is over.")
    names = ", ".join(str(role_name(role)) for role in asked.roles)
    return _("This is decided by: %(roles)s.") % {"roles": names}


def _card(asked: Approval, facts: Sequence[Fact]) -> ApprovalCard:
    votes = list(asked.votes.select_related("voter", "in_name_of").order_by("at"))
    roles = " / ".join(str(role_name(role)) for role in asked.roles)
    spoken = [
        Voice(_spoke_as(vote), vote.voter.get_full_name(), _DECIDED_AS[Vote.Choice(vote.choice)], vote.at)
        for vote in votes
    ]
    still = asked.quorum - sum(vote.choice == Vote.Choice.APPROVE for vote in votes)
    places = [Voice(roles)] * max(0, still) if asked.state == State.PENDING else []
    return ApprovalCard(
        id=str(asked.pk),
        title=title_of(asked),
        state={State.PENDING: "waiting", State.APPROVED: "approved"}.get(State(asked.state), asked.state),
        asked_by=asked.requester.get_full_name(),
        asked_at=asked.requested_at,
        reason="",
        digest=asked.digest,
        expires_at=asked.expires_at,
        facts=facts,
        voices=[*spoken, *places],
    )


def _spoke_as(vote: Vote) -> Text:
    """By which roles, and in whose name."""
    if vote.in_name_of is None:
        return _role_of(vote.voter)
    says = _("in the name of %(who)s (%(roles)s)")
    return says % {"who": vote.in_name_of.get_full_name(), "roles": _role_of(vote.in_name_of)}


def _role_of(person: User) -> Text:
    return " / ".join(str(role_name(role)) for role in person.roles)


@for_roles(DECIDE)
@require_POST
def stated_reason(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Why it was asked for, to somebody who may decide on it: beside the act, or as a page of its own."""
    asked = _find(pk)
    stated = ledger_details.read_to_decide(request.actor, asked)
    inside = request.headers.get("HX-Request") == "true"
    context = {"stated": stated, "asked": asked, "title": title_of(asked)}
    template = "console/approvals/reason.html" if inside else "console/approvals/reason_alone.html"
    return render(request, template, context)


@for_roles(DECIDE)
@require_POST
def decide(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Approve or refuse exactly the act the page showed."""
    here = reverse("console:approval", args=[pk])
    reason = request.POST.get("reason", "")[:1000]
    if request.POST.get("digest", "") != _find(pk).digest:
        messages.error(request, str(_("This is not the act that was shown. Look at it again, then decide.")))
        return HttpResponseRedirect(here)
    if request.POST.get("decision") == "approve":
        act = lambda: approvals.approve(pk, by=request.user, reason=reason, session=request.actor.session)  # noqa: E731
        return do(request, act, said=_("You have approved this."), then=here)
    if not reason.strip():
        messages.error(request, str(_("Say why you refuse, so that the one who asked can do better.")))
        return HttpResponseRedirect(here)
    act = lambda: approvals.refuse(pk, by=request.user, reason=reason, session=request.actor.session)  # noqa: E731
    return do(request, act, said=_("You have refused this."), then=here)


@for_roles(DECIDE)
@require_POST
def carry_out(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Carry the approved act out, exactly once."""
    act = approvals.act_of(_find(pk))
    return do(
        request,
        lambda: approvals.execute(pk, act, by=request.user, session=request.actor.session),
        said=_("This has been carried out and is on record."),
        then=reverse("console:approval", args=[pk]),
    )


@for_roles(DECIDE)
@require_POST
def withdraw(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take one's own request back."""
    return do(
        request,
        lambda: approvals.withdraw(pk, by=request.user, session=request.actor.session),
        said=_("Your request has been taken back."),
        then=reverse("console:approval", args=[pk]),
    )
