"""A database that is away is told as what it is, on every page, with when to try again."""

from __future__ import annotations

import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.test import Client as Browser

from callwarden.kernel import sessions


@pytest.fixture
def fails(monkeypatch):
    def with_error(error: Exception) -> None:
        def find(_key: object) -> None:
            raise error

        monkeypatch.setattr(sessions, "find", find)

    return with_error


def visit(browser: Browser, path: str):
    browser.raise_request_exception = False
    return browser.get(path)


@pytest.mark.parametrize("error", [OperationalError("host db.example"), InterfaceError("closed")])
@pytest.mark.parametrize("path", ["/", "/calls/", "/accounts/login/"])
def test_a_page_without_a_database_says_that_a_part_is_away_and_when_to_come_back(person, fails, error, path):
    somebody = person("team_leader")
    fails(error)
    answer = visit(somebody.browser, path)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    text = answer.content.decode()
    assert "not answering" in text
    assert "db.example" not in text


def test_a_fault_of_ours_is_still_called_one(person, fails):
    somebody = person("team_leader")
    fails(DataError("13800138000"))
    answer = visit(somebody.browser, "/calls/")
    assert answer.status_code == 500
    assert "13800138000" not in answer.content.decode()
