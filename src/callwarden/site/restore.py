"""`callwarden restore`: an installation from copies, in an empty folder. It stays closed until two people sign."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli.language import gettext as _
from callwarden.site.drill import replay
from callwarden.site.layout import Accounts, Layout
from callwarden.site.postgres import EmbeddedPostgres


def command(
    data_dir: Annotated[Path, typer.Option(help=_("The empty folder that becomes the installation."))],
    key: Annotated[Path, typer.Option(help=_("File of the backup key."))],
    source: Annotated[str, typer.Option("--from", help=_("Target of the data: a folder, or s3://bucket/prefix."))],
    keys_source: Annotated[str, typer.Option("--keys-from", help=_("Target of the key files."))],
    to: Annotated[str, typer.Option(help=_("Moment to go back to, as 2031-02-14T08:30:00Z; default the latest."))] = "",
    backup: Annotated[str, typer.Option(help=_("Name of the copy to start from."))] = "",
) -> None:
    os.environ |= {
        "CALLWARDEN_BACKUP_TARGET": source,
        "CALLWARDEN_KEY_BACKUP_TARGET": keys_source,
        "CALLWARDEN_BACKUP_KEY": str(key.expanduser().absolute()),
    }
    with installation(data_dir):
        _restore(Layout(data_dir.expanduser().absolute()), _moment(to), backup)


def _restore(layout: Layout, moment: datetime | None, name: str) -> None:
    from django.conf import settings

    from callwarden.custody.keeper.restored import close
    from callwarden.kernel import clock
    from callwarden.protection.backup import restoring
    from callwarden.protection.backup.vault import DATA, KEYS, BackupKey, Vault
    from callwarden.site import copies
    from callwarden.site.outside import BadSetting

    _require_place_for_tiles(settings.LEDGER_TILES_URL)
    key = BackupKey.read(settings.BACKUP_KEY)
    data = Vault(settings.BACKUP_TARGET, key.seal_key(DATA))
    keys = Vault(settings.KEY_BACKUP_TARGET, key.seal_key(KEYS))
    manifest = restoring.choose(data, key, moment=moment, name=name)
    restoring.prepare(layout.data)
    if os.geteuid() == 0:
        layout.data.chmod(0o711)
    database = EmbeddedPostgres(layout.database)
    server = copies.server_of(database)
    _say(_("Copy {name} is read…").format(name=manifest.id))
    restoring.lay_cluster(data, manifest, server, database.cluster)
    try:
        restoring.recover(data, manifest, server, database, moment=moment)
        restoring.fetch_keys(keys, layout.keys)
        restoring.fetch_files(data, manifest, layout.data / "files")
        if settings.OBJECTS_URL:
            fetched, missing = restoring.refill_objects(server, data)
        else:
            fetched, missing = restoring.fetch_objects(server, data, layout.data / "objects")
        origin = restoring.next_origin(manifest.origin, f"{clock.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        ledger = restoring.rebuild_ledger(
            server, manifest, layout.data / "ledger", origin=origin, tiles=settings.LEDGER_TILES_URL
        )
        if not ledger.agrees:
            raise BadSetting(_("The restored log does not lead to its signed head. Restore another backup."))
        told = replay(
            layout.data,
            database,
            {
                "backup": manifest.id,
                "made_at": manifest.made_at,
                "restored_at": clock.now().isoformat(),
                "ledger_size": ledger.size,
                "ledger_root": ledger.root,
                "old_origin": manifest.origin,
                "new_origin": origin,
            },
            objects=settings.OBJECTS_URL,
        )
        close(layout.keys, told["act"])
        restoring.end_keys(layout.keys, epochs=told["epochs"], clients=told["clients"], indexes=told["indexes"])
        lost = restoring.lost_objects(server, layout.data / "objects") if not settings.OBJECTS_URL else missing
    except BadSetting as error:
        raise Usage(str(error)) from None
    finally:
        database.stop()
    _give_away(layout)
    restoring.mark(layout.data, state="closed", backup=manifest.id)
    _say(
        _(
            "Restored: {objects} objects, {entries} entries of the log, {replayed} acts of the journal done again."
        ).format(objects=fetched, entries=ledger.size, replayed=sum(told["done"].values()))
    )
    if lost:
        _say(_("{count} objects of live records are in no copy.").format(count=lost))
    if left := sum(told["unplaced"].values()):
        _say(_("{count} acts of the journal could not be placed; look at them before you open.").format(count=left))
    if kept := told["kept"]:
        _say(
            _(
                "{count} legal holds that were released after the copy are in force again; release them once more "
                "where their matter is over."
            ).format(count=kept)
        )
    if lost := told["requests"]:
        _say(
            _(
                "{count} requests of callers came after the copy and are lost; findings name them, enter them again."
            ).format(count=lost)
        )
    if lifted := told["lifted"]:
        _say(
            _("{count} restrictions that were lifted after the copy stand again; findings name them.").format(
                count=lifted
            )
        )
    if answered := told["answered"]:
        _say(
            _(
                "{count} explanations were answered after the copy; findings name them with the digest of what was "
                "answered."
            ).format(count=answered)
        )
    _say(_("The store is closed. Start “callwarden up”, and open it with two people: callwarden open-restored ask."))


def _require_place_for_tiles(place: str) -> None:
    """The tiles of the lost log say what happened after the copy was made: they are evidence and are not written over.

    Raises:
        Usage: something lies there.
    """
    from callwarden.custody.ledger.bucket import BucketTileStore

    if place and not BucketTileStore(place).is_empty():
        raise Usage(
            _(
                "CALLWARDEN_LEDGER_TILES names a place where tiles lie already. Those of the lost log are evidence of "
                "what happened after the copy: keep them, and name an empty place."
            )
        )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(_("Write the moment as 2031-02-14T08:30:00Z.")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _give_away(layout: Layout) -> None:
    """As root: each folder to the account whose processes read it, as `callwarden up` lays them."""
    accounts = Accounts.choose()
    layout.make(accounts)
    owners = {"keys": accounts.keeper, "ledger": accounts.keeper, "objects": accounts.app}
    for name, account in owners.items():
        for path in (layout.data / name).rglob("*"):
            if not account.is_current:
                shutil.chown(path, account.uid, account.gid)
            if name == "ledger" and not accounts.app.is_current:
                path.chmod(0o2750 if path.is_dir() else 0o640)


def _say(line: str) -> None:
    typer.echo(line, err=True)
