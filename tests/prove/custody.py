"""What was erased comes back from no copy, and what was kept does: shown on a real installation, its copies, its loss.

Two copies of one installation. After the first, a person is erased and a retention bucket ends; then the epoch turns,
its key is ended, and the copies of key files that are older than their life are removed. The OLDEST copy of the data is
restored and NOTHING is replayed: what was erased must be unreadable, what was kept readable. Before all that, and with
the key files as they were then, the very same old copy opens what was erased: the positive control.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import psycopg

from tests.protection.backup.small_site import SmallSite
from tests.prove._running import ROOT, scratch, summary

Shown = list[tuple[str, str, str]]


def run() -> Iterator[tuple[str, str, str]]:
    # Further demonstrations of custody are added here, each a function from a folder to what it showed.
    with scratch("custody") as folder:
        for part in (erased_everywhere, residue, killed_rotations, long_stories, formats):
            yield from part(folder)


def erased_everywhere(folder: Path) -> Shown:
    shown: Shown = []
    site = SmallSite(folder / "a", folder / "t", key=folder / "backup.key").start()
    try:
        (expired,) = site.ask("fill", records=1, days=20)
        erased, kept, *_ = site.ask("fill", records=3, days=60)
        before = {one: site.ask("read", record=one) for one in (erased, expired, kept)}
        shown.append(_line("All three records open before", all(len(told) == 64 for told in before.values()), ""))
        site.command("backup")
        oldest = site.command("backup", "--list").stdout.split()[0]
        old_keys = sorted(path for path in (folder / "t" / "keys" / "keys").iterdir())
        service = site.spawn("callwarden.site.backups")
        time.sleep(3)
        site.ask("erase", record=erased)
        ended = site.ask("end_bucket", record=expired)
        turned = site.ask("turn_epoch")
        site.command("backup")
        site.command("drill")
        (drill,) = site.ask("drills")
        shown.append(
            _line(
                "A drill passes, measured",
                drill["state"] == "passed" and drill["rpo"] <= 5,
                f"RPO {drill['rpo']} s, RTO {drill['rto']} s, {drill['evidence'][:23]}…",
            )
        )
        time.sleep(3)
        shown.append(_line("The backup process lives through it", service.poll() is None, f"{ended} bucket, {turned}"))
    finally:
        site.lose()
    shown += _with_keys(folder, site, oldest, old_keys, before, (erased, expired, kept))
    shown.append(_one_bit(folder, site))
    return shown


def _with_keys(
    folder: Path, site: SmallSite, oldest: str, old_keys: list[Path], before: dict[str, str], records: tuple[str, ...]
) -> Shown:
    erased, expired, kept = records
    aside = folder / "aside"
    aside.mkdir()
    for path in (folder / "t" / "keys" / "keys").iterdir():
        if path not in old_keys:
            path.rename(aside / path.name)
    with _raw(folder / "control", site, oldest) as control:
        then = {one: control.ask("read", record=one) for one in records}
    shown = [
        _line(
            "Control: the oldest copy with the key files of its time opens all three",
            then == before,
            "so the copy does hold them",
        )
    ]
    for path in old_keys:
        path.unlink()  # their life is over
    for path in aside.iterdir():
        path.rename(folder / "t" / "keys" / "keys" / path.name)
    with _raw(folder / "after", site, oldest) as after:
        now = {one: after.ask("read", record=one) for one in records}
    shown += [
        _line(f"The oldest copy, nothing replayed: {what} is unreadable", len(now[one]) != 64, now[one])
        for what, one in (("who was erased", erased), ("what had ended", expired))
    ]
    # The old copy knows no key under the new epoch: it is unreadable for everybody, which is the price that was chosen.
    shown.append(_line("The same old copy opens nothing at all any more", len(now[kept]) != 64, now[kept]))
    new = folder / "newest"
    site.command(*site.restore_arguments(new))
    restored = SmallSite(new, folder / "t", key=site.key).start()
    try:
        closed = restored.ask("read", record=kept)
        shown.append(_line("The newest copy opens for nobody before two people signed", len(closed) != 64, closed))
        restored.ask("open_signed", approval=restored.ask("sign_opening"))
        told = restored.ask("read", record=kept)
        gone = restored.ask("read", record=erased)
    finally:
        restored.stop()
    shown.append(_line("The newest copy opens what was kept", told == before[kept], ""))
    shown.append(_line("The newest copy does not open who was erased", len(gone) != 64, gone))
    return shown


@contextmanager
def _raw(into: Path, site: SmallSite, name: str) -> Iterator[SmallSite]:
    """A thief's restore: the copy and the newest key files there are, no journal, no closing, no log after the copy."""
    code = (
        "import django,sys;django.setup();from tests.prove.custody import lay;from pathlib import Path;"
        "lay(Path(sys.argv[1]),sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, str(into), name], env=site.environment, check=True, cwd=ROOT)
    thief = SmallSite(into, into / "nowhere", key=site.key)
    try:
        yield thief.start()
    finally:
        thief.stop()


def lay(into: Path, name: str) -> None:
    """Unpack one copy of the database, its objects and the newest key files; take away what says that it is closed."""
    from django.conf import settings

    from callwarden.custody.keeper.restored import MARK
    from callwarden.protection.backup import copying, restoring
    from callwarden.protection.backup.vault import DATA, KEYS, BackupKey, Vault
    from callwarden.site.copies import server_of
    from callwarden.site.postgres import EmbeddedPostgres

    key = BackupKey.read(settings.BACKUP_KEY)
    data, keys = (
        Vault(settings.BACKUP_TARGET, key.seal_key(DATA)),
        Vault(settings.KEY_BACKUP_TARGET, key.seal_key(KEYS)),
    )
    into.mkdir(mode=0o711)
    database = EmbeddedPostgres(into / "db")
    server = server_of(database)
    manifest = copying.read_manifest(data, key, name)
    restoring.lay_cluster(data, manifest, server, database.cluster)
    restoring.fetch_keys(keys, into / "keys")
    (into / "keys" / MARK).unlink()
    (into / "ledger").mkdir()
    (into / "ledger" / "origin").write_text(manifest.origin)
    database.start()
    restoring.fetch_objects(server, data, into / "objects")
    database.stop()


def _one_bit(folder: Path, site: SmallSite) -> tuple[str, str, str]:
    damaged = folder / "bit"
    shutil.copytree(folder / "t", damaged)
    path = sorted((damaged / "data" / "base").glob("*/cluster.tar"))[-1]
    with path.open("r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        (byte,) = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    other = SmallSite(folder / "nowhere", damaged, key=site.key)
    done = other.command(*other.restore_arguments(folder / "refused"), ok=False)
    said = done.stderr.strip().splitlines()[-1]
    return _line("A copy with one changed bit is refused", done.returncode == 1 and "damaged" in said, said[:90])


def residue(folder: Path) -> Shown:
    """After an erasure, what led to the record is looked for as bytes, wherever the database and the site keep any."""
    site = SmallSite(folder / "r", folder / "rt", key=folder / "residue.key").start()
    try:
        erased, _kept = site.ask("fill", records=2)
        held = site.ask("held_of", record=erased)
        where = site.data / held.pop("object")
        values = {name: bytes.fromhex(told) for name, told in held.items()}
        _sql(site, "CHECKPOINT")
        before = _places(site.data, values)
        control = before["table and index files"] == set(values) and before["write-ahead log"] == set(values)
        shown = [_line("Control: each is found in table files and in the log before", control, f"{len(values)} values")]
        object_before = (site.data / "objects" / where.relative_to(site.data)).is_file()
        site.ask("erase", record=erased)
        rows = _in_rows(site, values)
        shown.append(_line("After erasing: in no row of any table", not rows, ", ".join(rows)))
        gone = object_before and not (site.data / "objects" / where.relative_to(site.data)).exists()
        shown.append(_line("After erasing: its object is gone", gone, ""))
        _sql(site, "CHECKPOINT")
        at_once = _places(site.data, values)
        for table in ("custody_datakey", "custody_subjectkey", "custody_searchtoken"):
            _sql(site, f"VACUUM (FULL) {table}")
        _sql(site, "CHECKPOINT")
        after = _places(site.data, values)
    finally:
        site.stop()
    left = after.pop("write-ahead log")
    for place, found in after.items():
        shown.append(_line(f"After a rewrite of three small tables: nothing in {place}", not found, ", ".join(found)))
    tables = len(at_once["table and index files"])
    shown.append(
        (
            "PostgreSQL's own residue until then, and in its log until that is recycled",
            "not applicable",
            f"{tables} of {len(values)} in table files before the rewrite, {len(left)} in the log after: wrapped keys,"
            " which the end of their epoch makes worthless (above)",
        )
    )
    return shown


def _places(data: Path, values: dict[str, bytes]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {
        name: set() for name in ("table and index files", "write-ahead log", "other files of the site")
    }
    for path in data.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        parts = path.relative_to(data).parts
        if "pg_wal" in parts:
            place = "write-ahead log"
        elif parts[:2] == ("db", "cluster"):
            place = "table and index files"
        else:
            place = "other files of the site"
        raw = path.read_bytes()
        found[place] |= {name for name, value in values.items() if value in raw or value.hex().encode() in raw}
    return found


def _in_rows(site: SmallSite, values: dict[str, bytes]) -> list[str]:
    found = []
    with psycopg.connect(
        host=str(site.database.sockets), port=5432, user="postgres", dbname="callwarden"
    ) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname <> 'information_schema'"
        ).fetchall()
        for (table,) in tables:
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as rows:
                text = b"".join(bytes(block) for block in rows)
            found += [f"{table}: {name}" for name, value in values.items() if value.hex().encode() in text]
    return found


def _sql(site: SmallSite, statement: str) -> None:
    with psycopg.connect(
        host=str(site.database.sockets), port=5432, user="postgres", dbname="callwarden", autocommit=True
    ) as connection:
        connection.execute(statement)


def killed_rotations(folder: Path) -> Shown:
    """Rewrap and re-encrypt with the keeper killed, at random moments, until at least fifty kills fell into a batch."""
    report = folder / "kills.xml"
    where = "tests/protection/keys/test_rotation.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-k", "killed", f"--junitxml={report}", where],
        cwd=ROOT, capture_output=True, text=True, timeout=1800, env={**os.environ, "CALLWARDEN_TEST_KILLS": "50"},
    )  # fmt: skip
    found = ElementTree.parse(report).iterfind(".//property[@name='kills']")
    kills = sum(int(one.attrib["value"]) for one in found)
    held = done.returncode == 0 and kills >= 50
    return [_line("Rotation goes on after kill -9 anywhere; no value is lost", held, f"{kills} kills within a batch")]


