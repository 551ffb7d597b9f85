"""Consents to be asked for again, many at once: those of a purpose, of a line, given before a version of its notice.

Ending consent only takes something away, so that one person does it, over a set that was seen. From then on the purpose
is refused until the person has said yes anew.

Source: PIPL art. 14 para. 2; GDPR recital 32.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody.scope import client_scope
from callwarden.kernel import bulk
from callwarden.kernel.bulk import BulkKind, Doing, Found, mark_of
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.roles import Role
from callwarden.lawful.consent import actions
from callwarden.lawful.consent.models import ConsentEvent, ConsentState
from callwarden.lawful.notices.models import Notice

RENEW: Final = "lawful:consent:renew_many"
State = ConsentEvent.State
REASONS: Final = {
    "not_given": _("It does not stand any more."),
    "not_your_line": _("It is of a line you do not work for."),
}


def _client(doing: Doing) -> UUID:
    if doing.client is None:
        raise InvalidInput("no_client", _("Choose a client first."))
    return doing.client


def _matching(doing: Doing) -> QuerySet[ConsentState]:
    given = doing.parameters
    if not (given.get("purpose") or given.get("line") or given.get("before")):
        raise InvalidInput("query_covers_everything", _("Narrow it to a purpose, a line or a version."))
    found = ConsentState.objects.filter(state=State.GIVEN)
    if purpose := given.get("purpose"):
        found = found.filter(purpose=str(purpose))
    if line := given.get("line"):
        found = found.filter(event__line=UUID(str(line)))
    if before := given.get("before"):
        found = found.filter(_given_before(Notice.objects.get(pk=str(before))))
    return found.filter(pk__in=doing.chosen) if doing.chosen else found


def _given_before(notice: Notice) -> Q:
    """Said under an earlier version of this line, or under none that is known."""
    earlier = Notice.objects.filter(line=notice.line_id, published_at__lt=notice.published_at)
    unknown = Q(event__notice=None, said_at__lt=notice.told_from)
    return Q(event__line=notice.line_id) & (Q(event__notice__in=earlier.values("pk")) | unknown)


def _to_renew(doing: Doing, ids: Sequence[UUID] | None) -> Iterable[Found]:
    with client_scope(_client(doing)):
        wanted = _matching(doing) if ids is None else ConsentState.objects.filter(pk__in=ids)
        values = wanted.order_by("pk").values_list("pk", "purpose", "state", "event", "event__line")
        found = list(values[: bulk.limit() + 1])
    lines = doing.by.lines
    for pk, purpose, state, event, line in found:
        mine = lines is None or line in lines
        why = "not_given" if state != State.GIVEN else "" if mine else "not_your_line"
        yield Found(pk, purpose[:40], mark_of(state, event), why)


def _renew(doing: Doing, found: Sequence[Found]) -> Mapping[UUID, str]:
    with client_scope(_client(doing)):
        ended = actions.end_for_renewal(
            [one.target for one in found],
            actor=doing.by.actor,
            because=str(doing.act.pk if doing.act else ""),
        )
    return {one.target: "" if one.target in ended else "not_given" for one in found}


bulk.register(
    BulkKind(
        RENEW,
        title=_("Have consents asked for again"),
        roles=(Role.DPO,),
        find=_to_renew,
        apply=_renew,
        words=True,
        reasons=REASONS,
    )
)
