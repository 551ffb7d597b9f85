"""What PostgreSQL keeps of rows that are gone, and how fast the search for it is.

On a server of its own, set as the product sets it: rows with a keyed token (32 bytes), a sealed value (180 bytes) and
a sealed text too long for a page (9,000 bytes, TOAST) are written, changed or deleted, cleared away and rewritten.
Every fourth row is one that goes, its neighbours stay. After each step every token and ciphertext of those that went
is looked for as bytes in the files of the cluster and in the write-ahead log. Shares are of the rows that went:
`delete_heap_token_after_vacuum` = 0.9 means that nine of ten tokens can still be read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg

from callwarden.engines.residue import Mark, Search
from callwarden.site.postgres import EmbeddedPostgres

ROWS = 1600
GOES = 4
TOKEN, VALUE, TEXT = 32, 180, 9000
SEEN = 32
SPEED_BYTES = 256 * 1024 * 1024
KINDS = ("token", "value", "text")
Known = dict[str, dict[bytes, int]]


def run(progress: Callable[[str], None]) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="cw-bench-residue-"))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "db")
    figures: dict[str, float] = {}
    try:
        server.start()
        for change in ("delete", "update"):
            progress(f"what {change} leaves")
            figures |= measured(server, change)
        progress("the speed of the search")
        figures |= speed(folder)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def measured(server: EmbeddedPostgres, change: str) -> dict[str, float]:
    with psycopg.connect(
        host=str(server.sockets), port=5432, user="postgres", dbname="callwarden", autocommit=True
    ) as raw:
        raw.execute(f"CREATE TABLE {change}d (id uuid PRIMARY KEY, goes bool, token bytea, value bytea, text bytea)")
        raw.execute(f"CREATE INDEX ON {change}d (token)")
        raw.execute(f"ALTER TABLE {change}d SET (autovacuum_enabled = off)")
        known = filled(raw, change)
        figures: dict[str, float] = {}

        def look(when: str) -> None:
            raw.execute("CHECKPOINT")
            for place, found in shares(server.cluster, known).items():
                figures.update({f"{change}_{place}_{kind}_{when}": share for kind, share in found.items()})

        look("written")
        if change == "delete":
            raw.execute("DELETE FROM deleted WHERE goes")
        else:
            change_all = "token = sha256(token), value = sha256(value), text = sha256(text)"
            raw.execute(f"UPDATE updated SET {change_all} WHERE goes")
        look("changed")
        raw.execute(f"VACUUM {change}d")
        look("after_vacuum")
        # Rows of others take the room that has become free.
        filled(raw, change)
        look("after_reuse")
        raw.execute(f"VACUUM FULL {change}d")
        look("after_rewrite")
        for _ in range(3):
            raw.execute("SELECT pg_switch_wal()")
            raw.execute("CHECKPOINT")
        look("after_log_switch")
    return figures


def filled(raw: psycopg.Connection[tuple[object, ...]], change: str) -> Known:
    known: Known = {kind: {} for kind in KINDS}
    with raw.cursor() as cursor, cursor.copy(f"COPY {change}d FROM STDIN") as rows:
        for number in range(ROWS):
            cells = [os.urandom(size) for size in (TOKEN, VALUE, TEXT)]
            goes = number % GOES == 0
            for kind, cell in zip(KINDS, cells, strict=True) if goes else ():
                known[kind][cell[:SEEN]] = number
            rows.write_row((uuid4(), goes, *cells))
    return known


def shares(cluster: Path, known: Known) -> dict[str, dict[str, float]]:
    """Of each kind, which share can be read in the cluster's files and in its log."""
    search = Search(Mark(f"{kind}:{number}", one) for kind in KINDS for one, number in known[kind].items())
    seen: dict[str, set[str]] = {"heap": set(), "log": set()}
    for path in cluster.rglob("*"):
        if path.is_file():
            seen["log" if "pg_wal" in path.parts else "heap"] |= {hit.label for hit in search.file(path)}
    return {
        place: {kind: sum(label.startswith(f"{kind}:") for label in labels) / (ROWS / GOES) for kind in KINDS}
        for place, labels in seen.items()
    }


def speed(folder: Path) -> dict[str, float]:
    """MB a second through noise for a person's marks and for those of a batch, in all their forms, beside grep for the
    same values as they are.
    """
    noise = folder / "noise"
    with noise.open("wb") as file:
        for _ in range(SPEED_BYTES // (1 << 20)):
            file.write(os.urandom(1 << 20))
    figures: dict[str, float] = {}
    for name, count in (("person", 10), ("batch", 300)):
        marks = [f"139{number:08}" for number in range(count)]
        search = Search(Mark("phone", one) for one in marks)
        (folder / "marks").write_text("\n".join(marks) + "\n")
        grep = ["grep", "-c", "-a", "-F", "-f", str(folder / "marks"), str(noise)]
        mine, theirs = 1e9, 1e9
        for _ in range(3):
            begin = time.perf_counter()
            assert not search.file(noise)
            mine = min(mine, time.perf_counter() - begin)
            begin = time.perf_counter()
            subprocess.run(grep, env={"LC_ALL": "C", "PATH": os.defpath}, capture_output=True, check=False)
            theirs = min(theirs, time.perf_counter() - begin)
        figures |= {
            f"{name}_patterns": search.patterns,
            f"{name}_mb_per_s": SPEED_BYTES / mine / 1e6,
            f"{name}_grep_mb_per_s": SPEED_BYTES / theirs / 1e6,
        }
    return figures
