"""`callwarden requests`: what is open and how it stands, without anybody's data."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from callwarden.custody.scope import client_scope
from callwarden.doors.cli.main import app
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind, RejectionReason
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder, line

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]


def run(*arguments: str, language: str = "en"):
    return CliRunner().invoke(app, ["requests", *arguments], env={"LC_ALL": "", "LANG": language})


def test_open_requests_are_listed_and_one_is_shown(line):
    with client_scope(line.client_id):
        first = actions.receive(line, kind=Kind.ACCESS, channel=Channel.LETTER, actor="system")
        over = actions.receive(line, kind=Kind.ERASURE, channel=Channel.WEB, actor="system")
        actions.reject(over, reason=RejectionReason.NOTHING_KEPT, actor="system")
    of = ("--client", line.client.slug)
    (listed,) = map(json.loads, run("list", *of).output.splitlines())
    assert (listed["number"], listed["kind"], listed["verified"]) == (first.code, "access", False)
    assert len(run("list", "--all", *of).output.splitlines()) == 2
    shown = json.loads(run("show", first.code.lower(), *of).output)
    assert (shown["number"], shown["tasks"]) == (first.code, [])


@pytest.mark.parametrize(
    ("language", "says"), [("en_GB.UTF-8", "no request of this number"), ("zh_CN.UTF-8", "没有此编号的请求")]
)
def test_an_unknown_number_is_said_in_the_language_of_the_terminal(line, language, says):
    answer = run("show", "XXXXXXXX", "--client", line.client.slug, language=language)
    assert answer.exit_code == 2
    assert says in answer.output
