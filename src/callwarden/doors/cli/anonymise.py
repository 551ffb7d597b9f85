"""`callwarden anonymise columns|list|preview|run`: count people in groups, and ask that the counts be released."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callwarden.doors.cli._installation import REFUSED, Usage, installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir

if TYPE_CHECKING:
    from callwarden.lawful.anonymisation.rules import Recipe, Scope

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)
Source = Annotated[str, typer.Option("--source", help=gettext("What is counted: customers or calls."))]
ClientName = Annotated[str, typer.Option("--client", help=gettext("Short name of the client."))]
Columns = Annotated[
    list[str],
    typer.Option(
        "--column",
        help=gettext("FIELD:quasi:STEP or FIELD:sensitive:STEP, once for each; “columns” lists them."),
    ),
]
K = Annotated[int, typer.Option("--k", help=gettext("People every group needs at least."))]
L = Annotated[int, typer.Option("--l", help=gettext("Different sensitive values every group needs at least."))]
Suppress = Annotated[int, typer.Option("--suppress", help=gettext("People that may be left out, in per cent."))]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help=gettext("Count from this day on."))
]
Until = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help=gettext("Count before this day."))
]


@group.command(help=gettext("List what may be a column, and how coarse each can be."))
def columns(source: Source = "customers", data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.lawful.anonymisation.fields import fields_of

        for field in fields_of(source):
            steps = " > ".join(level.slug for level in field.levels[:-1])
            typer.echo(f"{field.slug:<10} {steps:<28} {field.title}")


@group.command("list", help=gettext("List releases, the latest first."))
def listing(data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.lawful.anonymisation.models import Release

        for one in Release.objects.select_related("client").order_by("-proposed_at", "pk"):
            found = one.found
            typer.echo(
                f"{one.pk}  {one.proposed_at:%Y-%m-%d}  {one.state:<8}  {one.client.slug}  {one.label}"
                f"  n={found.people} k={found.kept_smallest} {one.digest[:16]}"
            )


@group.command(help=gettext("Count, and say what was found. Nothing of it is kept."))
def preview(
    client: ClientName,
    column: Columns,
    source: Source = "customers",
    k: K = 10,
    l: L = 2,  # noqa: E741
    suppress: Suppress = 0,
    since: Since = None,
    until: Until = None,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.flows import anonymise
        from callwarden.lawful.anonymisation import actions
        from callwarden.lawful.anonymisation.fields import fields

        recipe, scope = _recipe(source, column, k, l, suppress), _scope(since, until)
        found = anonymise.count(clients.find(client).id, "preview", recipe, scope)
        figures = found.measured.figures
        typer.echo(
            gettext("{people} people in {classes} groups; the smallest has {smallest}; {percent} % left out.").format(
                people=figures.people,
                classes=figures.classes,
                smallest=figures.smallest,
                percent=figures.suppressed_percent,
            )
        )
        if found.measured.recipe.sensitive and figures.classes:
            typer.echo(gettext("Fewest different values in a group: {least}.").format(least=figures.least_values))
        for why, count in sorted(found.left_out.items()):
            typer.echo(gettext("Not counted, {why}: {count}").format(why=why, count=count), err=True)
        for one in found.measured.coarser:
            says = gettext("{column} as {step} would leave out {percent} %.")
            title = fields()[one.field].slug
            typer.echo(says.format(column=title, step=one.level, percent=one.suppressed_percent), err=True)
        isolating = None if found.measured.against else actions.isolating(found)
        if isolating:
            typer.echo(str(actions.isolates(isolating)), err=True)
        if found.measured.against or isolating:
            typer.echo(gettext("This is not anonymous yet."), err=True)
            raise typer.Exit(REFUSED)


@group.command(help=gettext("Count, and ask a second person to release exactly what was found."))
def run(
    client: ClientName,
    column: Columns,
    label: Annotated[str, typer.Option(help=gettext("A short reference, such as ages-2026. No names."))],
    by: Annotated[str, typer.Option(help=gettext("Account name of the person who asks."))],
    reason: Annotated[str, typer.Option(help=gettext("Why, for whoever decides."))],
    source: Source = "customers",
    k: K = 10,
    l: L = 2,  # noqa: E741
    suppress: Suppress = 0,
    since: Since = None,
    until: Until = None,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.custody import clients
        from callwarden.flows import anonymise

        recipe, scope = _recipe(source, column, k, l, suppress), _scope(since, until)
        asks = person(by)
        made = anonymise.propose(clients.find(client).id, label, recipe, scope, by=asks, reason=reason)
        found = made.found
        says = gettext("{label}: asked for, {id}. {people} people, smallest group {smallest}.")
        typer.echo(says.format(label=made.label, id=made.approval, people=found.people, smallest=found.kept_smallest))


@group.command(help=gettext("Write the file of a release, a ZIP with the CSV and its note."))
def file(
    release: Annotated[str, typer.Argument(help=gettext("Number of the release."))],
    to: Annotated[Path, typer.Argument(help=gettext("Where to."))],
    by: Annotated[str, typer.Option(help=gettext("Account name of the person who takes it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from django.core.exceptions import ValidationError

        from callwarden.lawful.anonymisation import actions
        from callwarden.lawful.anonymisation.models import Release

        takes = person(by)
        try:
            made = Release.objects.get(pk=release)
        except (Release.DoesNotExist, ValidationError):
            raise Usage(gettext("There is no such release. “list” shows them.")) from None
        to.write_bytes(actions.hand_out(made, by=takes))


def _recipe(source: str, given: list[str], k: int, l: int, suppress: int) -> Recipe:  # noqa: E741
    from callwarden.lawful.anonymisation.rules import Column, Recipe

    told = []
    for one in given:
        parts = one.split(":")
        if len(parts) != 3:
            raise Usage(gettext("A column is FIELD:quasi:STEP or FIELD:sensitive:STEP."))
        told.append(Column(*parts))
    return Recipe(source, tuple(told), k, l, suppress)


def _scope(since: datetime | None, until: datetime | None) -> Scope:
    from callwarden.lawful.anonymisation.rules import Scope

    return Scope(since.date() if since else None, until.date() if until else None)
