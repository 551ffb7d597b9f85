"""A statement is prepared once a connection, fails as every other does, and is there again after a failure."""

from __future__ import annotations

import pytest
from django.db import DataError, connection, transaction

from callwarden.kernel.prepared import ask

pytestmark = pytest.mark.django_db(transaction=True)
HALF = "SELECT 1 / %(by)s::int, %(word)s::text"


def plans() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 1 /%'")
        return cursor.fetchone()[0]


def test_one_plan_serves_every_value_of_a_connection():
    connection.close()
    with transaction.atomic():
        assert [ask(HALF, {"by": 1, "word": word}) for word in ("a", "b", "c")] == [[(1, word)] for word in "abc"]
        assert plans() == 1


def test_it_fails_as_other_statements_do_and_works_again_afterwards():
    for _ in range(2):
        with pytest.raises(DataError), transaction.atomic():
            ask(HALF, {"by": 0, "word": "a"})
        with transaction.atomic():
            assert ask(HALF, {"by": 1, "word": "a"}) == [(1, "a")]


def test_it_is_counted_among_the_statements_of_an_act(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(2):
        ask(HALF, {"by": 1, "word": "a"})
        ask(HALF, {"by": 1, "word": "b"})


def test_what_the_object_mapper_asks_is_not_prepared():
    ask(HALF, {"by": 1, "word": "a"})
    with connection.cursor() as cursor:
        for _ in range(7):
            cursor.execute("SELECT 2 / %s", [1])
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 2 /%%'", [])
        assert cursor.fetchone() == (0,)
