"""The tables that are laid at once are those that the migrations come to."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from callwarden.site import schema
from callwarden.site.postgres import OWNER, EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    found = importlib.util.spec_from_file_location("schema_tool", ROOT / "tools/schema.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="cw-schema-") as folder:
        Path(folder).chmod(0o711)
        made = EmbeddedPostgres(Path(folder) / "db", durable=False)
        made.start()
        yield made
        made.stop()


def statements(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("--")]


@pytest.mark.slow
def test_the_file_is_what_the_migrations_come_to(server, tool, tmp_path):
    """`make schema` writes it anew."""
    assert tool.written(server, server.url, tmp_path) == tool.TARGET.read_text(encoding="utf-8")


def test_what_is_laid_is_what_the_file_says_and_is_laid_once(server, tool):
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert schema.lay(connection)
        assert not schema.lay(connection)
        (count,) = connection.execute("SELECT count(*) FROM django_migrations").fetchone()
        (path,) = connection.execute("SHOW search_path").fetchone()
    text = tool.TARGET.read_text(encoding="utf-8")
    assert count == text.count("-- migration ")
    assert "public" in path
    assert tool.dumped(server, OWNER, "--schema-only") in text


def test_a_database_with_tables_is_left_alone(server):
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        assert not schema.lay(connection)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


@pytest.mark.parametrize(
    ("old", "new"),
    [("-- PostgreSQL 18", "-- PostgreSQL 17"), ("kernel.migrations.0001_initial ", "kernel.migrations.0001_initial 0")],
)
def test_a_file_of_another_version_or_of_other_migrations_is_not_used(server, monkeypatch, old, new):
    text = schema._script()
    assert old in text
    monkeypatch.setattr(schema, "_script", lambda: text.replace(old, new, 1))
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert not schema.lay(connection)


def test_a_server_that_does_not_take_it_is_left_as_it_was(server, monkeypatch):
    text = schema._script()
    monkeypatch.setattr(schema, "_script", lambda: text + "GRANT SELECT ON public.kernel_user TO nobody_here;\n")
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert not schema.lay(connection)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
