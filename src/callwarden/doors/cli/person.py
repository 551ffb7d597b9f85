"""`callwarden add-person NAME --role ROLE`: open an account, so that the first people can sign in to a new site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli.installation import point_at
from callwarden.doors.cli.language import CHINESE, gettext, language

_ = gettext
UNUSABLE, UNAVAILABLE = 1, 75  # EX_TEMPFAIL of sysexits.h: start Callwarden, then try again


def command(
    username: Annotated[str, typer.Argument(help=gettext("The name to sign in with."))],
    role: Annotated[list[str], typer.Option(help=gettext("A role; give the option again for a further one."))],
    display_name: Annotated[str, typer.Option(help=gettext("How colleagues know this person."))] = "",
    email: Annotated[str, typer.Option(help=gettext("Where messages go."))] = "",
    speaks: Annotated[str, typer.Option("--language", help=gettext("en or zh-hans."))] = "en",
    time_zone: Annotated[str, typer.Option(help=gettext("For example Asia/Shanghai."))] = "UTC",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help=gettext("Read the password from standard input."))
    ] = False,
    data_dir: Annotated[Path | None, typer.Option(help=gettext("Folder that holds all data."))] = None,
) -> None:
    """Open an account. The password is asked for and never shown; a second factor is set up at the first sign-in."""
    point_at(data_dir)
    import django
    from django.utils import translation

    django.setup()
    from django.db import DatabaseError

    from callwarden.kernel.errors import CallwardenError
    from callwarden.kernel.people import open_account

    password = _password(from_input=password_stdin)
    with translation.override("zh-hans" if language() == CHINESE else "en"):
        try:
            user = open_account(
                username,
                roles=role,
                actor="system",
                display_name=display_name,
                email=email,
                password=password,
                language=speaks,
                time_zone=time_zone,
            )
        except CallwardenError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(UNUSABLE) from None
        except DatabaseError:
            typer.echo(
                _("The database does not answer. Start Callwarden with “callwarden up”, then try again."), err=True
            )
            raise typer.Exit(UNAVAILABLE) from None
    typer.echo(f"{user.username}: {', '.join(user.roles)}")


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True)
    return asked
