"""`callwarden service-key create|list|revoke`: keys with which programs speak to the REST door.

A key is shown once, when it is made. What is kept cannot bring it back.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.language import gettext

ACTOR = "door:cli"

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command(help=gettext("Make a key for a program. It is shown once; store it where the program finds it."))
def create(
    purpose: Annotated[str, typer.Argument(help=gettext("What the program does, in one short name: pbx-upload."))],
    owner: Annotated[str, typer.Option(help=gettext("Account name of the person who answers for it."))],
    scope: Annotated[
        list[str],
        typer.Option(
            help=gettext(
                "intake, consent, customers, calls, dialler, decide, retention, requests or provision. Repeat for more."
            )
        ),
    ],
    client: Annotated[str | None, typer.Option(help=gettext("Client, where there are several."))] = None,
    line: Annotated[
        list[str] | None, typer.Option(help=gettext("Only for this line. Repeatable; all lines if not given."))
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help=gettext("Only from this network, like 192.0.2.0/24. Repeatable."))
    ] = None,
    days: Annotated[int, typer.Option(help=gettext("Days until it ends, at most 90."))] = 90,
) -> None:
    with installation():
        from callwarden.custody.models import Client, Line
        from callwarden.kernel.models import User
        from callwarden.protection.signin import actions

        person = User.objects.filter(username=owner).first()
        if person is None:
            raise Usage(gettext("There is no account of this name. Name the person who answers for the key."))
        clients = list(Client.objects.filter(slug=client) if client else Client.objects.all()[:2])
        if len(clients) != 1:
            raise Usage(gettext("Name one client with --client."))
        lines = list(Line.objects.filter(client=clients[0], slug__in=line)) if line else None
        if lines is not None and len(lines) != len(set(line or ())):
            raise Usage(gettext("There is no such line. Give the slugs of lines of this client."))
        key, written = actions.create(
            owner=person,
            purpose=purpose,
            scopes=scope,
            client=clients[0],
            lines=lines,
            networks=network or (),
            days=days,
            actor=ACTOR,
        )
        ends = key.expires_at.date().isoformat()
        typer.echo(gettext("The key, shown this once; it ends on {date}:").format(date=ends), err=True)
        typer.echo(str(written))


@group.command("list", help=gettext("List the keys there are, without their secrets."))
def list_keys(
    everything: Annotated[bool, typer.Option("--all", help=gettext("Ended and revoked ones too."))] = False,
) -> None:
    with installation():
        from callwarden.kernel import clock
        from callwarden.protection.signin.models import ServiceKey

        now = clock.now()
        for key in ServiceKey.objects.select_related("owner").order_by("-created_at"):
            if everything or key.is_live(now):
                typer.echo("  ".join(_told(key, now)))


def _told(key: Any, now: Any) -> tuple[str, ...]:
    """One key as one line, so that it can be searched and cut."""
    state = gettext("live") if key.is_live(now) else gettext("ended")
    return (
        f"cw_{key.prefix}",
        key.purpose,
        gettext("revoked") if key.revoked_at else state,
        gettext("ends {date}").format(date=key.expires_at.date().isoformat()),
        gettext("used {time}").format(time=key.last_used_at.strftime("%Y-%m-%dT%H:%MZ"))
        if key.last_used_at
        else gettext("never used"),
        key.owner.username,
        ",".join(key.scopes),
        str(key.id),
    )


@group.command(help=gettext("End a key at once."))
def revoke(
    key: Annotated[str, typer.Argument(help=gettext("Its id, or what it begins with (cw_...)."))],
    reason: Annotated[
        str, typer.Option(help=gettext("Why, in one word: leaked, replaced, not_needed."))
    ] = "not_needed",
) -> None:
    with installation():
        from callwarden.kernel.structural import NotStructural
        from callwarden.protection.signin import actions
        from callwarden.protection.signin.models import ServiceKey

        named = ServiceKey.objects.filter(prefix=key.removeprefix("cw_").partition("_")[0])
        try:
            found = ServiceKey.objects.filter(pk=UUID(key)).first()
        except ValueError:
            found = named.first()
        if found is None:
            raise Usage(gettext("There is no such key. `callwarden service-key list` shows those there are."))
        try:
            ended = actions.revoke(found, actor=ACTOR, reason=reason)
        except NotStructural:
            raise Usage(gettext("Give the reason in one word.")) from None
        typer.echo(gettext("Revoked.") if ended else gettext("It had been revoked already."))
