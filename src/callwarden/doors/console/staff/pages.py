"""Writing the notice to staff, putting it before a second person, and seeing who has not read it yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE, AskForm, ask_to_publish
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Action, Badge, Crumb, Empty, Fact, Facts, Link, Moment, Row
from callwarden.doors.console.navigation import AUDITOR, DPO, SECURITY
from callwarden.doors.console.notices.words import missing
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.doors.console.staff.forms import StaffNoticeForm, start_of
from callwarden.kernel import approvals
from callwarden.kernel.errors import Conflict, NotFound
from callwarden.lawful.notices.markdown import render as rendered
from callwarden.lawful.notices.rules import shortcomings
from callwarden.lawful.staff import actions, queries
from callwarden.lawful.staff.acts import publication, whole
from callwarden.lawful.staff.models import StaffNotice
from callwarden.lawful.staff.rules import digest_of, first_draft

SEE = frozenset({DPO, SECURITY, AUDITOR})
SHOWN = 50
State = StaffNotice.State
LOOKS = {
    State.DRAFT: ("neutral", "pencil"),
    State.PUBLISHED: ("pass", "circle-check"),
    State.SUPERSEDED: ("neutral", "history"),
}


def badge_of(notice: StaffNotice) -> Badge:
    return Badge(State(notice.state).label, *LOOKS[State(notice.state)])


def crumbs(*last: Crumb) -> tuple[Crumb, ...]:
    here = Crumb(_("Notice to staff"), reverse("console:staff_notices") if last else "")
    return (Crumb(_("Lawful handling"), reverse("console:lawful")), here, *last)


def _find(pk: UUID) -> StaffNotice:
    found = StaffNotice.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_notice", _("There is no such notice. Go back to the chapter."))
    return found


@for_roles(SEE)
@require_safe
def versions(request: ConsoleRequest) -> HttpResponse:
    """Every version, and who has not confirmed the one in force."""
    found = sorted(StaffNotice.objects.order_by("-published_at"), key=lambda one: one.state != State.DRAFT)
    told = next((one for one in found if one.state == State.PUBLISHED), None)
    left = queries.still_to_read(told) if told else None
    context = {
        "title": _("Notice to staff"),
        "crumbs": crumbs(),
        "table": _table(found),
        "told": told,
        "read": told.readings.count() if told else 0,
        "left": [person.get_full_name() or person.username for person in left[:SHOWN]] if left is not None else [],
        "left_count": left.count() if left is not None else 0,
        "actions": _actions(found) if holds(request, CHANGE) else (),
    }
    return render(request, "console/staff/versions.html", context)


def _actions(found: list[StaffNotice]) -> tuple[Action, ...]:
    href = reverse("console:staff_notice_write")
    if any(one.state == State.DRAFT for one in found):
        return (Action(_("Change the draft"), href, "pencil", "primary"),)
    if not found:
        return (Action(_("Draft from the configuration"), href, "pencil", "primary"),)
    again = Action(_("Draft from the configuration"), f"{href}?start=configured", "refresh")
    return (Action(_("Write a new version"), href, "pencil", "primary"), again)


def _table(found: list[StaffNotice]) -> PlainTable:
    rows = [
        Row(
            (
                Link(one.version, reverse("console:staff_notice_version", args=[one.pk])),
                badge_of(one),
                Moment(one.published_at) if one.published_at else "",
                Moment(one.superseded_at) if one.superseded_at else "",
                one.readings.count() if one.published_at else "",
            )
        )
        for one in found
    ]
    headings = (_("Version"), _("State"), _("Told from"), _("Told until"), _("Confirmed by"))
    empty = Empty(
        _("Staff are told nothing yet"),
        _("Their voices are recorded and what they open is written down: they have to be told before."),
        "file-report",
    )
    return PlainTable(_("Versions"), headings, rows, empty)


@for_roles(SEE)
@require_safe
def version(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One version in both languages, and what is missing before it may be published."""
    one = _find(pk)
    draft = one.state == State.DRAFT
    context = {
        "notice": one,
        "title": _("Notice to staff %(version)s") % {"version": one.version},
        "badge": badge_of(one),
        "crumbs": crumbs(Crumb(one.version)),
        "en": rendered(one.text_en, base=3, prefix="en-"),
        "zh": rendered(one.text_zh, base=3, prefix="zh-"),
        "missing": missing(shortcomings(one.text_en, one.text_zh)) if draft else [],
        "intact": draft or digest_of(one.version, one.text_en, one.text_zh) == one.digest,
        "may_change": draft and holds(request, CHANGE),
        "asked": approvals.under_way(publication(one)) if draft else None,
        "form": AskForm(),
        "facts": Facts(
            [
                Fact(_("Published"), one.published_at),
                Fact(_("Superseded"), one.superseded_at),
                Fact(_("Digest"), digest_of(one.version, one.text_en, one.text_zh)),
            ]
        ),
    }
    return render(request, "console/staff/version.html", context)


@for_roles(CHANGE)
def write(request: ConsoleRequest) -> HttpResponse:
    """Write the draft, or go on with it: from what is told now, or from what is configured."""
    draft = StaffNotice.objects.filter(state=State.DRAFT).first()
    told = queries.told()
    source = draft or (told if request.GET.get("start") != "configured" else None)
    start = start_of(source) if source else start_of(_configured())
    form = StaffNoticeForm(request.POST or None, initial=start, possible={})
    if request.method == "POST" and request.POST.get("show") == "preview":
        return _preview(request, form)
    if form.is_valid():
        try:
            made = _keep(draft, form, actor=request.actor.name)
        except Conflict as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The draft was kept."))
            return HttpResponseRedirect(reverse("console:staff_notice_version", args=[made.pk]))
    return _editor(request, form, {"staff_generated": source is None})


def _configured() -> dict[str, str]:
    return first_draft(queries.purposes_of_staff(), days=queries.days_kept())


def _keep(draft: StaffNotice | None, form: StaffNoticeForm, *, actor: str) -> StaffNotice:
    texts = form.texts()
    if draft is None:
        return actions.draft(**texts)
    return actions.rewrite(draft, **texts, instead_of=form.cleaned_data["seen"])


def _editor(request: ConsoleRequest, form: StaffNoticeForm, more: dict[str, Any]) -> HttpResponse:
    typed = form.as_typed()
    context = {
        "form": form,
        "title": _("Write the notice to staff"),
        "pairs": list(form.pairs()),
        "missing": missing(shortcomings(typed["text_en"], typed["text_zh"])),
        "crumbs": crumbs(Crumb(_("Write"))),
        "back": reverse("console:staff_notices"),
        "for_staff": True,
        **more,
    }
    status = 200 if more.get("preview") or not form.errors else 422
    return render(request, "console/notices/editor.html", context, status=status)


def _preview(request: ConsoleRequest, form: StaffNoticeForm) -> HttpResponse:
    typed = form.as_typed()
    context = {
        "en": rendered(typed["text_en"], base=3, prefix="en-"),
        "zh": rendered(typed["text_zh"], base=3, prefix="zh-"),
        "missing": missing(shortcomings(typed["text_en"], typed["text_zh"])),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/notices/preview.html", context)
    return _editor(request, form, {**context, "preview": True})


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to publish exactly this text."""
    one = _find(pk)
    return ask_to_publish(request, publication(whole(one)), then=reverse("console:staff_notice_version", args=[pk]))
