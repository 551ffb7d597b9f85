"""`callwarden import PATH... --line SLUG`: take folders of recordings, words and lists in, and follow what becomes of
them. Ends with 0 when all is well, 1 when something needs somebody, 2 for wrong usage.

Every file goes the way of the watch folders. Stopped at any point, the same command goes on: what was taken is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callwarden.doors.cli._installation import DONE, REFUSED, Usage, installation
from callwarden.doors.cli.language import gettext as _

if TYPE_CHECKING:
    from callwarden.custody.models import IntakeBatch, Line
    from callwarden.flows.progress import BatchProgress

INTERRUPTED = 130
ACTOR = "door:cli"
LOOK_EVERY_S = 0.5
# So long without a sign of a worker, and waiting makes no sense.
NO_WORKER_AFTER_S = 20.0
_COUNTED_EVERY = 20


def command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help=_("Files, or folders of files."), show_default=False)
    ],
    line: Annotated[str, typer.Option(help=_("The line they are of."), show_default=False)],
    client: Annotated[str | None, typer.Option(help=_("The client, where several have such a line."))] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help=_("Remove each source once it is sealed and read back."))
    ] = False,
    watch: Annotated[bool, typer.Option(help=_("Wait until every call is judged and redacted."))] = True,
    data_dir: Annotated[Path | None, typer.Option(help=_("Folder that holds all data."), show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print one JSON object."))] = False,
) -> None:
    missing = next((path for path in paths if not path.exists()), None)
    with installation(data_dir):
        if missing is not None:
            raise Usage(_("One of the files or folders does not exist. Check what you named."))
        files = list(files_of(paths))
        if not files:
            raise Usage(_("There is nothing to import in what you named."))
        code = _import(files, _line(line, client), remove=remove, watch=watch, as_json=as_json)
    raise typer.Exit(code)


def files_of(paths: list[Path]) -> Iterator[Path]:
    """Files to take, recordings and words before the lists that name them. No links, nothing hidden or unfinished."""
    from callwarden.doors.spool.watcher import UNFINISHED

    found = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    wanted = [
        file
        for file in dict.fromkeys(found)
        if file.is_file()
        and not file.is_symlink()
        and not file.name.startswith(".")
        and not file.name.casefold().endswith(UNFINISHED)
        and file.name != "mapping.yaml"
    ]
    # Orders before the customers they belong to.
    return iter(sorted(wanted, key=lambda file: (file.suffix.casefold() == ".csv", _rank(file), str(file))))


def _rank(file: Path) -> int:
    return 1 if file.name.casefold().startswith("customers") else 0


def _line(slug: str, client: str | None) -> Line:
    from callwarden.custody.models import Line

    named = Line.objects.select_related("client").filter(slug=slug)
    found = list(named.filter(client__slug=client) if client else named)
    if len(found) > 1:
        raise Usage(_("Several clients have a line of this name. Name the client with --client."))
    if not found:
        lines = ", ".join(sorted(set(Line.objects.values_list("slug", flat=True)[:50])))
        raise Usage(_("There is no such line. Lines: {lines}").format(lines=lines or "–"))
    return found[0]


@dataclass
class Sealing:
    """What became of the files themselves."""

    sealed: int = 0
    duplicates: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""
    interrupted: bool = False


def _import(files: list[Path], line: Line, *, remove: bool, watch: bool, as_json: bool) -> int:
    from callwarden.doors.cli import _import_screen as screen
    from callwarden.flows import progress

    batch = _begin(line, len(files))
    with screen.progress() as bar:
        sealing = _seal(files, line, batch, remove, bar)
        _end(batch, sealing)
        state = progress.of_batch(batch)
        idle = False
        if watch and not sealing.stopped and not sealing.interrupted:
            state, idle, sealing.interrupted = _follow(batch, bar)
    tally = _tally(batch, state, sealing, watched=watch and not sealing.stopped)
    if as_json:
        typer.echo(json.dumps(tally, ensure_ascii=False))
    else:
        screen.summary(tally)
    if sealing.stopped:
        typer.echo(sealing.stopped, err=True)
    if idle:
        typer.echo(_("No worker is running, so nothing is judged. Start one; what was sealed is safe."), err=True)
    if sealing.interrupted:
        typer.echo(_("Stopped. Start the same command again to go on."), err=True)
        return INTERRUPTED
    return _code(tally, sealing)


def _begin(line: Line, count: int) -> IntakeBatch:
    from django.db import transaction

    from callwarden.custody.intake import ensure_day_keys
    from callwarden.custody.models import IntakeBatch
    from callwarden.kernel import clock, journal
    from callwarden.kernel.events import Event

    ensure_day_keys()
    with transaction.atomic():
        batch = IntakeBatch.objects.create(line=line, door="cli", by=ACTOR, total=count, started_at=clock.now())
        data = {"batch": str(batch.id), "line": line.slug}
        journal.record(
            journal.Entry(event=Event.IMPORT_STARTED, actor=ACTOR, client=line.client_id, count=count, data=data)
        )
    return batch


def _end(batch: IntakeBatch, sealing: Sealing) -> None:
    from django.db import transaction

    from callwarden.kernel import clock, journal
    from callwarden.kernel.events import Event

    with transaction.atomic():
        batch.read, batch.refused = sealing.sealed + sealing.duplicates, len(sealing.refused)
        batch.finished_at = clock.now()
        batch.save(update_fields=["read", "refused", "finished_at"])
        journal.record(
            journal.Entry(
                event=Event.IMPORT_FINISHED,
                actor=ACTOR,
                client=batch.line.client_id,
                count=batch.read,
                data={"batch": str(batch.id), "refused": batch.refused, "duplicates": sealing.duplicates},
            )
        )


def _seal(files: list[Path], line: Line, batch: IntakeBatch, remove: bool, bar: Any) -> Sealing:
    from callwarden.doors.spool.watcher import take
    from callwarden.flows.formats import shown_name
    from callwarden.kernel.errors import CallwardenError, Unavailable

    done, task = Sealing(), bar.add_task(_("Sealing"), total=len(files))
    for number, file in enumerate(files, start=1):
        try:
            duplicate = take(file, line, batch=batch.id, remove=remove)
            done.duplicates += duplicate
            done.sealed += not duplicate
        except KeyboardInterrupt:
            done.interrupted = True
            return done
        except Unavailable as error:
            done.stopped = str(error)
            return done
        except CallwardenError as error:
            done.refused.append((shown_name(file.name), str(error)))
        except OSError:
            done.refused.append((shown_name(file.name), _("The file cannot be read. Check that you may read it.")))
        if number % _COUNTED_EVERY == 0:
            type(batch).objects.filter(pk=batch.pk).update(
                read=done.sealed + done.duplicates, refused=len(done.refused)
            )
        bar.update(task, advance=1)
    return done


def _follow(batch: IntakeBatch, bar: Any) -> tuple[BatchProgress, bool, bool]:
    """Wait until the batch is settled. Returns its state, whether no worker is there, whether somebody stopped us."""
    from callwarden.doors.cli import _import_screen as screen
    from callwarden.flows import progress
    from callwarden.kernel import clock

    task = bar.add_task(_("Judging and redacting"), total=None)
    last_sign = clock.monotonic()
    state = progress.of_batch(batch)
    try:
        while not state.settled:
            screen.watch(bar, task, state)
            if _worker_alive():
                last_sign = clock.monotonic()
            elif clock.monotonic() - last_sign > NO_WORKER_AFTER_S:
                return state, True, False
            _pause()
            state = progress.of_batch(batch)
    except KeyboardInterrupt:
        return state, False, True
    return state, False, False


def _pause() -> None:
    import time

    time.sleep(LOOK_EVERY_S)


def _worker_alive() -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '45 seconds')"
        )
        (alive,) = cursor.fetchone()
    return bool(alive)


def _tally(batch: IntakeBatch, state: BatchProgress, sealing: Sealing, *, watched: bool) -> dict[str, Any]:
    from callwarden.custody.models import IntakeItem

    aside = IntakeItem.objects.filter(batch=batch, state=IntakeItem.State.SET_ASIDE).exclude(shown="")
    return {
        "batch": str(batch.id),
        "watched": watched,
        "settled": state.settled,
        "sealed": sealing.sealed,
        "duplicates": sealing.duplicates,
        "refused": sealing.refused,
        "calls": dict(state.calls),
        "pending": state.pending,
        "quarantined": dict(state.quarantined),
        "set_aside": dict(state.set_aside),
        "set_aside_files": list(aside.exclude(kind="words").values_list("shown", "reason")),
        "missing_recordings": state.missing_recordings,
        "recordings_without_record": state.recordings_without_record,
        "orders_waiting": state.orders_waiting,
        "problems": [dict(problem) for problem in state.problems],
    }


def _code(tally: dict[str, Any], sealing: Sealing) -> int:
    """0 when nothing needs somebody. A call in quarantine does not: the gate did what it is there for."""
    if sealing.refused or sealing.stopped:
        return REFUSED
    if not tally["watched"]:
        return DONE
    gaps = tally["missing_recordings"] or tally["recordings_without_record"] or tally["orders_waiting"]
    failed = tally["set_aside"] or tally["problems"] or tally["calls"].get("redaction_failed")
    return REFUSED if gaps or failed or not tally["settled"] else DONE
