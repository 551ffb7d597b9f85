"""The editor: both languages side by side, section by section. What was typed is never lost to an error."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from callwarden.custody.models import Line
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.chapters.asking import CHANGE
from callwarden.doors.console.components import Crumb, Difference
from callwarden.doors.console.notices.differences import of_notices
from callwarden.doors.console.notices.forms import NoticeForm, possible_on, start_of
from callwarden.doors.console.notices.pages import crumbs, find, find_line
from callwarden.doors.console.notices.words import missing
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel.errors import Conflict
from callwarden.lawful.notices import actions, queries
from callwarden.lawful.notices.drafting import first_draft
from callwarden.lawful.notices.markdown import render as rendered
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from, shortcomings
from callwarden.lawful.notices.speech import reading


@for_roles(CHANGE)
def new(request: ConsoleRequest, line: UUID) -> HttpResponse:
    """Write the next version of a line's notice: from what is told now, or from what is configured."""
    one = find_line(line)
    facts = queries.facts_of(one)
    told = queries.told(one)
    source = told if told and request.GET.get("start") != "configured" else first_draft(facts)
    possible = possible_on(one, facts, covers_from(told.covers) if told else {})
    form = NoticeForm(
        request.POST or None,
        initial=start_of(source),
        possible=possible,
        may_bring_over=queries.may_bring_over(one),
    )
    if _is_preview(request):
        return _preview(request, form, one)
    if form.is_valid():
        made = actions.draft(one, **form.what_is_written(), actor=request.actor.name)
        messages.success(request, gettext("The draft was kept."))
        return HttpResponseRedirect(reverse("console:notice", args=[made.pk]))
    title = _("%(line)s: a new version") % {"line": named(one)}
    more = {
        "told": told,
        "generated": source is not told,
        "back": reverse("console:notices", args=[one.pk]),
    }
    return _editor(request, form, one, title, more)


@for_roles(CHANGE)
def edit(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Change a draft; what was asked for its former text no longer covers it."""
    one = find(pk)
    here = reverse("console:notice", args=[pk])
    if one.state != Notice.State.DRAFT:
        messages.error(request, gettext("This version was published before. Write a new version instead."))
        return HttpResponseRedirect(here)
    possible = possible_on(one.line, queries.facts_of(one.line), covers_from(one.covers))
    start = {**start_of(one), "seen": actions.text_digest(one).hex()}
    # A day that may not be said any more stays in sight until it is taken out.
    may_bring_over = queries.may_bring_over(one.line) or one.told_since is not None
    form = NoticeForm(request.POST or None, initial=start, possible=possible, may_bring_over=may_bring_over)
    if _is_preview(request):
        return _preview(request, form, one.line)
    theirs: Difference | None = None
    if form.is_valid():
        try:
            seen = bytes.fromhex(form.cleaned_data["seen"]) if form.cleaned_data["seen"] else None
            actions.rewrite(one, **form.what_is_written(), instead_of=seen, actor=request.actor.name)
        except (Conflict, ValueError) as error:
            one.refresh_from_db()
            theirs = of_notices(one, Notice(line=one.line, **form.what_is_written()))
            form.add_error(None, str(error))
            # Whoever saves again has seen both, so the second time their text holds.
            form.data = request.POST.copy()
            form.data["seen"] = actions.text_digest(one).hex()
        else:
            messages.success(request, gettext("The draft was changed."))
            return HttpResponseRedirect(here)
    more = {"theirs": theirs, "back": here}
    title = _("%(line)s: draft %(version)s") % {"line": named(one.line), "version": one.version}
    return _editor(request, form, one.line, title, more)


def _editor(request: ConsoleRequest, form: NoticeForm, line: Line, title: object, more: dict[str, Any]) -> HttpResponse:
    typed = form.as_typed()
    context = {
        "form": form,
        "title": title,
        "line": line,
        "pairs": list(form.pairs()),
        "script": form.script(),
        "readings": form.readings(),
        "covers": form.cover_choices(),
        "missing": missing(shortcomings(**typed)),
        "crumbs": crumbs(line, Crumb(title)),
        **more,
    }
    status = 200 if more.get("preview") or not form.errors else 422
    return render(request, "console/notices/editor.html", context, status=status)


def _is_preview(request: ConsoleRequest) -> bool:
    return request.method == "POST" and request.POST.get("show") == "preview"


def _preview(request: ConsoleRequest, form: NoticeForm, line: Line) -> HttpResponse:
    """How both texts will look: a fragment beside the form, or, without scripts, the whole page again."""
    typed = form.as_typed()
    context = {
        "line": line,
        "en": rendered(typed["text_en"], base=3, prefix="en-"),
        "zh": rendered(typed["text_zh"], base=3, prefix="zh-"),
        "missing": missing(shortcomings(**typed)),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/notices/preview.html", context)
    title = _("%(line)s: preview") % {"line": named(line)}
    more = {**context, "preview": True, "back": reverse("console:notices", args=[line.pk])}
    return _editor(request, form, line, title, more)


@for_roles(CHANGE)
@require_POST
def timing(request: ConsoleRequest, language: str) -> HttpResponse:
    """How long the script being typed takes to say."""
    one = reading(request.POST.get(f"script_{language}", "")[:10_000], language)
    return render(request, "console/notices/reading.html", {"it": one})
