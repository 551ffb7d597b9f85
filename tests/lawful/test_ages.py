"""Who is too young to consent: noted by the birth date, and forgotten by nothing but another one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callwarden.custody.epochs import open_client
from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import new_subject
from callwarden.kernel import clock
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.consent.actions import note_age
from callwarden.lawful.consent.queries import is_minor
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.exchange import line

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]


def test_whoever_is_too_young_stays_so_when_a_row_leaves_the_birth_date_out(line: Line) -> None:
    today = clock.now().date()
    with client_scope(line.client_id):
        young = new_subject(line.client_id, "customer")

        def noted(days: int | None) -> bool:
            born = today - timedelta(days=days) if days is not None else None
            note_age(young, born, jurisdiction="cn", today=today, actor="system")
            return is_minor([young.pk], today=today)

        assert [noted(None), noted(3_000), noted(None)] == [False, True, True]
        assert not noted(9_000), "another birth date says that they are grown"


@pytest.mark.django_db
def test_a_short_name_that_could_be_dialled_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="six digits"):
        open_client(slug="shop-1390000", name="Shop", actor="system")
