"""Everything a database holds, as files that can be searched: rows, and the pages kept in its write-ahead log."""

from __future__ import annotations

import subprocess
from pathlib import Path

from callwarden.site.accounts import DATABASE, system_account
from callwarden.site.postgres import EmbeddedPostgres
from tests.prove._running import Running, identity


def dump(site: Running, to: Path) -> int:
    """Every table as text, one file each, and pg_dump's own output. Returns how many tables that was.

    Read as the superuser, so that row security hides nothing.
    """
    to.mkdir()
    with site.connect("postgres") as connection:
        tables = [
            f'"{schema}"."{name}"'
            for schema, name in connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname <> 'information_schema'"
            )
        ]
        for table in tables:
            with (
                (to / f"{table.replace(chr(34), '')}.txt").open("wb") as out,
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} TO STDOUT") as rows,
            ):
                for block in rows:
                    out.write(block)
    _pg_dump(site, to)
    return len(tables)


def _pg_dump(site: Running, to: Path) -> None:
    program = EmbeddedPostgres(site.data / "db").program("pg_dump")
    with (to / "pg_dump.sql").open("wb") as out:
        subprocess.run(
            [str(program), "-h", str(site.data / "db" / "socket"), "-U", "postgres", "callwarden"],
            stdout=out,
            check=True,
            cwd="/",
            **identity(system_account(DATABASE).name),
        )


def pages_of_the_log(site: Running, to: Path) -> int:
    """Full pages saved in the write-ahead log, which keeps them compressed, undone. Returns how many.

    Call it while the server rests, after a checkpoint.
    """
    to.mkdir()
    to.chmod(0o777)
    program = EmbeddedPostgres(site.data / "db").program("pg_waldump")
    segments = sorted(path for path in (site.data / "db" / "cluster" / "pg_wal").iterdir() if len(path.name) == 24)
    written = [segment for segment in segments if segment.read_bytes()[:16].strip(b"\0")]
    for segment in written:
        # It ends with an error where the log ends or a recycled segment begins; what it saved until then counts.
        subprocess.run(
            [str(program), "--quiet", f"--save-fullpage={to / segment.name}", str(segment)],
            capture_output=True,
            check=False,
            cwd="/",
            **identity(system_account(DATABASE).name),
        )
    return sum(1 for path in to.rglob("*") if path.is_file())
