"""After the demonstration has been taken in, none of its personal values lies anywhere in clear.

Looked through: the whole data folder (objects, spool, watch folders, database files with their write-ahead log, ledger,
logs, run), whatever was written to temporary folders meanwhile, and the database dumped row by row. A value planted in
every form, in a file and in the database, shows that the search does find. Then people are erased, and the
product searches for what is left of them by itself (`_erased`).
"""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import lzma
import os
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path

import samples
from callwarden.engines.residue import ENCODINGS, Hit, Mark, Search
from tests.prove._dump import dump, pages_of_the_log
from tests.prove._erased import erased
from tests.prove._running import Running, scratch, unfinished
from tests.prove._transient import Watching

PLANTED = "planted: 郑远舟，电话 19912345678，zheng@example.com"
LEAST_VALUES = 50
QUIET_SECONDS = 900.0
Shown = list[tuple[str, str, str]]


def values_of_the_samples() -> dict[str, str]:
    """label -> value: everything personal that the samples say of callers and customers.

    A part of a number that is too short to be found by anything but chance is left out, as is what only a payment
    window holds in three or four digits; the whole number stands for it.
    """
    found: dict[str, str] = {}
    for call in samples.expected()["calls"]:
        for item in call["planted"]:
            for key in ("value", "part"):
                found.setdefault(item[key], f"{call['call_id']} {item['type']} {key}")
    for row in csv.DictReader((samples.ROOT / "customers.csv").open(encoding="utf-8-sig")):
        for column in ("name", "phones", "emails", "id_number", "card_numbers", "address", "plate", "birth_date"):
            for value in filter(None, row[column].split(";")):
                found.setdefault(value.strip(), f"{row['customer_no']} {column}")
    for row in csv.DictReader((samples.ROOT / "orders.csv").open(encoding="utf-8-sig")):
        found.setdefault(row["order_no"], f"{row['customer_no']} order")
    return {label: value for value, label in found.items() if len(value.encode()) >= 7}


def run() -> Shown:
    values = values_of_the_samples()
    search = Search(Mark(*named) for named in {**values, "planted": PLANTED}.items())
    shown: Shown = [
        (
            f"At least {LEAST_VALUES} known values of callers and customers are looked for",
            "pass" if len(values) >= LEAST_VALUES else "fail",
            f"{len(values)} values, {search.patterns} written forms",
        )
    ]
    with scratch("residue") as folder:
        temporary = folder / "tmp"
        temporary.mkdir()
        temporary.chmod(0o1777)
        before = set(Path(tempfile.gettempdir()).iterdir())
        site = Running(folder / "data", demo=True, temporary=temporary, settings={"SPOOL_STABLE_SECONDS": "0.5"})
        try:
            with Watching(
                search, site.processes, (temporary, site.data), ("incoming", "db", "static", "objects")
            ) as watched:
                site.await_started()
                taken = await_quiet(site)
            shown.append(("The demonstration was taken in", "pass", f"{taken}; started in {site.started_in:.0f} s"))
            shown += _search_everything(search, site, folder, before, watched)
            shown += erased(site)
            shown += _planted(search, site, folder)
        finally:
            site.stop()
    return shown


def await_quiet(site: Running) -> str:
    """Wait until nothing waits to be taken in or redacted. Returns the counts."""
    deadline = time.monotonic() + QUIET_SECONDS
    calm = 0
    while calm < 3:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not quiet in time: {_counts(site)}")
        time.sleep(2)
        calm = calm + 1 if _is_quiet(site) else 0
    return _counts(site)


def _is_quiet(site: Running) -> bool:
    left = [path for path in (site.data / "incoming").rglob("*") if path.is_file()]
    ((busy,),) = site.sql(
        "SELECT (SELECT count(*) FROM custody_call WHERE redaction = 'pending')"
        " + (SELECT count(*) FROM custody_intakeitem WHERE kind IN ('cdr', 'customers', 'orders') AND state = 'sealed')"
        " + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queue_name = 'default')"
        " + (SELECT count(*) FROM custody_intakeitem WHERE kind = 'row' AND state = 'sealed' AND needs > 0"
        "     AND arrived_at > now() - interval '60 seconds')"
    )
    ((seen,),) = site.sql("SELECT count(*) FROM custody_call")
    return not left and not busy and bool(seen)


def _counts(site: Running) -> str:
    items = dict(site.sql("SELECT state, count(*) FROM custody_intakeitem WHERE kind = 'audio' GROUP BY state"))
    calls = dict(site.sql("SELECT redaction, count(*) FROM custody_call GROUP BY redaction"))
    return f"recordings {items}, calls {calls}".replace("'", "")


