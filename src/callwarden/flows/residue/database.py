"""The database: every column of every table by the catalogue, its files as bytes, its log."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from django.apps import apps
from django.db import connection as application
from django.db import transaction
from psycopg import sql

from callwarden.custody.models import Client, IdentifierToken, SearchToken
from callwarden.custody.scope import client_scope
from callwarden.engines.residue import Hit, Search, pieces
from callwarden.flows.residue.reach import Reach
from callwarden.kernel.columns import Column

CACHE: Final = "site_cache"
Raw = psycopg.Connection[tuple[Any, ...]]
_SEGMENT_NAME: Final = 24  # characters of a log segment's name

# Foreign and temporary tables, and other sessions' own, hold nothing of ours; catalogues do (statistics hold values).
_TABLES: Final = """
SELECT n.nspname, c.relname, c.relrowsecurity, pg_total_relation_size(c.oid),
       array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE has_column_privilege(c.oid, a.attnum, 'SELECT')),
       count(*)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('information_schema', 'pg_toast')
GROUP BY c.oid, n.nspname, c.relname, c.relrowsecurity ORDER BY 1, 2
"""


@dataclass
class Seen:
    """What one look at one kind of place has seen so far."""

    bytes: int = 0
    rows: int = 0
    hits: Counter[tuple[str, Hit]] = field(default_factory=Counter)
    not_covered: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, where: str, hits: Iterable[Hit]) -> None:
        self.hits.update((where, hit) for hit in hits)

    def missed(self, what: str, why: str, count: int = 1) -> None:
        self.not_covered[what, why] += count


@dataclass(frozen=True)
class Table:
    """One table and the columns this login may read."""

    schema: str
    name: str
    guarded: bool
    columns: tuple[str, ...]
    hidden: int

    @property
    def label(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


def tables(raw: Raw) -> list[Table]:
    """Every table there is, by the catalogue, so that none can be forgotten."""
    found = []
    for schema, name, guarded, _size, columns, all_columns in raw.execute(_TABLES):
        readable = tuple(columns or ())
        found.append(Table(schema, name, guarded, readable, all_columns - len(readable)))
    return found


def look_through_tables(search: Search, reach: Reach) -> tuple[Seen, Seen]:
    """All rows of all tables. Returns what was seen, that of the cache apart."""
    whole, cache = Seen(), Seen()
    with reach.connect() as raw:
        for table in tables(raw or _raw()):
            seen = cache if table.name == CACHE else whole
            if table.hidden:
                seen.missed(f"table:{table.label}", "columns_of_others", table.hidden)
            for one in _views(raw, table) if table.columns else ():
                _look_through(search, one, table, seen)
    return whole, cache


def look_through_search_index(search: Search, planted: bytes, client: UUID, records: Iterable[UUID]) -> Seen:
    """The search index, with a token planted beside a record, which is taken back before anybody sees it."""
    seen = Seen()
    beside = next(iter(records), None)
    with client_scope(client):
        if beside is None:
            seen.missed("search_index", "no_record")
            return seen
        mark = transaction.savepoint()
        SearchToken.objects.create(client_id=client, record_id=beside, token=planted)
        for table in tables(_raw()):
            if table.name == SearchToken._meta.db_table:
                _look_through(search, _raw(), table, seen)
        transaction.savepoint_rollback(mark)
    return seen


def tidy(reach: Reach) -> bool:
    """Have the server clear dead rows away and forget the samples its planner took of them. False where we may not."""
    with reach.connect() as raw:
        if raw is None:
            return False
        for model in apps.get_models():
            if {Column.SEALED, Column.TOKEN} & set(getattr(model, "columns", {}).values()):
                raw.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(model._meta.db_table)))
        raw.execute("CHECKPOINT")
    return True


def _raw() -> Raw:
    application.ensure_connection()
    raw: Raw = application.connection  # the driver's own, for COPY
    return raw


def _views(raw: Raw | None, table: Table) -> Iterator[Raw]:
    """Connections under which, one after the other, all rows of the table are seen."""
    if raw is not None:
        yield raw
    elif not table.guarded:
        yield _raw()
    else:
        for client in Client.objects.values_list("id", flat=True):
            with client_scope(client):
                yield _raw()


def _look_through(search: Search, raw: Raw, table: Table, seen: Seen) -> None:
    hits = search.stream(_rows(raw, table, table.columns, seen))
    if not hits:
        return
    # Only of what was found is it worth asking in which column it is.
    where = Counter[tuple[str, Hit]]()
    for column in table.columns:
        for hit in search.stream(_rows(raw, table, (column,), None)):
            where[f"{table.label}.{column}", hit] += 1
    located = {hit for _where, hit in where}
    where.update((table.label, hit) for hit in hits - located)
    seen.hits.update(where)


def _rows(raw: Raw, table: Table, columns: tuple[str, ...], seen: Seen | None) -> Iterator[bytes]:
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table.schema, table.name)
    )
    with raw.cursor() as cursor, cursor.copy(statement) as rows:
        for block in rows:
            piece = bytes(block)
            if seen is not None:
                seen.bytes += len(piece)
                seen.rows += piece.count(b"\n")
            yield piece


def rows_left(raw: Raw, subjects: Iterable[UUID], records: Iterable[UUID]) -> Mapping[str, int]:
    """Rows that hold ciphertext or tokens of these: table -> how many. By the models' own
    declarations and keys, so that a table made tomorrow is asked as well.
    """
    left: Counter[str] = Counter()
    wanted = {"custody_record": list(records), "custody_subject": list(subjects)}
    for model in apps.get_models():
        if Column.SEALED not in getattr(model, "columns", {}).values() and model not in (SearchToken, IdentifierToken):
            continue
        for one in model._meta.concrete_fields:
            to = one.related_model
            ids = None if to is None or isinstance(to, str) else wanted.get(to._meta.db_table)
            if not ids:
                continue
            statement = sql.SQL("SELECT count(*) FROM {} WHERE {} = ANY(%s)").format(
                sql.Identifier(model._meta.db_table), sql.Identifier(str(one.column))
            )
            row = raw.execute(statement, [ids]).fetchone()
            left[model._meta.db_table] += int(row[0]) if row else 0
    return +left


def look_through_files(search: Search, reach: Reach) -> Seen:
    """Heap, index and other files of the cluster, as bytes; its log is looked through apart."""
    seen = Seen()
    assert reach.cluster is not None
    for path in files_below(reach.cluster, seen):
        if "pg_wal" not in path.parts:
            look_through_file(search, path, f"cluster:{path.relative_to(reach.cluster).parts[0]}", seen)
    return seen


def look_through_log(search: Search, reach: Reach) -> tuple[Seen, Seen]:
    """The write-ahead log as it lies there, and the pages it holds compressed, taken out a segment at a time."""
    lying, pages = Seen(), Seen()
    assert reach.cluster is not None
    segments = [path for path in files_below(reach.cluster / "pg_wal", lying) if len(path.name) == _SEGMENT_NAME]
    for segment in sorted(segments):
        look_through_file(search, segment, "log", lying)
        if reach.server is None or reach.scratch is None:
            pages.missed("log_pages", "no_program")
        else:
            _look_through_pages(search, reach.server, reach.scratch, segment, pages)
    return lying, pages


def _look_through_pages(search: Search, server: Any, scratch: Path, segment: Path, seen: Seen) -> None:
    # Two searches may run at once: each takes pages out into a folder of its own. The one around them stays, empty:
    # whoever removed it might do so between another's making it and using it.
    own = scratch / uuid4().hex
    into = own / segment.name
    try:
        server.lay(scratch)
        server.lay(own)
        # It ends with an error where the log ends or a recycled segment begins; what it saved until then counts.
        server.start("pg_waldump", "--quiet", f"--save-fullpage={into}", str(segment)).wait()
        seen.add("log_pages", search.stream(_contents(into, seen)))
    finally:
        _clear(own)


def _contents(folder: Path, seen: Seen) -> Iterator[bytes]:
    for path in folder.iterdir() if folder.is_dir() else ():
        page = path.read_bytes()
        seen.bytes += len(page)
        seen.rows += 1
        yield page


def _clear(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    if folder.is_dir():
        folder.rmdir()


def files_below(folder: Path, seen: Seen) -> Iterator[Path]:
    """Every file below, links aside. Folders that cannot be read are noted."""
    for here, _folders, names in os.walk(folder, onerror=lambda _error: seen.missed("folder", "unreadable")):
        for name in names:
            path = Path(here, name)
            if path.is_file() and not path.is_symlink():
                yield path


def look_through_file(search: Search, path: Path, where: str, seen: Seen) -> None:
    try:
        with path.open("rb") as file:
            seen.add(where, search.stream(_counted(pieces(file), seen)))
        seen.rows += 1
    except FileNotFoundError:
        return
    except OSError:
        seen.missed(where, "unreadable")


def _counted(parts: Iterator[bytes], seen: Seen) -> Iterator[bytes]:
    for piece in parts:
        seen.bytes += len(piece)
        yield piece
