"""`callwarden agents`: how erasures of agents stand, without a name, and the certificate as a file."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from typer.testing import CliRunner

from callwarden.custody.ledger.heads import verifier_keys
from callwarden.custody.models import Line
from callwarden.custody.scope import client_scope
from callwarden.custody.subjects import agent_subject
from callwarden.doors.cli.main import app
from callwarden.engines.ledger.certificate_verifier import verify_certificate
from callwarden.flows.requests import erase_agent, of_agents
from callwarden.kernel import approvals
from callwarden.kernel.people import open_account
from tests.doors.api.conftest import _keeper, client, keeper, keeper_folder, line
from tests.flows.centre_of_controls import sequence
from tests.work import forget_jobs

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]


def run(line: Line, *arguments: str):
    return CliRunner().invoke(app, ["agents", *arguments, "--client", line.client.slug])


def decided(line: Line) -> str:
    """Two people have decided to erase an agent of this client; nothing is done yet."""
    forget_jobs()
    people = {"zhuo.lin": "agent", "officer": "data_protection_officer", "second": "security_administrator"}
    agent, officer, second = (open_account(name, roles=[role], actor="system") for name, role in people.items())
    with client_scope(line.client_id):
        subject = agent_subject(line.client_id, agent)
    asked = of_agents.ask(agent, by=officer, reason="They have left.")
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, of_agents.act(agent), by=officer)
    return str(subject.pk)


def test_an_erasure_is_listed_until_it_is_certified_and_its_certificate_verifies(line: Line, tmp_path: Path) -> None:
    subject = decided(line)
    (listed,) = map(json.loads, run(line, "list").output.splitlines())
    assert (listed["agent"], listed["state"], listed["certificate"]) == (subject, "under_way", None)
    to = tmp_path / "agent.cw-certificate.json"
    early = run(line, "show", subject, "--certificate", str(to))
    assert (early.exit_code, to.exists()) == (2, False)
    for client_id, one in erase_agent.waiting():
        erase_agent.erase(client_id, one, actor="system")
    sequence()
    assert run(line, "list").output == ""
    (certified,) = map(json.loads, run(line, "list", "--all").output.splitlines())
    assert certified["state"] == "certified"
    shown = run(line, "show", subject, "--certificate", str(to))
    assert "zhuo" not in shown.output
    assert {"replicas", "exempt", "not_covered"} <= set(json.loads(shown.output))
    assert verify_certificate(to.read_bytes(), verifier_keys()).verified


def test_an_agent_nobody_erases_is_told_where_the_list_is(line: Line) -> None:
    answer = run(line, "show", str(uuid4()))
    assert answer.exit_code == 2
    assert "callwarden agents list" in answer.output
