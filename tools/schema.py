"""`make schema`: write src/callwarden/site/schema.sql, the tables after all migrations.

Run it after adding a migration. A database that is laid from an older file runs what is newer, so nothing breaks when
it is forgotten; the test that compares both says so.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from callwarden.site.postgres import OWNER, EmbeddedPostgres
from callwarden.site.schema import FILE, header

TARGET = Path(__file__).resolve().parents[1] / "src/callwarden/site" / FILE
# Django writes these after every migration, from the models.
_LATER = ("django_content_type", "auth_permission", "django_migrations")
_MODULES = """
import django; django.setup()
from django.db import connection
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(connection)
for app, name in loader.applied_migrations:
    print(app, name, loader.disk_migrations[app, name].__module__)
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="callwarden-schema-") as place:
        folder = Path(place)
        folder.chmod(0o711)
        server = EmbeddedPostgres(folder / "db", durable=False)
        url = server.start()
        try:
            TARGET.write_text(written(server, url, folder), encoding="utf-8")
        finally:
            server.stop()
    print(f"{TARGET.name}: {len(TARGET.read_text().splitlines())} lines")


def written(server: EmbeddedPostgres, url: str, folder: Path) -> str:
    """Migrate the empty database at `url`, migration by migration, and tell what it came to as SQL."""
    (folder / "data/static").mkdir(parents=True)
    django(url, folder, "-m", "django", "migrate", "--verbosity", "0")
    applied = [line.split() for line in django(url, folder, "-c", _MODULES).splitlines()]
    with psycopg.connect(url) as connection:
        version = connection.info.server_version // 10_000
    rows = ",\n".join(f"    ('{app}', '{name}', now())" for app, name, _module in applied)
    data = dumped(server, OWNER, "--data-only", "--rows-per-insert=100", *(f"--exclude-table={one}" for one in _LATER))
    return "\n".join(
        [
            *header(version, [module for _app, _name, module in applied]),
            settled(server, url, dumped(server, OWNER, "--schema-only")),
            data,
            f"INSERT INTO public.django_migrations (app, name, applied) VALUES\n{rows};",
            "",
        ]
    )


def settled(server: EmbeddedPostgres, url: str, script: str) -> str:
    """The script as the server tells it once it is laid: it writes some conditions in another way when it reads them
    again, and the same from then on."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE again")
    with psycopg.connect(url.replace(f"/{OWNER}?", "/again?")) as connection:
        connection.execute(script.encode())
    return dumped(server, "again", "--schema-only")


def django(url: str, folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "CALLWARDEN_DATABASE_URL": url,
        "CALLWARDEN_DATA_DIR": str(folder / "data"),
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603


def dumped(server: EmbeddedPostgres, database: str, *how: str) -> str:
    """What pg_dump says, but for comments, owners and what would outlast the transaction it is laid in."""
    command = [
        str(server.program("pg_dump")),
        "-h",
        str(server.sockets),
        "-U",
        "postgres",
        "-d",
        database,
        "--no-owner",
    ]
    ran = subprocess.run([*command, *how], capture_output=True, text=True, check=True)  # noqa: S603
    lines = [line for line in ran.stdout.splitlines() if line and not line.startswith(("--", "\\"))]
    text = re.sub(r"^SET ", "SET LOCAL ", "\n".join(lines), flags=re.MULTILINE)
    text = text.replace("set_config('search_path', '', false)", "set_config('search_path', '', true)")
    return text.replace(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} ", "ALTER DEFAULT PRIVILEGES ")


if __name__ == "__main__":
    main()
