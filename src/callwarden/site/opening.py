"""`callwarden open-restored`: two people sign that a restored store opens, under the new name of its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import Approval, By, DataDir

if TYPE_CHECKING:
    from callwarden.protection.backup.models import Restore

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)


@group.command(help=gettext("Ask a second person to sign that the restored store opens."))
def ask(
    by: By,
    reason: Annotated[str, typer.Option(help=gettext("Why; the other person reads it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.backup.actions import ask_to_open

        asked = ask_to_open(_waiting(), requester=person(by), reason=reason)
        typer.echo(str(asked.pk))
        typer.echo(gettext("Somebody else approves it in the console, under Approvals."), err=True)


@group.command(help=gettext("Open the restored store, with an approval for it."))
def now(approval: Approval, by: By, data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from django.conf import settings

        from callwarden.protection.backup import restoring
        from callwarden.protection.backup.actions import open_restored
        from callwarden.protection.backup.queries import unopened

        # Signed and carried out, and killed before its last step: that step is left.
        if unopened() is not None or not restoring.state_of(settings.LAYOUT.data):
            open_restored(approval, _waiting(), by=person(by))
        restoring.unmark(settings.LAYOUT.data)
        typer.echo(gettext("Signed. Stop “callwarden up” and start it again: the store is open then."))


def _waiting() -> Restore:
    from callwarden.protection.backup.queries import unopened

    restore = unopened()
    if restore is None:
        raise Usage(gettext("No restored store waits here for its opening."))
    return restore
