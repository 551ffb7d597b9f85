"""`callwarden backup`: copy data and key files to their targets. Every copy is read back before it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import installation
from callwarden.doors.cli.language import gettext as _


def command(
    listed: Annotated[bool, typer.Option("--list", help=_("Only list the copies there are."))] = False,
    verify: Annotated[bool, typer.Option("--verify", help=_("Only read all of every copy."))] = False,
    keys_only: Annotated[bool, typer.Option("--keys-only", help=_("Copy the key files only."))] = False,
    data_dir: Annotated[Path | None, typer.Option(help=_("Folder that holds all data."))] = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.backup import copying
        from callwarden.site import copies

        site = copies.configured(make_key=not (listed or verify))
        if listed or verify:
            for name in copying.finished(site.data):
                manifest = copying.read_manifest(site.data, site.key, name)
                if verify:
                    copying.verify(site.data, manifest)
                typer.echo(f"{name}  {manifest.size / 1e6:.1f} MB" + (_("  read in full") if verify else ""))
            return
        if keys_only:
            typer.echo(copies.backup_keys(site))
            return
        made = copies.make_backup(site)
        typer.echo(
            _("Backup {name}: {size:.1f} MB, read back in full. Keep a copy of {key} off this host.").format(
                name=made.id, size=made.size / 1e6, key=_key_file()
            )
        )


def _key_file() -> str:
    from django.conf import settings

    return str(settings.BACKUP_KEY)
