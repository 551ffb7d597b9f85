"""Template tags of the console. Load with `{% load console %}`.

`{% show value %}` draws any component (see `components`), a datetime, a number or text. The named tags below build the
same components from keyword arguments, for templates that have no Python value at hand. All text is escaped; none of
them takes markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from callwarden.doors.console import components
from callwarden.doors.console.counts import counts_for
from callwarden.doors.console.shell import Shell, shell_for, theme_of
from callwarden.kernel.models import User
from callwarden.lawful.staff import queries as staff_notices
from callwarden.protection.signin.providers import Provider, providers

register = template.Library()


@register.simple_tag
def sign_in_providers() -> list[Provider]:
    """Identity providers by which people may sign in here."""
    return list(providers().values())


@register.simple_tag
def icon(name: str, label: object = "") -> SafeString:
    """An icon of the sprite (names in tools/assets.mjs); with `label` it is an image with that name."""
    address = f"{static('vendor/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>', address)


@register.simple_tag(takes_context=True)
def shell(context: Context) -> Shell:
    """What the frame of the page needs: who is looking and where they can go."""
    request = context["request"]
    counts = context["counts"] if "counts" in context else counts_for(request)
    return shell_for(request, counts=counts)


@register.simple_tag(takes_context=True)
def unread_staff_notice(context: Context) -> bool:
    """Whether the viewer has still to read the notice to staff; never on the page that shows it."""
    request = context["request"]
    if not isinstance(request.user, User) or request.path == reverse("console:staff_notice"):
        return False
    return staff_notices.unread(request.user) is not None


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The viewer's theme; without a request (the page for a fault) the system decides."""
    request = context.get("request")
    return theme_of(request) if request is not None else "auto"


