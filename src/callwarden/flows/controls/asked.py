"""Requests of callers, looked at: answered in time, carried out everywhere, certified where something was destroyed."""

from __future__ import annotations

from datetime import timedelta
from math import ceil, log2

from django.db.models import Count, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.models import Client
from callwarden.custody.scope import client_scope
from callwarden.flows.controls.reading import Fact, Reading, failed, passed, unmeasured
from callwarden.flows.requests.proving import NOT_CERTIFIED
from callwarden.kernel import clock
from callwarden.kernel.models import Finding
from callwarden.lawful.requests.actions import RETRY
from callwarden.lawful.requests.models import RequestTask, SubjectRequest
from callwarden.lawful.requests.queries import OPEN, SOON

State = SubjectRequest.State
# A task that failed is tried again at intervals that double (`requests.actions.fail`): after so many it has for a day.
STUCK = ceil(log2(timedelta(days=1) / RETRY + 1))


def requests() -> Reading:
    """Whoever asked has been answered within the time the law gives, and what failed is not left lying.

    A restricted request waits for a hold or a legal period to end, and nothing of it is used meanwhile: it is not late.
    """
    now = clock.now()
    counted = {"all": 0, "open": 0, "overdue": 0, "soon": 0, "kept": 0, "late": 0}
    stuck = 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            of_client = SubjectRequest.objects.filter(client=client).aggregate(
                all=Count("id"),
                open=Count("id", filter=Q(state__in=OPEN)),
                overdue=Count("id", filter=Q(state__in=OPEN - {State.RESTRICTED}, due_at__lt=now)),
                soon=Count(
                    "id", filter=Q(state__in=OPEN - {State.RESTRICTED}, due_at__gte=now, due_at__lte=now + SOON)
                ),
                kept=Count("id", filter=Q(state=State.RESTRICTED)),
            )
            failing = RequestTask.objects.filter(client=client, state=RequestTask.State.FAILED)
            stuck += failing.filter(attempts__gte=STUCK).count()
        for name, count in of_client.items():
            counted[name] += count
    uncertified = Finding.objects.filter(kind=NOT_CERTIFIED.name).exclude(state=Finding.State.CLOSED).count()
    facts = (
        Fact(_("Requests"), counted["all"]),
        Fact(pgettext_lazy("requests", "Open"), counted["open"]),
        Fact(_("Due within five days"), counted["soon"]),
        Fact(_("Restricted, because something must wait"), counted["kept"]),
    )
    faults = [
        format_lazy(says, count=count)
        for says, count in (
            (_("Overdue: {count}"), counted["overdue"]),
            (_("Failing for more than a day: {count}"), stuck),
            (_("Carried out and not certified: {count}"), uncertified),
        )
        if count
    ]
    if faults:
        return failed(
            _("Requests of callers are not answered as they must be. Open them and see what they wait for."),
            *facts,
            faults=tuple(faults),
        )
    if not counted["all"]:
        return unmeasured(_("Nobody has made a request yet."), *facts)
    return passed(_("Everybody who asked was answered, or will be in time."), *facts)
