"""`callwarden whose-copy`: read the mark of an exported file. Needs no server; the audit knows the permit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from callwarden.doors.cli.language import gettext

# Of a larger file the beginning is enough: the code stands in every row.
_MOST = 64 * 1024 * 1024


def command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help=gettext("A recording or a table found somewhere."))
    ],
) -> None:
    """Exit code 0: a mark was found; 1: none; 2: it is no recording."""
    import soundfile

    from callwarden.engines import mark

    if identity := mark.find_in_text(_text(file)):
        typer.echo(str(UUID(bytes=identity)))
        return
    try:
        samples, rate = soundfile.read(file, dtype="int16")
    except (soundfile.LibsndfileError, ValueError):
        typer.echo(gettext("This file is no recording that can be read."), err=True)
        raise typer.Exit(2) from None
    identity = mark.find(samples, rate=rate)
    if identity is None:
        typer.echo(gettext("No mark was found in it."), err=True)
        raise typer.Exit(1)
    typer.echo(str(UUID(bytes=identity)))


def _text(file: Path) -> str:
    """What it says, where it is text; the encoding of a spreadsheet's copy is not known, and the code is ASCII."""
    with file.open("rb") as found:
        head = found.read(4)
        if head in (b"RIFF", b"fLaC", b"OggS"):
            return ""
        return (head + found.read(_MOST)).replace(b"\0", b"").decode("ascii", errors="ignore")
