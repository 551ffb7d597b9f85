"""`callwarden add-person NAME --role ROLE`: open an account, so that the first people can sign in to a new site."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[list[str], typer.Option(help="A role; give the option again for a further one.")],
    display_name: Annotated[str, typer.Option(help="How colleagues know this person.")] = "",
    email: Annotated[str, typer.Option(help="Where messages go.")] = "",
    language: Annotated[str, typer.Option(help="en or zh-hans.")] = "en",
    time_zone: Annotated[str, typer.Option(help="For example Asia/Shanghai.")] = "UTC",
) -> None:
    """Open an account. The password is asked for and never shown; a second factor is set up at the first sign-in."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from callwarden.kernel.errors import CallwardenError
    from callwarden.kernel.people import open_account

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
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
    except CallwardenError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{user.username}: {', '.join(user.roles)}")
