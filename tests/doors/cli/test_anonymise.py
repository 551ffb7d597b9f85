"""`callwarden anonymise`: counts are looked at, asked for by a named person, and written only once released."""

from __future__ import annotations

import zipfile

from typer.testing import CliRunner

from callwarden.doors.cli.main import app
from callwarden.kernel import approvals
from callwarden.kernel.models import Approval, User
from callwarden.lawful.anonymisation import acts
from callwarden.lawful.anonymisation.models import Release
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.exchange import line
from tests.flows.test_anonymise import customer, people, person

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "people"]  # fixtures
RECIPE = ["--client", "acme", "--column", "birth:quasi:10y", "--column", "product:sensitive:each", "--k", "3"]


PASSWORD = "nine words of a test"


def run(*words: str):
    return CliRunner().invoke(app, ["anonymise", *words], input=f"{PASSWORD}\n")


def typing(role: str = "data_protection_officer") -> User:
    """Somebody who proves on the terminal who they are."""
    somebody = person(role)
    somebody.set_password(PASSWORD)
    somebody.save()
    return somebody


def test_from_a_look_to_the_file(people, tmp_path):
    officer = typing()
    look = run("preview", *RECIPE)
    assert look.exit_code == 0, look.output
    assert "6 people in 1 groups" in look.output
    asked = run("run", *RECIPE, "--label", "ages", "--by", officer.username, "--reason", "A study.")
    assert asked.exit_code == 0, asked.output
    made = Release.objects.get()
    target = tmp_path / "ages.zip"
    assert run("file", str(made.pk), str(target), "--by", officer.username).exit_code == 1
    approval = Approval.objects.get()
    approvals.approve(approval.pk, by=person("security_administrator"))
    approvals.execute(approval.pk, acts.releasing(made), by=officer)
    assert run("file", str(made.pk), str(target), "--by", officer.username).exit_code == 0
    assert zipfile.ZipFile(target).namelist() == ["ages.csv", "about.txt"]
    assert "released" in run("list").output


def test_what_is_not_anonymous_ends_with_one_and_says_what_would_help(people, line):
    customer(line, 7, born=1950)
    look = run("preview", *RECIPE)
    assert look.exit_code == 1
    assert "birth as 20y" in look.output
    assert run("preview", *RECIPE[:2], "--column", "name:quasi:any").exit_code == 1
    assert run("preview", *RECIPE[:2], "--column", "birth").exit_code == 2
    assert run("file", "nothing", "/dev/null", "--by", typing().username).exit_code == 2
    asked = run(
        "run", *RECIPE, "--suppress", "20", "--label", "ages", "--by", typing("agent").username, "--reason", "X"
    )
    assert asked.exit_code == 1
    assert not Release.objects.exists()


def test_the_columns_are_listed_and_no_identifier_is_among_them(db):
    told = run("columns", "--source", "calls").output
    assert "duration" in told
    assert "caller" not in told
