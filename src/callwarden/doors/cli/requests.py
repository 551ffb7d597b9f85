"""`callwarden requests`: what data subjects ask, as an operator sees it: numbers, dates and states, nobody's data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.client import Slug
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

if TYPE_CHECKING:
    from callwarden.lawful.requests.models import SubjectRequest

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command("list", help=gettext("List the open requests of a client, the most urgent first."))
def list_requests(
    client: Slug,
    everything: Annotated[bool, typer.Option("--all", help=gettext("Those that are over too."))] = False,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.custody.scope import client_scope
        from callwarden.lawful.requests import queries
        from callwarden.lawful.requests.models import SubjectRequest

        of = clients.find(client)
        with client_scope(of.id):
            found = SubjectRequest.objects.order_by("due_at") if everything else queries.open_requests()
            for one in found.select_related("line"):
                typer.echo(json.dumps(_told(one)))


@group.command(help=gettext("Show one request with what was done in each place."))
def show(
    number: Annotated[str, typer.Argument(help=gettext("Number of the request."))],
    client: Slug,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.custody.scope import client_scope
        from callwarden.lawful.requests.models import SubjectRequest

        of = clients.find(client)
        with client_scope(of.id):
            one = SubjectRequest.objects.select_related("line").filter(code=number.upper()).first()
            if one is None:
                raise Usage(gettext("There is no request of this number. `callwarden requests list` shows them."))
            tasks = [
                {"place": task.replica, "state": task.state, "found": task.before, "left": task.after}
                for task in one.tasks.order_by("replica")
            ]
            typer.echo(json.dumps({**_told(one), "provision": one.provision, "tasks": tasks}))


def _told(one: SubjectRequest) -> dict[str, object]:
    return {
        "number": one.code,
        "kind": one.kind,
        "channel": one.channel,
        "line": one.line.slug,
        "state": one.state,
        "received_at": one.received_at.isoformat(timespec="seconds"),
        "due_at": one.due_at.isoformat(timespec="seconds"),
        "verified": one.verified_at is not None,
    }
