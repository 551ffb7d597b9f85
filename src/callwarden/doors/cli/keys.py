"""`callwarden keys`: who holds the root key and changing that; turns of epochs, rotation, and how they stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import Approval, By, DataDir

if TYPE_CHECKING:
    from callwarden.custody.models import KeyRun
    from callwarden.kernel.models import User

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)
Client = Annotated[str, typer.Option(help=gettext("Short name of the client; not needed where there is only one."))]
Rate = Annotated[int, typer.Option(min=0, help=gettext("Most rows a second; 0, as fast as it goes."))]
MibRate = Annotated[float, typer.Option(min=0, help=gettext("Most MiB of recordings a second; 0, as fast as it goes."))]
Why = Annotated[str, typer.Option(help=gettext("Why, in one word that names nobody, as “leak”."))]
Run = Annotated[UUID, typer.Argument(help=gettext("Number of the run."))]
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


@group.command(help=gettext("Say how the keys of a client stand: epochs, runs, rows left of each key version."))
def runs(client: Client = "", data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.queries import standing

        found = standing(_client(client))
        told = {
            "erased_within_days": found.erased_within,
            "turns_at": found.turns_at.isoformat() if found.turns_at else None,
            "epochs": [
                {"epoch": str(epoch.id), "number": epoch.number, "state": epoch.state} for epoch in found.epochs
            ],
            "runs": [_told(run) for run in found.runs],
            "rows_left": found.left,
        }
        typer.echo(json.dumps(told))


@group.command(help=gettext("Open the next epoch of a client and move its keys there, now."))
def turn(by: By, client: Client = "", rate: Rate = 0, reason: Why = "asked", data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.epochs import start_turn

        who = _keeper_of_keys(by)
        _go(start_turn(_client(client), actor=who.actor, reason=reason, rate=rate))


@group.command(
    help=gettext(
        "Wrap a client's data keys anew; with --reencrypt, seal all that it has under new ones, as after a leak."
    )
)
def rotate(
    by: By,
    client: Client = "",
    reencrypt: Annotated[bool, typer.Option(help=gettext("Seal values, recordings and transcripts anew."))] = False,
    rate: Rate = 0,
    mib_rate: MibRate = 0,
    reason: Why = "asked",
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys import rotation

        of, who = _client(client), _keeper_of_keys(by).actor
        if reencrypt:
            _go(rotation.reencrypt(of, actor=who, rate=rate, byte_rate=round(mib_rate * 2**20), reason=reason))
        else:
            _go(rotation.rewrap(of, actor=who, rate=rate, reason=reason))


@group.command("set-rate", help=gettext("Make an open run slower or faster, from its next batch or object on."))
def set_rate(run: Run, by: By, rate: Rate = 0, mib_rate: MibRate = 0, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys import runs as all_runs

        _keeper_of_keys(by)
        typer.echo(json.dumps(_told(all_runs.set_rate(run, rate=rate, byte_rate=round(mib_rate * 2**20)))))


@group.command(help=gettext("Let a run rest; nothing is lost and everything opens meanwhile."))
def pause(run: Run, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.runs import pause as let_rest

        typer.echo(json.dumps(_told(let_rest(run, actor=_keeper_of_keys(by).actor))))


@group.command(help=gettext("Let a paused run go on, and work on it until it is done."))
def resume(run: Run, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.runs import resume as let_go_on

        _go(let_go_on(run, actor=_keeper_of_keys(by).actor))


@group.command(help=gettext("Say that an old key version is no more; refused while a row is of it."))
def retire(
    version: Annotated[int, typer.Argument(help=gettext("The key version."))],
    by: By,
    client: Client = "",
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.rotation import retire as end

        end(_client(client), version, actor=_keeper_of_keys(by).actor)
        typer.echo(gettext("Key version {version} is retired.").format(version=version))


@group.command(
    "ask-end-epoch", help=gettext("Ask a second person for leave to end an epoch's key before its overlap is over.")
)
def ask_end_epoch(
    epoch: Annotated[UUID, typer.Argument(help=gettext("The epoch."))],
    by: By,
    reason: Annotated[str, typer.Option(help=gettext("Why; the other person reads it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.epochs import ask_to_destroy

        typer.echo(str(ask_to_destroy(epoch, requester=person(by), reason=reason).pk))
        typer.echo(gettext("Somebody else approves it in the console, under Approvals."), err=True)


@group.command("end-epoch", help=gettext("End an epoch's key for good, with an approval for it."))
def end_epoch(approval: Approval, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.epochs import destroy_approved

        destroy_approved(approval, by=person(by))
        typer.echo(gettext("The epoch's key is ended. Old copies wrapped under it open for nobody."))


def _client(slug: str) -> UUID:
    from callwarden.custody.models import Client as Clients

    found = list(Clients.objects.filter(**({"slug": slug} if slug else {})).values_list("id", flat=True)[:2])
    if len(found) != 1:
        raise Usage(gettext("Name the client by its short name with --client."))
    return found[0]


def _keeper_of_keys(name: str) -> User:
    from callwarden.kernel.errors import Refused
    from callwarden.protection.keys.epochs import DECIDE

    who = person(name)
    if not who.has_role(*DECIDE):
        raise Refused("role_missing", gettext("Only a security administrator or data protection officer may do this."))
    return who


def _go(run: KeyRun) -> None:
    """Work on a run until it is done or somebody pauses it. Stopped here, the installation goes on with it."""
    from callwarden.protection.keys import runs as all_runs

    while run.state == all_runs.State.RUNNING:
        run = all_runs.carry_on(run.id, seconds=30)
        typer.echo(json.dumps(_told(run)))


def _told(run: KeyRun) -> dict[str, object]:
    return {
        "run": str(run.id),
        "kind": run.kind,
        "state": run.state,
        "done": run.done,
        "total": run.total,
        "objects": run.items,
        "objects_total": run.items_total,
        "bytes": run.bytes,
        "bytes_total": run.bytes_total,
        "failed": run.failed,
        "wal_bytes": run.wal_bytes,
        "started_at": run.started_at.isoformat(),
    }
