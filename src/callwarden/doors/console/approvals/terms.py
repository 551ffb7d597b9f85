"""How many people approve each kind of act, and asking for more of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Crumb, Row
from callwarden.doors.console.navigation import AUDITOR, DPO, SECURITY
from callwarden.doors.console.offering import offer
from callwarden.doors.console.shell import role_name
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import approvals, stricter
from callwarden.kernel.approvals import ActKind
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.stricter import MOST

LOOK = frozenset({DPO, SECURITY, AUDITOR})
ASK = frozenset({DPO, SECURITY})


class TermsForm(forms.Form):
    act = forms.ChoiceField(label=_("Act"))
    quorum = forms.IntegerField(label=_("People who must approve"), min_value=1, max_value=MOST, initial=2)
    distinct_roles = forms.IntegerField(
        label=_("Different roles they must have"), min_value=1, max_value=MOST, initial=1
    )
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "act", [("", _("Choose an act")), *((kind.name, str(kind.title)) for kind in _kinds())])


def _kinds() -> list[ActKind]:
    return sorted(approvals.kinds(), key=lambda kind: str(kind.title).casefold())


@for_roles(LOOK)
@require_http_methods(["GET", "POST"])
def page(request: ConsoleRequest) -> HttpResponse:
    """Every kind of act with its terms; ask for stricter ones, or for what is built in again."""
    form = TermsForm(request.POST or None) if holds(request, ASK) else None
    if request.method == "POST" and form is None:
        raise PermissionDenied
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        try:
            asked = stricter.request(
                given["act"],
                quorum=given["quorum"],
                distinct_roles=given["distinct_roles"],
                by=request.user,
                reason=given["reason"],
                session=request.actor.session,
            )
        except CallwardenError as error:
            form.add_error(None, str(error))
        else:
            return HttpResponseRedirect(reverse("console:approval", args=[asked.pk]))
    context = {
        "form": form,
        "table": _table(),
        "crumbs": (Crumb(_("Approvals"), reverse("console:approvals")), Crumb(_("Who approves what"))),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "console/approvals/terms.html", context, status=status)


def _table() -> PlainTable:
    rows = []
    for kind in _kinds():
        people, roles = stricter.needed(kind)
        own = (people, roles) != (kind.quorum, kind.distinct_roles)
        rows.append(
            Row(
                (
                    kind.title,
                    ", ".join(str(role_name(role)) for role in kind.roles),
                    people,
                    roles,
                    Badge(_("stricter here"), "seal", "scale") if own else _("as built in"),
                )
            )
        )
    headings = (_("Act"), _("Who may approve"), _("People"), _("Different roles"), _("Terms"))
    return PlainTable(_("Acts that need approval"), headings, rows)
