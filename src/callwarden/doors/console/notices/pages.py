"""Versions of a line's notice: read, compared, put before a second person."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.custody.models import Line
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.chapters.asking import CHANGE, AskForm, ask_to_publish
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Action, Crumb, Empty, Fact, Facts, Link, Moment, Row
from callwarden.doors.console.navigation import OVERSEE
from callwarden.doors.console.notices.differences import of_notices
from callwarden.doors.console.notices.words import badge_of, covers_facts, missing, purpose_names
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows.names import named
from callwarden.kernel import approvals
from callwarden.kernel.errors import NotFound
from callwarden.lawful.notices import queries
from callwarden.lawful.notices.acts import publication, whole
from callwarden.lawful.notices.documents import intact, text_digest
from callwarden.lawful.notices.markdown import render as rendered
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from, shortcomings, widened
from callwarden.lawful.notices.speech import reading


def find(pk: UUID) -> Notice:
    notice = Notice.objects.select_related("line__client").filter(pk=pk).first()
    if notice is None:
        raise NotFound("no_such_notice", _("There is no such notice. Go back to the chapter."))
    return notice


def find_line(pk: UUID) -> Line:
    line = Line.objects.select_related("client").filter(pk=pk).first()
    if line is None:
        raise NotFound("no_such_line", _("There is no such line. Go back to the chapter."))
    return line


def crumbs(line: Line, *last: Crumb) -> tuple[Crumb, ...]:
    versions = Crumb(
        _("%(line)s: notices") % {"line": named(line)}, reverse("console:notices", args=[line.pk]) if last else ""
    )
    return (Crumb(_("Lawful handling"), reverse("console:lawful")), versions, *last)


@for_roles(OVERSEE)
@require_safe
def versions(request: ConsoleRequest, line: UUID) -> HttpResponse:
    """Every version of a line's notice, and where the public reads it."""
    one = find_line(line)
    found = list(Notice.objects.filter(line=one).order_by("-published_at", "-version"))
    found.sort(key=lambda notice: notice.state != Notice.State.DRAFT)
    may_change = holds(request, CHANGE)
    context = {
        "title": _("%(line)s: notices") % {"line": named(one)},
        "crumbs": crumbs(one),
        "table": _table(found),
        "public": _public_address(request, one) if any(notice.published_at for notice in found) else "",
        "actions": (_write(one), _generate(one)) if may_change else (),
    }
    return render(request, "console/notices/versions.html", context)


def _write(line: Line) -> Action:
    return Action(_("Write a new version"), reverse("console:notice_new", args=[line.pk]), "pencil", "primary")


def _generate(line: Line) -> Action:
    href = f"{reverse('console:notice_new', args=[line.pk])}?start=configured"
    return Action(_("Draft from the configuration"), href, "refresh")


def _table(found: list[Notice]) -> PlainTable:
    rows = []
    for place, notice in enumerate(found):
        before = next((other for other in found[place + 1 :] if other.published_at), None)
        href = reverse("console:notice", args=[notice.pk])
        rows.append(
            Row(
                (
                    Link(notice.version, href),
                    badge_of(notice),
                    Moment(notice.told_from) if notice.told_from else "",
                    Moment(notice.superseded_at) if notice.superseded_at else "",
                    Link(_("Compare with %(version)s") % {"version": before.version}, f"{href}?against={before.pk}")
                    if before
                    else "",
                )
            )
        )
    headings = (_("Version"), _("State"), _("Told from"), _("Told until"), _("What changed"))
    empty = Empty(_("No notice yet"), _("Without a published notice no call of this line is kept."), "file-report")
    return PlainTable(_("Versions"), headings, rows, empty)


def _public_address(request: ConsoleRequest, line: Line) -> str:
    return request.build_absolute_uri(reverse("console:privacy", args=[queries.public_name(line)]))


@for_roles(OVERSEE)
@require_safe
def notice(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One version in both languages, what it changes, what it covers, and what is missing."""
    one = find(pk)
    draft = one.state == Notice.State.DRAFT
    before = _compared_with(one, request.GET.get("against", ""))
    context = {
        "notice": one,
        "title": _("%(line)s: notice %(version)s") % {"line": named(one.line), "version": one.version},
        "badge": badge_of(one),
        "en": rendered(one.text_en, base=3, prefix="en-"),
        "zh": rendered(one.text_zh, base=3, prefix="zh-"),
        "scripts": [
            (tag, name, script, reading(script, language))
            for language, tag, name, script in (
                ("en", "en", "English", one.script_en),
                ("zh", "zh-Hans", "中文", one.script_zh),
            )
            if script.strip()
        ],
        "covers": covers_facts(covers_from(one.covers)),
        "facts": _facts(request, one),
        "intact": draft or intact(one),
        "before": before,
        "others": Notice.objects.filter(line=one.line).exclude(pk=pk).order_by("-published_at", "-version"),
        "difference": of_notices(before, one) if before else None,
        "renewals": _renewals(before, one) if before else [],
        "missing": missing(shortcomings(one.text_en, one.text_zh, one.script_en, one.script_zh)) if draft else [],
        "may_change": draft and holds(request, CHANGE),
        "asked": approvals.under_way(publication(one)) if draft else None,
        "form": AskForm(),
        "crumbs": crumbs(one.line, Crumb(one.version)),
    }
    return render(request, "console/notices/notice.html", context)


def _facts(request: ConsoleRequest, one: Notice) -> Facts:
    facts = [
        *([Fact(_("Callers have been told this since"), one.told_since)] if one.told_since else []),
        Fact(_("Published"), one.published_at),
        Fact(_("Superseded"), one.superseded_at or None),
        Fact(_("Digest"), text_digest(one).hex()),
    ]
    if one.published_at:
        name = queries.public_name(one.line)
        address = request.build_absolute_uri(reverse("console:privacy_version", args=[name, one.version]))
        facts.append(Fact(_("Public page"), Link(address, address)))
    return Facts(facts)


def _compared_with(one: Notice, asked: str) -> Notice | None:
    """The version somebody asked to compare with, else the one this replaces, or did."""
    others = Notice.objects.filter(line=one.line).exclude(pk=one.pk)
    try:
        if asked and (found := others.filter(pk=UUID(asked)).first()):
            return found
    except ValueError:
        pass  # an unusable link compares with what was told before
    told = others.exclude(state=Notice.State.DRAFT)
    if one.published_at:
        told = told.filter(published_at__lt=one.published_at)
    return told.order_by("-published_at").first()


def _renewals(before: Notice, one: Notice) -> list[str]:
    """Names of the purposes for which consent has to be asked for again."""
    names = purpose_names()
    return [names.get(slug, slug) for slug in sorted(widened(covers_from(before.covers), covers_from(one.covers)))]


@for_roles(CHANGE)
@require_POST
def ask(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for leave to publish exactly this text."""
    one = find(pk)
    then = reverse("console:notice", args=[pk])
    return ask_to_publish(request, publication(whole(one)), then=then, client=one.line.client_id)
