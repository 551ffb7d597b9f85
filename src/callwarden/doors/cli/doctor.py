"""`callwarden doctor`: what is well, what is not, what could not be measured. Ends with 1 when something fails."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli.language import CHINESE, gettext, language

MARKS = {"pass": "✓", "fail": "✗", "not_measured": "?", "not_applicable": "–"}


def command(
    data_dir: Annotated[Path | None, typer.Option(help=gettext("Folder that holds all data."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=gettext("Print one JSON object."))] = False,
) -> None:
    _point_at(data_dir)
    import django
    from django.utils import translation

    django.setup()
    from callwarden.doors.cli.checks import CHECKS, Outcome, outcome_of

    with translation.override("zh-hans" if language() == CHINESE else "en"):
        results = [(check, outcome_of(check)) for check in CHECKS]
        names = {
            Outcome.PASS: translation.gettext("pass"),
            Outcome.FAIL: translation.gettext("fail"),
            Outcome.NOT_MEASURED: translation.gettext("not measured"),
            Outcome.NOT_APPLICABLE: translation.gettext("not applicable"),
        }
        if as_json:
            body = {check.name: {"outcome": result.outcome.value, "says": result.says} for check, result in results}
            typer.echo(json.dumps({"checks": body}, ensure_ascii=False))
        else:
            for check, result in results:
                title = translation.gettext(check.title)
                typer.echo(f"{MARKS[result.outcome.value]} {title} [{names[result.outcome]}] {result.says}")
    raise typer.Exit(1 if any(result.outcome is Outcome.FAIL for _check, result in results) else 0)


def _point_at(data_dir: Path | None) -> None:
    """Look at the installation in this folder: its embedded database and its keeper, unless others are named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ["CALLWARDEN_LOG_LEVEL"] = "CRITICAL"  # the answer is the report, not the log
    if data_dir is not None:
        os.environ["CALLWARDEN_DATA_DIR"] = str(data_dir.expanduser().absolute())
