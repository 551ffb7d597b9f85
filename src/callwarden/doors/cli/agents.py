"""`callwarden agents`: erasures of agents, as an operator sees them: random ids, dates and states, nobody's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.client import Slug
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

if TYPE_CHECKING:
    from callwarden.flows.requests.erase_agent import Standing

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command("list", help=gettext("List the erasures of agents of a client that are not certified yet."))
def list_erasures(
    client: Slug,
    everything: Annotated[bool, typer.Option("--all", help=gettext("Those that are certified too."))] = False,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        for one in _of(client):
            if everything or one.certificate is None:
                typer.echo(json.dumps(_told(one)))


@group.command(help=gettext("Show one erasure with what its certificate says; write the certificate to a file."))
def show(
    agent: Annotated[UUID, typer.Argument(help=gettext("Id of the agent as the list names it."))],
    client: Slug,
    certificate: Annotated[
        Path | None, typer.Option(help=gettext("Where to write the certificate, for `callwarden verify`."))
    ] = None,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.flows import certificates
        from callwarden.lawful.certificates.models import Certificate

        one = next((one for one in _of(client) if one.subject == agent), None)
        if one is None:
            raise Usage(gettext("No erasure of this agent is on record. `callwarden agents list --all` shows them."))
        issued = Certificate.objects.filter(pk=one.certificate).first() if one.certificate else None
        says = certificates.content(issued) if issued else {}
        parts = {name: says[name] for name in ("replicas", "exempt", "not_covered") if says}
        if certificate is not None:
            if issued is None:
                raise Usage(gettext("It is not certified yet. `callwarden agents list` says what it waits for."))
            certificate.write_bytes(certificates.document(issued))
        typer.echo(json.dumps({**_told(one), **parts}))


def _of(client: str) -> list[Standing]:
    from callwarden.custody import clients
    from callwarden.custody.scope import client_scope
    from callwarden.flows.requests import erase_agent

    of = clients.find(client)
    with client_scope(of.id):
        return erase_agent.standing(of.id)


def _told(one: Standing) -> dict[str, object]:
    return {
        "agent": str(one.subject),
        "state": str(one.stage),
        "decided_at": one.decided_at.isoformat(timespec="seconds") if one.decided_at else None,
        "left": one.left,
        "kept_by": one.kept_by,
        "until": one.until.isoformat(timespec="seconds") if one.until else None,
        "certificate": str(one.certificate) if one.certificate else None,
    }
