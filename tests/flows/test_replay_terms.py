"""What the site drew tighter since the copy is drawn tight in the restored store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from callwarden.control.alerts import actions as alerts
from callwarden.control.alerts.models import Suppression
from callwarden.flows.replay import replay
from callwarden.kernel import clock, stricter
from callwarden.kernel.models import ApprovalTerms, User
from callwarden.protection.signin import saml_keys
from callwarden.protection.signin.models import SamlKey
from callwarden.protection.signin.saml_keys import Use
from tests.centre import _keeper, client, keeper, keeper_folder, line
from tests.copies import Copied, tables

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "tables"]  # fixtures
KIND = "control:alerts:suppress"


def again(told: list[dict[str, Any]]) -> None:
    """Replay twice: that is once."""
    for _time in range(2):
        assert not replay(told).unplaced


class Before:
    """The store as it was, with these rows of it."""

    def __init__(self, store: Any, model: type[Model]) -> None:
        self._copy, self._model = Copied(store), model
        self._rows = list(model._base_manager.values())

    def lay_down(self) -> list[dict[str, Any]]:
        told = self._copy.lay_down()
        self._model._base_manager.all().delete()
        self._model._base_manager.bulk_create(self._model(**row) for row in self._rows)
        return told


@transaction.atomic
def set_terms(*every: tuple[int, int]) -> None:
    for quorum, roles in every:
        stricter._set(KIND, quorum, roles, actor="system")


def terms() -> list[tuple[int, int]]:
    return list(ApprovalTerms.objects.filter(kind=KIND).values_list("quorum", "distinct_roles"))


def test_terms_that_were_raised_are_as_strict_as_they_were_at_any_time_since(tables: Any, keeper: Any) -> None:
    copy = Before(tables, ApprovalTerms)
    set_terms((3, 1), (2, 2), (1, 1))
    told = copy.lay_down()
    assert terms() == []
    again(told)
    assert terms() == [(3, 2)]


def test_terms_that_the_copy_itself_saw_loosened_stay_so(tables: Any, keeper: Any) -> None:
    told = Copied(tables)
    set_terms((3, 1), (1, 1))
    again(told.journal())
    assert terms() == [(1, 1)]


def test_a_key_in_wrong_hands_signs_nothing_again_and_that_of_another_use_stays(tables: Any, keeper: Any) -> None:
    stolen, (kept,) = saml_keys.signing(), saml_keys.published(Use.ENCRYPTION)
    copy = Before(tables, SamlKey)
    saml_keys.replace(Use.ENCRYPTION, actor="system")
    saml_keys.replace(Use.SIGNING, actor="system", at_once=True)
    told = copy.lay_down()
    assert stolen.certificate in saml_keys.published(Use.SIGNING), "the copy knows nothing of it"
    again(told)
    assert not SamlKey.objects.filter(use=Use.SIGNING).exists()
    assert stolen.certificate not in saml_keys.published(Use.SIGNING)
    assert saml_keys.published(Use.ENCRYPTION) == (kept,)
    made = saml_keys.published(Use.SIGNING)
    again(told)
    assert saml_keys.published(Use.SIGNING) == made


def test_a_suppression_that_was_ended_silences_nothing_again(tables: Any, keeper: Any) -> None:
    owner = User.objects.create(username="owner", roles=["security_administrator"])
    until = clock.now() + timedelta(hours=3)
    made = [
        alerts.suppress("outside_shift", person=whom, until=until, owner=owner, reason="Recorder test")
        for whom in ("", "job:other")
    ]
    copy = Before(tables, Suppression)
    alerts.end_suppression(made[0], by=owner)
    told = copy.lay_down()
    assert alerts.suppression_of("outside_shift", "job:other", clock.now()) == made[0]
    again(told)
    assert alerts.suppression_of("outside_shift", "job:other", clock.now()) == made[1]
    assert Suppression.objects.filter(ended_at=None).get() == made[1]