def _search_everything(search: Search, site: Running, folder: Path, before: set[Path], watched: Watching) -> Shown:
    site.sql("CHECKPOINT")
    tables = dump(site, folder / "dump")
    pages = pages_of_the_log(site, folder / "pages")
    new_elsewhere = [path for path in Path(tempfile.gettempdir()).iterdir() if path not in before and path != folder]
    shown = [
        _verdict("Temporary files while it ran, unlinked ones included", watched.found, f"{watched.files} versions"),
        _verdict("What lies in temporary folders now", _trees(search, [folder / "tmp", *_ours(new_elsewhere)]), ""),
        _verdict("Database, every table as text and pg_dump", search.tree(folder / "dump"), f"{tables} tables"),
        _verdict("Pages in the write-ahead log, decompressed", search.tree(folder / "pages"), f"{pages} pages"),
    ]
    for part in sorted(path for path in site.data.iterdir() if path.is_dir()):
        begun = search.searched_bytes
        found = search.tree(part)
        files = sum(1 for path in part.rglob("*") if path.is_file())
        measured = f"{files} files, {(search.searched_bytes - begun) / 1e6:.1f} MB"
        shown.append(_verdict(f"Data folder: {part.name}", found, measured))
    left = [path for path in (site.data / "incoming").rglob("*") if path.is_file()]
    shown.append(("No source file is left in a watch folder", "fail" if left else "pass", f"{len(left)} left"))
    begun_only = unfinished(site.data)
    shown.append(("No half-written file is left", "fail" if begun_only else "pass", f"{len(begun_only)} left"))
    shown.append(
        (
            "All of it",
            "fail" if any(outcome == "fail" for _what, outcome, _measured in shown) else "pass",
            f"{search.searched_bytes / 1e6:.0f} MB searched, {search.streams} streams opened",
        )
    )
    return shown


def _ours(paths: list[Path]) -> list[Path]:
    """Of what has appeared in the machine's temporary folder meanwhile, what this account or a site's made."""
    uids = {os.geteuid()}
    return [path for path in paths if path.name.startswith(("callwarden", "tmp")) and path.stat().st_uid in uids]


def _trees(search: Search, folders: list[Path]) -> dict[Path, set[Hit]]:
    found: dict[Path, set[Hit]] = {}
    for folder in folders:
        found |= search.tree(folder) if folder.is_dir() else {folder: search.file(folder)}
    return {path: hits for path, hits in found.items() if hits}


def _verdict(what: str, found: dict[Path, set[Hit]] | dict[str, set[Hit]], measured: str) -> tuple[str, str, str]:
    if not found:
        return (what, "pass", f"0 found; {measured}".rstrip("; "))
    some = "; ".join(
        f"{Path(place).name}: {hit.label} as {hit.form}"
        for place, hits in list(found.items())[:4]
        for hit in sorted(hits)[:3]
    )
    return (what, "fail", f"{sum(map(len, found.values()))} in {len(found)} places: {some}")


def planted_forms() -> dict[str, bytes]:
    """Every form the search claims to know, made without its help."""
    forms: dict[str, bytes] = {}
    for encoding in ENCODINGS:
        raw = PLANTED.encode(encoding)
        forms[encoding] = raw
        forms[f"{encoding} hex"] = raw.hex().encode()
        forms[f"{encoding} hex (capitals)"] = raw.hex().upper().encode()
        for ahead in range(3):
            forms[f"{encoding} base64+{ahead}"] = base64.b64encode(b"xyz"[:ahead] + raw + b"tail")
        forms[f"{encoding} base64 url"] = base64.urlsafe_b64encode(raw)
        forms[f"{encoding} gzip"] = b"head" + gzip.compress(raw)
        forms[f"{encoding} zlib"] = b"head" + zlib.compress(raw)
        forms[f"{encoding} bzip2"] = bz2.compress(raw)
        forms[f"{encoding} xz"] = lzma.compress(raw)
        forms[f"{encoding} gzip in gzip"] = gzip.compress(b"x" * 99 + gzip.compress(raw))
    return forms


def _planted(search: Search, site: Running, folder: Path) -> Shown:
    """The positive control: everything planted is found, in files of the data folder and through the database."""
    forms = planted_forms()
    place = site.data / "objects" / "planted"
    place.mkdir()
    for number, raw in enumerate(forms.values()):
        (place / f"{number}.bin").write_bytes(os.urandom(1000) + raw + os.urandom(1000))
    missed = [form for number, form in enumerate(forms) if not search.file(place / f"{number}.bin")]
    site.sql("CREATE TABLE planted (form text, raw bytea, told text)")
    for form, raw in forms.items():
        site.sql("INSERT INTO planted VALUES (%s, %s, NULL)", form, raw)
    site.sql("INSERT INTO planted VALUES ('text', NULL, %s)", PLANTED)
    site.sql("CHECKPOINT")
    dump(site, folder / "planted-dump")
    rows = (folder / "planted-dump" / "public.planted.txt").read_bytes().splitlines()
    missed_rows = [form for form, row in zip([*forms, "text"], rows, strict=True) if not search.data(row)]
    ((file,),) = site.sql("SELECT pg_relation_filepath('planted')")
    in_files = search.file(site.data / "db" / "cluster" / file)
    in_log = search.tree(site.data / "db" / "cluster" / "pg_wal")
    kinds = Counter(hit.form.split("+")[0] for hit in in_files)
    return [
        ("Planted in files: every form is found", "fail" if missed else "pass", _of(forms, missed)),
        (
            "Planted in the database: every form is found in the dump",
            "fail" if missed_rows else "pass",
            _of(forms, missed_rows),
        ),
        ("Planted: found in the table's own file", "pass" if in_files else "fail", f"{len(kinds)} forms"),
        ("Planted: found in the write-ahead log", "pass" if in_log else "fail", f"{len(in_log)} segments"),
    ]


def _of(forms: dict[str, bytes], missed: list[str]) -> str:
    return f"{len(forms) - len(missed)} of {len(forms)}" + (f"; missed {', '.join(missed[:5])}" if missed else "")
