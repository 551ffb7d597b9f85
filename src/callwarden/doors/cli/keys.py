"""`callwarden keys`: who holds the root key, and having it held by another provider."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import Approval, By, DataDir

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)
To = Annotated[str, typer.Option(help=gettext("passphrase, pkcs11 or transit."))]


@group.command(help=gettext("Say who holds the root key, and whether it can be used now."))
def show(data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.custody.keeper import client

        typer.echo(json.dumps(client.root()))


@group.command("ask-change", help=gettext("Ask a second person for leave to have another provider hold the root key."))
def ask_change(
    to: To,
    by: By,
    reason: Annotated[str, typer.Option(help=gettext("Why; the other person reads it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.actions import ask_to_change_provider

        asked = ask_to_change_provider(to=to, requester=person(by), reason=reason)
        typer.echo(str(asked.pk))
        typer.echo(gettext("Somebody else approves it in the console, under Approvals."), err=True)


@group.command("change-provider", help=gettext("Wrap all keys by another provider, with an approval for it."))
def change(to: To, approval: Approval, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.actions import change_provider

        changed = change_provider(approval, to=to, by=person(by))
        typer.echo(
            gettext("{count} keys are wrapped by “{provider}” now. Set CALLWARDEN_KEY_PROVIDER={provider}.").format(
                count=changed, provider=to
            )
        )