@register.simple_tag(takes_context=True)
def show(context: Context, value: object) -> str | SafeString:
    """Draw a component, a time, a number or text; nothing is drawn as a dash."""
    if name := getattr(value, "template", ""):
        given = {"it": value, "CSP_NONCE": context.get("CSP_NONCE", ""), "csrf_token": context.get("csrf_token", "")}
        return SafeString(render_to_string(name, given, request=context.get("request")))
    if isinstance(value, datetime):
        return moment(value)
    if value is None or value == "":
        return format_html(
            '<span class="faint"><span aria-hidden="true">—</span><span class="visually-hidden">{}</span></span>',
            _("None"),
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"  # grouped by thousands in both languages; Django groups Chinese by ten thousands
    return format_html("{}", value)


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """A point in time in the viewer's zone, as `2026-03-09 14:05`: the same order in both languages."""
    if at is None:
        return format_html('<span class="faint">{}</span>', _("Never"))
    local = timezone.localtime(at)
    return format_html(
        '<time class="number nowrap" datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        local.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def clock(seconds: float | None) -> str:
    """Seconds as `4:05` or `1:02:03`."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def unlocalized(number: float) -> str:
    """A number for scripts and form values: no grouping, a full stop as decimal sign."""
    return repr(number)


@register.filter
def epoch(at: datetime) -> int:
    """A time in milliseconds, as scripts count."""
    return int(at.timestamp() * 1000)


@register.filter
def seconds_left(until: datetime) -> int:
    return max(0, int((until - timezone.now()).total_seconds()))


@register.inclusion_tag("console/components/page_header.html", takes_context=True)
def page_header(
    context: Context,
    title: object,
    lead: object = "",
    crumbs: Sequence[components.Crumb] = (),
    actions: Sequence[components.Action] = (),
    badge: components.Badge | None = None,
) -> dict[str, Any]:
    """Title of the page with breadcrumbs, a sentence of explanation, a state and actions."""
    return _with_token(context, title=title, lead=lead, crumbs=crumbs, actions=actions, badge=badge)


@register.inclusion_tag("console/components/action.html", takes_context=True)
def action(context: Context, it: components.Action, size: str = "") -> dict[str, Any]:
    return _with_token(context, it=it, size=size)


@register.inclusion_tag("console/components/badge.html")
def badge(label: object, tone: str = "neutral", icon: str = "") -> dict[str, Any]:
    """A word in a tone: pass, fail, warn, info, seal, neutral, unmeasured."""
    return {"it": components.Badge(label, tone, icon)}


@register.inclusion_tag("console/components/badge.html")
def state(name: str) -> dict[str, Any]:
    """The badge of a known state, such as `quarantined` or `not_measured`."""
    return {"it": components.Badge.of(name)}


@register.inclusion_tag("console/components/tile.html")
def tile(label: object, state: str = "", value: object = "", note: object = "", href: str = "") -> dict[str, Any]:
    """One control or figure with its outcome (pass, fail, not_measured, not_applicable)."""
    return {"it": components.Tile(label, state, value, note, href)}


@register.inclusion_tag("console/components/empty.html", takes_context=True)
def empty(
    context: Context, title: object, text: object = "", icon: str = "inbox", action: components.Action | None = None
) -> dict[str, Any]:
    """An empty state: what is not here, and what to do."""
    return _with_token(context, it=components.Empty(title, text, icon, action))


@register.inclusion_tag("console/components/notice.html")
def notice(text: object, tone: str = "info", title: object = "") -> dict[str, Any]:
    """A message in the page. Tones: info, pass, warn, fail, seal."""
    return {"text": text, "tone": tone, "title": title, "icon": _NOTICE_ICONS.get(tone, "info-circle")}


@register.inclusion_tag("console/components/copy.html")
def copy(text: str, label: object = "", icon: str = "copy") -> dict[str, Any]:
    """A button that copies `text`; shown only where scripts run."""
    return {"text": text, "label": label or _("Copy"), "icon": icon}


@register.inclusion_tag("console/components/skeleton.html")
def skeleton(lines: int = 5) -> dict[str, Any]:
    """Grey lines while a part of the page loads."""
    return {"lines": range(lines)}


@register.inclusion_tag("console/components/filters.html", takes_context=True)
def filter_bar(context: Context, table: Any) -> dict[str, Any]:
    """The form a table's filters, order and pages belong to; draw it before the table."""
    request = context["request"]
    return _with_token(context, table=table, path=request.path)


@register.simple_tag(takes_context=True)
def data_table(context: Context, table: Any) -> SafeString:
    """A `listing.Table`: sorted, paged and exported by the server; a row becomes a card on narrow screens."""
    return SafeString(render_to_string("console/components/table.html", {"table": table}, request=context["request"]))


@register.simple_block_tag
def card(content: SafeString, title: object = "", lead: object = "", flush: bool = False, id: str = "") -> SafeString:
    """`{% card title="…" %} … {% endcard %}`; `flush` leaves out the padding, for tables and lists."""
    return SafeString(
        render_to_string(
            "console/components/card.html",
            {"content": content, "title": title, "lead": lead, "flush": flush, "id": id},
        )
    )


@register.inclusion_tag("console/components/field.html")
def field(bound: BoundField, label: object = "") -> dict[str, Any]:
    """One form field: label, control, help and errors, tied together for assistive technology."""
    widget = bound.field.widget
    is_check = isinstance(widget, forms.CheckboxInput)
    is_group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    kind = "form-check-input" if is_check or is_group else "form-select" if isinstance(widget, forms.Select) else ""
    attributes: dict[str, str | bool] = {"class": f"{widget.attrs.get('class', '')} {kind or 'form-control'}".strip()}
    if widget.attrs.get("placeholder"):
        attributes["placeholder"] = ""  # the label says it; a placeholder vanishes while typing
    return {
        "field": bound,
        "label": label or bound.label,
        "control": bound.as_widget(attrs=attributes),
        "is_check": is_check,
        "is_group": is_group,
    }


@register.inclusion_tag("console/components/form_fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """Every field of a form, its hidden fields and the errors of the whole."""
    return {"form": form}


_NOTICE_ICONS = {"pass": "circle-check", "fail": "alert-octagon", "warn": "alert-triangle", "seal": "eye"}
_LEVEL_TONES = {"success": "pass", "error": "fail", "warning": "warn"}


@register.filter
def message_tone(tags: str) -> str:
    """The tone of a flash message from its level."""
    return next((tone for level, tone in _LEVEL_TONES.items() if level in tags.split()), "info")


def _with_token(context: Context, **values: object) -> dict[str, Any]:
    return {**values, "csrf_token": context.get("csrf_token", ""), "request": context.get("request")}
