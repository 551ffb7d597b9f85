"""Notices: written, compared with what is told now, and put before a second person."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import Line
from callwarden.doors.console.access import do, for_roles, holds
from callwarden.doors.console.chapters.differences import of_texts
from callwarden.doors.console.components import Badge, Crumb, Fact, Facts
from callwarden.doors.console.navigation import DPO, OVERSEE, SECURITY
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Approval
from callwarden.lawful.notices import actions
from callwarden.lawful.notices.acts import PUBLISH, publication
from callwarden.lawful.notices.models import Notice

CHANGE = frozenset({DPO, SECURITY})
_LOOKS = {
    Notice.State.DRAFT: ("neutral", "pencil"),
    Notice.State.PUBLISHED: ("pass", "circle-check"),
    Notice.State.SUPERSEDED: ("neutral", "history"),
}


class NoticeForm(forms.Form):
    """The text in both languages; it cannot be published with one missing."""

    text_en = forms.CharField(
        label=_("English"), widget=forms.Textarea(attrs={"rows": 16, "lang": "en"}), max_length=50_000
    )
    text_zh = forms.CharField(
        label=_("Chinese"), widget=forms.Textarea(attrs={"rows": 16, "lang": "zh-Hans"}), max_length=50_000
    )


class AskForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For whoever decides. Kept sealed beside the log; do not write personal data here."),
    )


def _find(pk: UUID) -> Notice:
    notice = Notice.objects.select_related("line").filter(pk=pk).first()
    if notice is None:
        raise NotFound("no_such_notice", _("There is no such notice. Go back to the chapter."))
    return notice


def _crumbs(*last: Crumb) -> tuple[Crumb, ...]:
    return (Crumb(_("Lawful handling"), reverse("console:lawful")), *last)


@for_roles(OVERSEE)
@require_safe
def notice(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version in both languages, and what it changes."""
    one = _find(pk)
    draft = one.state == Notice.State.DRAFT
    before = _told_before(one)
    tone, icon = _LOOKS[Notice.State(one.state)]
    context = {
        "notice": one,
        "title": _("%(line)s: notice %(version)s") % {"line": named(one.line), "version": one.version},
        "badge": Badge(Notice.State(one.state).label, tone, icon),
        "facts": Facts(
            [
                Fact(_("Published"), one.published_at),
                Fact(_("Superseded"), one.superseded_at or None),
                Fact(_("Digest of the text"), actions.text_digest(one).hex()),
            ]
        ),
        "before": before,
        "difference": of_texts(before, one) if before else None,
        "may_change": draft and holds(request, CHANGE),
        "asked": _asked(one) if draft else None,
        "form": AskForm(),
        "crumbs": _crumbs(Crumb(f"{named(one.line)} · {one.version}")),
    }
    return render(request, "console/chapters/notice.html", context)


def _told_before(one: Notice) -> Notice | None:
    """The version this one replaces, or did."""
    others = Notice.objects.filter(line=one.line).exclude(pk=one.pk).exclude(state=Notice.State.DRAFT)
    if one.published_at:
        others = others.filter(published_at__lt=one.published_at)
    return others.order_by("-published_at").first()


def _asked(one: Notice) -> Approval | None:
    """The request that is under way for this text as it stands."""
    open_still = (Approval.State.PENDING, Approval.State.APPROVED)
    digest = publication(one).digest
    return Approval.objects.filter(kind=PUBLISH, digest=digest, state__in=open_still).order_by("-requested_at").first()


@for_roles(CHANGE)
def new(request: HttpRequest, line: UUID) -> HttpResponse:
    """Write the next version of a line's notice, beginning with what is told now."""
    one = Line.objects.filter(pk=line).first()
    if one is None:
        raise NotFound("no_such_line", _("There is no such line. Go back to the chapter."))
    told = Notice.objects.filter(line=one, state=Notice.State.PUBLISHED).first()
    start = {"text_en": told.text_en, "text_zh": told.text_zh} if told else {}
    form = NoticeForm(request.POST or None, initial=start)
    if form.is_valid():
        made = actions.draft(one, **form.cleaned_data)
        return HttpResponseRedirect(reverse("console:notice", args=[made.pk]))
    return _editor(request, form, named(one), reverse("console:lawful"))


@for_roles(CHANGE)
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a draft; what was asked for its former text no longer covers it."""
    one = _find(pk)
    form = NoticeForm(request.POST or None, initial={"text_en": one.text_en, "text_zh": one.text_zh})
    here = reverse("console:notice", args=[pk])
    if form.is_valid():
        return do(
            request, lambda: actions.rewrite(one, **form.cleaned_data), said=_("The draft was changed."), then=here
        )
    return _editor(request, form, f"{named(one.line)} · {one.version}", here)


def _editor(request: HttpRequest, form: NoticeForm, title: str, back: str) -> HttpResponse:
    context = {"form": form, "title": title, "back": back, "crumbs": _crumbs(Crumb(title))}
    return render(request, "console/chapters/notice_edit.html", context, status=422 if form.errors else 200)


@for_roles(CHANGE)
@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to publish exactly this text."""
    one = _find(pk)
    return do(
        request,
        lambda: approvals.request(
            publication(one),
            requester=request.user,
            reason=request.POST.get("reason", "")[:1000],
            client=one.line.client_id,
            session=request.actor.session,
        ),
        said=_("Publication has been asked for. Somebody else decides in the approvals."),
        then=reverse("console:notice", args=[pk]),
    )
