"""`callwarden export-ledger DIR`: write the operation log as a folder that `callwarden verify` checks anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder.")],
) -> None:
    """Write the whole log and its public key, for checking on another machine."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from callwarden.custody.ledger.sequencer import verifier_key
    from callwarden.flows import trail
    from callwarden.kernel.errors import CallwardenError

    if folder.exists() and any(folder.iterdir()):
        typer.echo("The folder is not empty. Name an empty or a new one.", err=True)
        raise typer.Exit(2)
    try:
        size = trail.export(folder)
    except CallwardenError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    (folder / "verifier.key").write_text(verifier_key() + "\n", encoding="utf-8")
    typer.echo(f"{size} entries. Check them with: callwarden verify {folder} --key {folder / 'verifier.key'}")
