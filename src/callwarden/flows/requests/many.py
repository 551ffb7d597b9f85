"""Counting what there is of many people at once, for requests that were accepted."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import bulk
from callwarden.kernel.bulk import BulkKind, Doing
from callwarden.lawful.requests import many
from callwarden.lawful.requests.models import SubjectRequest

PLAN: Final = "lawful:request:plan_many"
State = SubjectRequest.State


def _not_counted(one: SubjectRequest) -> str:
    return "" if one.state in {State.ACCEPTED, State.PLANNED} else "not_accepted"


def _count(one: SubjectRequest, doing: Doing) -> None:
    from callwarden.flows.requests import work  # needs all of redaction, which registers after this

    work.plan(one, actor=doing.by.actor)


bulk.register(
    BulkKind(
        PLAN,
        title=_("Count what there is for requests"),
        roles=many.WORK,
        find=many.to_move(_not_counted),
        apply=many.moving(_count),
        reasons={**many.REASONS, "not_accepted": _("It is not accepted yet, or is under way already.")},
    )
)
