"""`callwarden client`: closing a client, which destroys all of its keys."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import Approval, By, DataDir

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)
Slug = Annotated[str, typer.Option("--client", help=gettext("Short name of the client."))]


@group.command(help=gettext("List the clients, and which of them were closed when."))
def show(data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.custody.models import Client

        for client in Client.objects.order_by("slug"):
            closed = client.closed_at.isoformat() if client.closed_at else None
            typer.echo(json.dumps({"client": client.slug, "closed_at": closed}))


@group.command("ask-close", help=gettext("Ask a second person for leave to close a client."))
def ask_close(
    client: Slug,
    by: By,
    reason: Annotated[str, typer.Option(help=gettext("Why; the other person reads it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.clients import ask_to_close

        typer.echo(str(ask_to_close(client, requester=person(by), reason=reason).pk))
        typer.echo(gettext("Somebody else approves it in the console, under Approvals."), err=True)


@group.command(help=gettext("Close a client, with an approval for it. Nothing of it can be opened afterwards."))
def close(approval: Approval, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys import clients

        destroyed = clients.close(approval, by=person(by))
        typer.echo(gettext("The client is closed; {count} key files were destroyed.").format(count=destroyed))
