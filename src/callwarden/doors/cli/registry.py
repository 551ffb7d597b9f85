"""`callwarden registry check|load|export`: the registry of purposes and kinds of data as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import REFUSED, installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

ACTOR = "door:cli"

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)
File = Annotated[Path, typer.Argument(help=gettext("A registry file (YAML)."))]


@group.command(help=gettext("Say what is wrong with a registry file. Needs no running installation."))
def check(file: File) -> None:
    with installation():
        from callwarden.lawful.purposes import files, rules

        registry = files.read_file(file)
        shipped = files.shipped()
        faults = rules.faults(registry, rules.Standing(shipped.categories))
        for fault in faults:
            typer.echo(str(fault), err=True)
        if faults:
            raise typer.Exit(REFUSED)
        for slug, entry in sorted(registry.purposes.items()):
            if reasons := rules.triggers(entry):
                needs = gettext("{purpose}: needs an impact assessment first ({reasons})")
                typer.echo(needs.format(purpose=slug, reasons="; ".join(str(one.says) for one in reasons)))
        typer.echo(gettext("The file is in order: {count} purposes.").format(count=len(registry.purposes)), err=True)


@group.command(
    help=gettext("Take a registry file over: all of it or nothing. Purposes in force are changed by two people.")
)
def load(
    file: File,
    by: Annotated[str | None, typer.Option(help=gettext("Account name of the person who asks for changes."))] = None,
    reason: Annotated[str, typer.Option(help=gettext("Why, for whoever decides."))] = "",
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.kernel import approvals
        from callwarden.lawful.purposes import actions, files
        from callwarden.lawful.purposes.acts import alteration

        asks = person(by) if by else None
        actions.load(files.shipped(), actor=ACTOR)
        done = actions.load(files.read_file(file), actor=asks.actor if asks else ACTOR)
        for slug in done.created:
            typer.echo(gettext("{name}: new, a draft").format(name=slug))
        for slug in done.changed:
            typer.echo(gettext("{name}: draft changed").format(name=slug))
        for place in done.looser:
            typer.echo(gettext("{name}: not taken over, it would ask for less care").format(name=place))
        for revision in done.proposed:
            if asks is None:
                says = gettext("{name}: in force, so the change waits; ask for it on its page")
                typer.echo(says.format(name=revision.purpose_id))
            else:
                asked = approvals.request(alteration(revision), requester=asks, reason=reason)
                typer.echo(gettext("{name}: asked for, {id}").format(name=revision.purpose_id, id=asked.pk))


@group.command(help=gettext("Write the registry as it is, as a file that can be loaded again."))
def export(
    file: Annotated[Path | None, typer.Argument(help=gettext("Where to; the screen if not given."))] = None,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.lawful.purposes import files, queries

        text = files.write_text(queries.registry())
        if file is None:
            typer.echo(text, nl=False)
        else:
            file.write_text(text, encoding="utf-8")
