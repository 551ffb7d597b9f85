"""`callwarden do-not-call`: the numbers that are called no more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command("import", help=gettext("Put a list of numbers (CSV or one a line) on the list of those not called."))
def take_in(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=gettext("CSV or text, up to 16 MiB."))],
    client: Annotated[str, typer.Option("--client", help=gettext("Short name of the client."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.flows.dialling import read_list, stop_calling
        from callwarden.lawful.dialling.models import DoNotCall

        numbers = read_list(file.read_bytes())
        source = DoNotCall.Source.IMPORT
        added, unreadable = stop_calling(clients.find(client).id, numbers, source=source, actor="system")
        typer.echo(gettext("{added} numbers are new on the list.").format(added=added))
        if unreadable:
            typer.echo(gettext("{count} entries are no telephone numbers.").format(count=unreadable), err=True)
            raise typer.Exit(1)


@group.command(help=gettext("Say how many numbers of a client are called no more."))
def count(
    client: Annotated[str, typer.Option("--client", help=gettext("Short name of the client."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.custody.scope import client_scope
        from callwarden.lawful.dialling.models import DoNotCall

        found = clients.find(client)
        with client_scope(found.id):
            typer.echo(str(DoNotCall.objects.filter(removed_at__isnull=True).count()))
