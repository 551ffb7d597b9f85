"""The first people of a new site come from the command line, and sign in like everybody."""

from __future__ import annotations

import pytest
from django.test import Client
from typer.testing import CliRunner

from callwarden.doors.cli.main import app
from callwarden.kernel.models import User
from tests.doors.console.signin_site import ACTIVATE, PASSWORD, give_password, quick, site

__all__ = ["quick", "site"]
pytestmark = pytest.mark.usefixtures("quick")


def add(*arguments: str, password: str = PASSWORD):
    return CliRunner().invoke(app, ["add-person", *arguments, "--password-stdin"], input=password + "\n")


def test_a_person_from_the_command_line_signs_in_and_sets_up_a_second_factor():
    result = add("nora", "--role", "security_administrator", "--language", "zh-hans")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    browser = Client()
    assert give_password(browser, "nora").status_code == 302
    assert browser.get("/probe/")["Location"] == ACTIVATE


@pytest.mark.parametrize(
    ("arguments", "password"),
    [
        (["nora", "--role", "auditor"], "short"),
        (["nora", "--role", "auditor", "--role", "system_administrator"], PASSWORD),
        (["nora", "--role", "job:intake"], PASSWORD),
        (["nora", "--role", "auditor", "--email", "not an address"], PASSWORD),
        (["nora", "--role", "auditor", "--time-zone", "Mars/Olympus"], PASSWORD),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_one_line(arguments, password):
    result = add(*arguments, password=password)
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert password not in result.output
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused():
    add("nora", "--role", "auditor")
    assert add("nora", "--role", "auditor").exit_code == 1
    assert User.objects.count() == 1
