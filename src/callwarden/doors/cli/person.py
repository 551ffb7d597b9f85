"""`callwarden add-person NAME --role ROLE`: open an account, so that the first people can sign in to a new site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli.language import gettext as _


def command(
    username: Annotated[str, typer.Argument(help=_("The name to sign in with."))],
    role: Annotated[list[str], typer.Option(help=_("A role; give the option again for a further one."))],
    display_name: Annotated[str, typer.Option(help=_("How colleagues know this person."))] = "",
    email: Annotated[str, typer.Option(help=_("Where messages go."))] = "",
    language: Annotated[str, typer.Option(help=_("en or zh-hans."))] = "en",
    time_zone: Annotated[str, typer.Option(help=_("For example Asia/Shanghai."))] = "UTC",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help=_("Read the password from standard input."))
    ] = False,
    data_dir: Annotated[Path | None, typer.Option(help=_("Folder that holds all data."))] = None,
) -> None:
    """Open an account. The password is asked for and never shown; a second factor is set up at the first sign-in."""
    password = _password(from_input=password_stdin)
    with installation(data_dir):
        from callwarden.kernel.people import open_account

        user = open_account(
            username,
            roles=role,
            actor="system",
            display_name=display_name,
            email=email,
            password=password,
            language=language,
            time_zone=time_zone,
        )
    typer.echo(f"{user.username}: {', '.join(user.roles)}")


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    return asked
