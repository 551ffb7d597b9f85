"""Whose rows a transaction sees, and that it sees no more once it has left."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, transaction

from callwarden.custody.scope import SETTING, client_scope

pytestmark = pytest.mark.django_db(transaction=True)


def seen() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [SETTING])
        (value,) = cursor.fetchone()
    return value or ""


def test_a_scope_ends_with_its_transaction() -> None:
    with client_scope(uuid4(), durable=True):
        assert seen()
    assert seen() == ""


def test_a_scope_within_another_gives_the_outer_one_back() -> None:
    outer, inner = uuid4(), uuid4()
    with client_scope(outer):
        with client_scope(inner):
            assert seen() == str(inner)
        assert seen() == str(outer)
    assert seen() == ""


def test_a_transaction_around_a_scope_sees_nothing_after_it() -> None:
    with transaction.atomic():
        with client_scope(uuid4()):
            pass
        assert seen() == ""


def test_a_scope_that_fails_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError), client_scope(uuid4()):
        raise ZeroDivisionError
    assert seen() == ""
