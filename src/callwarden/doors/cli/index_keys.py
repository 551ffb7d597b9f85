"""`callwarden index-keys`: the keys by which people are found, and giving an index a new one."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.client import Slug
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import By, DataDir

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command(help=gettext("List the index keys of a client: version, state, tokens left."))
def show(client: Slug, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.custody import clients, indexes
        from callwarden.custody.models import IndexKey
        from callwarden.custody.scope import client_scope

        of = clients.find(client)
        with client_scope(of.id):
            for key in IndexKey.objects.filter(client=of).order_by("column", "version"):
                told = {"column": key.column, "version": key.version, "state": key.state}
                typer.echo(json.dumps({**told, "tokens": indexes.rows_left(key)}))


@group.command(help=gettext("Give an index a new key; look-ups go on while its tokens move."))
def change(
    client: Slug,
    column: Annotated[str, typer.Option(help=gettext("phone, email, customer_no, id or card."))],
    by: By,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.indexes import change_key

        run = change_key(client, column, by=person(by))
        typer.echo(gettext("{count} customers are moved to the new key by the workers.").format(count=run.total))
