"""`callwarden service-key`: a key is shown once, can be listed without its secret, and ends when told to."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from callwarden.doors.cli.main import app
from callwarden.protection.signin import rules
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.queries import find
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder, line, owner

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "owner"]


def run(*arguments: str):
    return CliRunner().invoke(app, ["service-key", *arguments])


def test_a_key_that_was_made_lets_its_program_in(line, owner):
    made = run("create", "pbx-upload", "--owner", owner.username, "--scope", "intake", "--scope", "calls")
    assert made.exit_code == 0, made.output
    written = made.stdout.strip()
    key = find(written, address="")
    assert key is not None
    assert key.scopes == ["intake", "calls"]
    assert written.rpartition("_")[2] not in made.stderr


def test_a_list_shows_keys_without_their_secrets(line, owner):
    written = run("create", "pbx", "--owner", owner.username, "--scope", "intake").stdout.strip()
    listed = run("list").output
    assert rules.parse(written).prefix in listed
    assert rules.parse(written).secret not in listed


def test_a_revoked_key_is_gone_from_the_list_and_counts_no_more(line, owner):
    written = run("create", "pbx", "--owner", owner.username, "--scope", "intake").stdout.strip()
    prefix = rules.parse(written).prefix
    assert run("revoke", f"cw_{prefix}", "--reason", "leaked").exit_code == 0
    assert find(written, address="") is None
    assert prefix not in run("list").output
    assert "revoked" in run("list", "--all").output
    assert run("revoke", str(ServiceKey.objects.get().id)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "pbx", "--owner", "nobody", "--scope", "intake"), 2),
        (("create", "pbx", "--owner", "integrator", "--scope", "everything"), 1),
        (("create", "pbx", "--owner", "integrator", "--scope", "intake", "--days", "400"), 1),
        (("create", "pbx", "--owner", "integrator", "--scope", "intake", "--network", "here"), 1),
        (("create", "pbx", "--owner", "integrator", "--scope", "intake", "--line", "sales"), 2),
        (("create", "pbx", "--owner", "integrator", "--scope", "intake", "--client", "other"), 2),
        (("revoke", "cw_unknown"), 2),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(line, owner, arguments, code):
    result = run(*arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert not ServiceKey.objects.exists()
