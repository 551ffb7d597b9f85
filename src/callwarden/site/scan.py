"""`callwarden scan SUBJECT`: search every place for what is left of somebody erased; `last`: of the latest one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from callwarden.doors.cli._installation import REFUSED, Usage, installation
from callwarden.doors.cli.language import gettext as _

if TYPE_CHECKING:
    from callwarden.custody.models import ResidueScan
    from callwarden.flows.residue import ScanReport

NOT_MEASURED = 3
SIGNS = {"pass": "✓", "fail": "✗", "not_measured": "?", "not_applicable": "–"}


def command(
    subject: Annotated[str, typer.Argument(help=_("Number of an erased data subject, or “last”."))] = "last",
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the report as one JSON object."))] = False,
    data_dir: Annotated[Path | None, typer.Option(help=_("Folder that holds all data."))] = None,
) -> None:
    """Ends with 0 where nothing is left, 1 where something is, 3 where it could not be measured everywhere."""
    with installation(data_dir):
        from callwarden.flows.residue import ScanReport, provide
        from callwarden.kernel.models import Outcome
        from callwarden.site.copies import reach_of_searches

        provide(reach_of_searches)
        row = _search(subject)
        report = ScanReport.from_json(row.report)
        typer.echo(json.dumps(row.report) if as_json else _told(report))
    if report.outcome == Outcome.FAIL:
        raise typer.Exit(REFUSED)
    if report.outcome == Outcome.NOT_MEASURED:
        raise typer.Exit(NOT_MEASURED)


def _search(named: str) -> ResidueScan:
    from callwarden.custody.models import Client, Subject
    from callwarden.custody.scope import client_scope
    from callwarden.flows.residue import search_again
    from callwarden.kernel.errors import NotFound

    newest: tuple[object, UUID, UUID] | None = None
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            erased = Subject.objects.filter(client_id=client)
            if named != "last":
                if erased.filter(pk=_uuid(named)).exists():
                    newest = (None, client, _uuid(named))
                continue
            one = erased.filter(destroyed_at__isnull=False).order_by("-destroyed_at").first()
            if one is not None and (newest is None or str(one.destroyed_at) > str(newest[0])):
                newest = (one.destroyed_at, client, one.pk)
    if newest is None:
        from django.utils.translation import gettext_lazy

        raise NotFound("nobody_erased", gettext_lazy("Nobody was erased here, so there is nothing to search for."))
    return search_again(newest[1], [newest[2]], actor="system")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Usage(_("Give the number of a data subject, as the operation log names it, or “last”.")) from None


def _told(report: ScanReport) -> str:
    lines = []
    for one in report.replicas:
        lines.append(f"{SIGNS[str(one.outcome)]} {one.name}  {one.bytes:,} B  {one.rows:,}")
        lines += [f"    ✗ {place.where} {place.what} ({place.form}) x{place.count}" for place in one.found]
        lines += [f"    ~ {place.where} {place.what} ({place.form}) x{place.count}" for place in one.lingering]
        lines += [
            f"    · {left.what}: {left.why}{f' ({left.count})' if left.count else ''}" for left in one.not_covered
        ]
    lines.append(
        _("Scan {scan}: {outcome}. Copies end by {day}. Evidence sha256:{digest}").format(
            scan=report.scan, outcome=report.outcome.label, day=report.ends_on, digest=report.digest
        )
    )
    return "\n".join(lines)
