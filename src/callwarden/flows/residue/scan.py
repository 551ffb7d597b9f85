"""One search through every replica, and what it says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db import connection

from callwarden.custody.models import DataKey, SubjectKey
from callwarden.custody.scope import client_scope
from callwarden.engines.residue import Hit, Search
from callwarden.flows.residue import database, places
from callwarden.flows.residue.controls import Controls, label_of
from callwarden.flows.residue.database import Seen
from callwarden.flows.residue.marks import Marks
from callwarden.flows.residue.reach import Reach
from callwarden.flows.residue.reach import reach as reach_of_this_process
from callwarden.flows.residue.report import NotCovered, Place, Replica, ScanReport
from callwarden.kernel import clock
from callwarden.kernel.models import Outcome
from callwarden.protection.backup.models import Backup
from callwarden.protection.keys import epochs

# What says something of a person wherever it stands, and what opens nothing, or only until its epoch has ended.
READABLE: Final = frozenset({"value", "speech", "sound"})
UNDER_KEYS: Final = frozenset({"token", "key", "ciphertext"})


def scan(marks: Marks, *, reach: Reach | None = None) -> ScanReport:
    """Look for the marks everywhere. Reads only; what it plants for its controls it takes away again.

    May be killed and started again: nothing is kept of it but its report.
    """
    reach = reach or reach_of_this_process()
    started, number = clock.now(), uuid4()
    controls, folders = Controls(number), places.folders()
    search = Search([*marks.marks, *controls.marks()])
    tidied = database.tidy(reach)
    with controls.planted(reach, folders):
        replicas = [
            *_database(search, reach, marks, controls, tidied=tidied),
            _replica("objects", places.look_through_objects(search, filter(None, marks.records.values()))),
            *(_folder(search, name, roots, reach) for name, roots in folders.items()),
            Replica("exports", Outcome.NOT_APPLICABLE),
            _backups(marks),
        ]
    return ScanReport(
        scan=number,
        client=marks.client,
        subjects=marks.subjects,
        started_at=started,
        finished_at=clock.now(),
        values_known=marks.known,
        marks=marks.counts(),
        replicas=tuple(replicas),
        ends_on=ends_on(),
        held=marks.held,
    )


def ends_on() -> date:
    """The day by which no copy of a key is left that opens what was destroyed today."""
    return (clock.now() + timedelta(days=epochs.terms().erased_within)).date() + timedelta(days=1)


def _database(search: Search, reach: Reach, marks: Marks, controls: Controls, *, tidied: bool) -> Iterable[Replica]:
    whole, cache = database.look_through_tables(search, reach)
    index = database.look_through_search_index(search, controls.token, marks.client, marks.records)
    with client_scope(marks.client):
        gone = [] if marks.held else marks.subjects
        connection.ensure_connection()
        left = database.rows_left(connection.connection, gone, marks.records)
    for table, count in left.items():
        seen = index if table == "custody_searchtoken" else whole
        seen.hits[table, Hit("row", "row")] += count
    for why, count in marks.unread.items():
        whole.missed("record", why, count)
    if marks.held:
        whole.missed("record", "on_hold", marks.held)
    if not marks.known:
        whole.missed("values", "gone_before_the_search")
    yield _replica("tables", whole, lingers=lambda where: where.startswith("pg_catalog."))
    yield _replica("search_index", index)
    cache.missed("memory_of_the_keeper", "forgets_by_itself")
    yield _replica("caches", cache)
    yield from _files(search, reach, tidied=tidied)


def _files(search: Search, reach: Reach, *, tidied: bool) -> Iterable[Replica]:
    if not reach.reads_files:
        why = "not_readable" if reach.cluster else "on_another_host"
        for name in ("database_files", "write_ahead_log"):
            yield Replica(name, Outcome.NOT_MEASURED, not_covered=(NotCovered(name, why),))
        return
    files = database.look_through_files(search, reach)
    if not tidied:
        files.missed("dead_rows", "not_cleared_away")
    yield _replica("database_files", files, lingers=_everywhere)
    lying, pages = database.look_through_log(search, reach)
    if not _control(pages, "log_pages"):
        pages.missed("log_pages", "control_not_found")
    lying.bytes += pages.bytes
    lying.hits.update(pages.hits)
    lying.not_covered.update(pages.not_covered)
    yield _replica("write_ahead_log", lying, lingers=_everywhere)


def _folder(search: Search, name: str, roots: list[Path], reach: Reach) -> Replica:
    if not any(root.exists() for root in roots):
        return Replica(name, Outcome.NOT_APPLICABLE)
    without = [Path(settings.DATA_DIR)] if name == "temporary" else [reach.scratch] if reach.scratch else []
    seen = places.look_through_folder(search, name, roots, without=without)
    # The log on its way to a copy, and copies that are being made, hold what the database holds.
    return _replica(name, seen, lingers=lambda where: where.startswith("data_folder:backup"))


def _backups(marks: Marks) -> Replica:
    """Copies cannot be searched: they are sealed, and off this host. They are unreadable once no key is left that
    opens what was erased; whether its keys have gone is asked of the rows keys live in.
    """
    with client_scope(marks.client):
        subjects = SubjectKey.objects.filter(subject__in=[] if marks.held else marks.subjects).count()
        records = sum(
            DataKey.objects.filter(record__in=list(marks.records)[at : at + 5000]).count()
            for at in range(0, len(marks.records), 5000)
        )
        # The same question about those who were not erased must find something, or its answer means nothing.
        control = SubjectKey.objects.exclude(subject__in=marks.subjects).exists()
    found = [("custody_subjectkey", subjects), ("custody_datakey", records)]
    copies = Backup.objects.filter(kind=Backup.Kind.DATA, state=Backup.State.DONE).count()
    return Replica(
        "backups",
        Outcome.FAIL if subjects or records else Outcome.PASS if control else Outcome.NOT_MEASURED,
        rows=copies,
        found=tuple(Place(where, "row", "row", count) for where, count in found if count),
        control=control,
        not_covered=(NotCovered("backups", "end_with_their_keys", copies),),
    )


def _everywhere(_where: str) -> bool:
    return True


def _nowhere(_where: str) -> bool:
    return False


def _replica(name: str, seen: Seen, *, lingers: Callable[[str], bool] = _nowhere) -> Replica:
    """What was seen, judged. Readable values fail anywhere; what lies under keys where live data lies."""
    found, lingering = Counter[tuple[str, Hit]](), Counter[tuple[str, Hit]]()
    traces = 0
    for (where, hit), count in seen.hits.items():
        if hit.label in READABLE or hit.label == "row":
            found[where, hit] += count
        elif hit.label in UNDER_KEYS:
            (lingering if lingers(where) else found)[where, hit] += count
        elif hit.label == "id":
            traces += count
    control = _control(seen, name)
    return Replica(
        name,
        Outcome.FAIL if found else Outcome.PASS if control else Outcome.NOT_MEASURED,
        bytes=seen.bytes,
        rows=seen.rows,
        found=_places(found),
        lingering=_places(lingering),
        traces=traces,
        control=control,
        not_covered=(
            *(NotCovered(what, why, count) for (what, why), count in sorted(seen.not_covered.items())),
            *(() if control else (NotCovered(name, "control_not_found"),)),
        ),
    )


def _control(seen: Seen, name: str) -> bool:
    return any(hit.label == label_of(name) for _where, hit in seen.hits)


def _places(counted: Counter[tuple[str, Hit]]) -> tuple[Place, ...]:
    """One line for each place and kind of mark; of the forms it was found in, all names."""
    forms: dict[tuple[str, str], dict[str, int]] = {}
    for (where, hit), count in sorted(counted.items()):
        forms.setdefault((where, hit.label), {})[hit.form] = count
    return tuple(Place(where, what, ", ".join(found), max(found.values())) for (where, what), found in forms.items())
