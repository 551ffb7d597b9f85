"""`callwarden ledger-years`: the years of the operation log, and asking that an old one be destroyed."""

from __future__ import annotations

from typing import Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli._secrets import person
from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.recovery import DataDir


def command(
    erase: Annotated[int | None, typer.Option(help=gettext("Year whose entries are to be destroyed."))] = None,
    by: Annotated[str | None, typer.Option(help=gettext("Account name of the person who asks."))] = None,
    reason: Annotated[str, typer.Option(help=gettext("Why, for whoever decides."))] = "",
    data_dir: DataDir = None,
) -> None:
    """Show the years of the operation log, or ask that an old one be destroyed; a second person decides."""
    with installation(data_dir):
        from callwarden.control.log_years.acts import erasure
        from callwarden.custody.ledger import expiry, heads
        from callwarden.kernel import approvals

        known = {year.year: year for year in heads.years()}
        if erase is not None:
            if by is None or erase not in known:
                raise Usage(gettext("Name a year of the log with --erase, and with --by who asks."))
            asked = approvals.request(erasure(known[erase]), requester=person(by), reason=reason)
            typer.echo(gettext("{name}: asked for, {id}").format(name=erase, id=asked.pk))
            return
        for year in known.values():
            until, head = expiry.kept_until(year), heads.last_of(year)
            count = head.size - year.first if head else 0
            kept = gettext("destroyed") if year.erased_at else until.date().isoformat() if until else gettext("goes on")
            line = gettext("{year}: {count} entries, kept until: {kept}, {origin}")
            typer.echo(line.format(year=year.year, count=count, kept=kept, origin=year.origin))