def long_stories(_folder: Path) -> Shown:
    """What takes minutes and is not in `make test`: full disks, a locked store, whole restores, a ceremony."""
    copies = "tests/protection/backup"
    stories = (
        ("A disk that fills up leaves nothing half-written, and the service goes on", f"{copies}/test_full.py"),
        ("An installation comes back from a locked object store alone", f"{copies}/test_locked.py"),
        ("An earlier moment, one changed bit, a restore killed: nothing erased comes back", f"{copies}/test_backup.py"),
        ("The recovery ceremony, command by command of its guide", "tests/process/test_recovery_ceremony.py"),
    )
    shown = []
    for what, file in stories:
        told = ["-n", "0", "-m", "long", "--timeout", "1700", file]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *told],
            cwd=ROOT, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
        shown.append(_line(what, done.returncode == 0, summary(done)))
    return shown


def formats(_folder: Path) -> Shown:
    """Every bit and exchange refused, published vectors, and the reader that imports nothing of ours."""
    files = (
        ("Every changed bit and every cut of a sealed file is refused", "test_sealed_file_tampering.py"),
        ("Every exchange of rows, clients, lines, purposes is refused", "test_wrapping.py"),
        ("Wycheproof vectors", "test_wycheproof.py"),
        ("SM3, SM4 and other published answers", "test_known_answers.py"),
        ("The independent reader opens sealed files", "test_sealed_file.py"),
    )
    shown = []
    for what, file in files:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-q", f"tests/engines/seal/{file}"],
            cwd=ROOT, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
        shown.append(_line(what, done.returncode == 0, summary(done)))
    return shown


def _line(what: str, held: bool, measured: str) -> tuple[str, str, str]:
    return (what, "pass" if held else "fail", measured)
