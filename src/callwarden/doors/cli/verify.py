"""`callwarden verify`: check an exported ledger, one proof file, or a certificate, against the verification key.

The work is that of the independent verifier; this only puts it on the command line with progress. Ends with 0 when
everything was checked and holds, 1 when something does not, 2 when it could not be checked.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from callwarden.doors.cli.language import CHINESE, gettext, language
from callwarden.engines.ledger import certificate_verifier, evidence_verifier, verifier, years_verifier


def command(
    path: Annotated[
        Path,
        typer.Argument(
            help=gettext("Folder of the exported ledger, a .tlog-proof file, a bundle of evidence, or a certificate.")
        ),
    ],
    key: Annotated[
        list[str],
        typer.Option(help=gettext("Verification key, or a file that holds it. Use the copy you keep elsewhere.")),
    ],
    older: Annotated[
        list[Path] | None,
        typer.Option(help=gettext("A checkpoint kept from earlier, which the ledger must continue. Repeatable.")),
    ] = None,
    entry: Annotated[
        Path | None, typer.Option(help=gettext("File with the entry, when the proof file does not carry it."))
    ] = None,
    origin: Annotated[
        str | None, typer.Option(help=gettext("Name of the log, when it is not that of the key."))
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help=gettext("The ledger is still being written: ignore newer files."))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=gettext("Print one JSON object."))] = False,
) -> None:
    if certificate_verifier.is_certificate(path):
        _certificate(path, key, origin, as_json=as_json)
    columns = (
        "[progress.percentage]{task.percentage:>3.0f}%",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        keys, kept = verifier.key_strings(key), older or ()

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        if evidence_verifier.is_bundle(path):
            report: verifier.Report = evidence_verifier.verify_bundle(path, keys, progress=progress)
        elif years_verifier.is_years(path):
            report = years_verifier.check(path, keys, older=kept, live=live, progress=progress)
        else:
            report = verifier.check(path, keys, older=kept, entry=entry, origin=origin, live=live, progress=progress)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        typer.echo(_words(report, "zh" if language() == CHINESE else "en"))
    raise typer.Exit(report.code)


def _words(report: verifier.Report, lang: str) -> str:
    if isinstance(report, evidence_verifier.Report):
        return evidence_verifier.render(report, lang)
    if isinstance(report, years_verifier.Report):
        return years_verifier.render(report, lang)
    return verifier.render(report, lang)


def _certificate(path: Path, key: list[str], origin: str | None, *, as_json: bool) -> NoReturn:
    report = certificate_verifier.verify_certificate(path, verifier.key_strings(key), origin=origin)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        typer.echo(certificate_verifier.render(report, "zh" if language() == CHINESE else "en"))
    raise typer.Exit(report.code)
