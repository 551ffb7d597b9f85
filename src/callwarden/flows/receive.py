"""What every intake door does with a file: say what it is, seal it, and have it worked on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.intake import Arrival, Readable, Received
from callwarden.custody.models import IntakeItem, Line
from callwarden.flows.formats import AUDIO_EXTENSIONS, CdrMapping, MappingError, load_mapping, shown_name
from callwarden.flows.rows import stem_of
from callwarden.kernel.errors import InvalidInput

Kind = IntakeItem.Kind
_LISTS = {"cdr": Kind.CDR, "customers": Kind.CUSTOMERS, "orders": Kind.ORDERS}


def kind_of(name: str) -> str:
    """What a file is by its name.

    Raises:
        InvalidInput: a name that says nothing.
    """
    lower = name.casefold()
    extension = lower.rpartition(".")[2]
    if extension in AUDIO_EXTENSIONS:
        return Kind.AUDIO
    if extension == "json":
        return Kind.WORDS
    if extension == "csv":
        for start, kind in _LISTS.items():
            if lower.startswith(start):
                return kind
    raise InvalidInput(
        "unknown_file_type",
        _(
            "%(file)s was left where it is: its name does not say what it holds. Recordings end in .wav, .flac, .mp3,"
            " .opus or .ogg, transcripts in .json; lists are named cdr*.csv, customers*.csv or orders*.csv."
        ),
        data={"file": shown_name(name)},
    )


@dataclass(frozen=True)
class Sender:
    """Through which door, as part of which batch, and from whom something comes."""

    line: Line
    door: str
    batch: UUID | None = None
    by: str = ""


def receive_file(source: Readable, *, name: str, line: Line, door: str, batch: UUID | None = None) -> Received:
    """Seal one file whose name tells what it is, and queue the work on it, in one commit.

    Raises:
        InvalidInput: a name that says nothing.
        SpoolFull, TooLarge, ReadBackFailed: nothing was kept.
    """
    kind = kind_of(name)
    sender = Sender(line, door, batch)
    with transaction.atomic():
        received = receive_as(source, kind=kind, name=name, matches=matches_of(name, kind, line), sender=sender)
        if not received.duplicate:
            queue_work_on(received.item)
    return received


def receive_as(source: Readable, *, kind: str, name: str, matches: tuple[str, ...], sender: Sender) -> Received:
    """Seal something of which is known what it is and what it belongs to. The work on it is the caller's to queue.

    Args:
        name: as its sender calls it; kept sealed.
        matches: what its counterparts are found by: file names, or "call:NUMBER".

    Raises:
        SpoolFull, TooLarge, ReadBackFailed: nothing was kept.
    """
    return intake.receive(
        source,
        Arrival(
            line=sender.line,
            kind=kind,
            name=name,
            shown=shown_name(name),
            door=sender.door,
            matches=matches,
            batch=sender.batch,
            stays=timedelta(hours=settings.INTAKE_HOURS),
            by=sender.by,
        ),
    )


def names_of(name: str, kind: str) -> tuple[str, ...]:
    """What a file is found by from its name alone: words by the name without its ending, recordings by both."""
    if kind not in {Kind.WORDS, Kind.AUDIO}:
        return ()
    stem = f"stem:{stem_of(name)}"
    return (name, stem) if kind == Kind.AUDIO else (stem,)


def matches_of(name: str, kind: str, line: Line) -> tuple[str, ...]:
    """What a file is found by: its name, and its call where the line's mapping reads that from the name."""
    own = names_of(name, kind)
    mapping = _mapping(line.cdr_mapping) if own else None
    if mapping is None:
        return own
    names = [name] if kind == Kind.AUDIO else [f"{stem_of(name)}.{extension}" for extension in AUDIO_EXTENSIONS]
    found = next((identified for each in names if (identified := mapping.identify(each))), None)
    return (*own, f"call:{found.call_id}") if found else own


@lru_cache(maxsize=64)
def _mapping(text: str) -> CdrMapping | None:
    try:
        return load_mapping(text.encode()) if text else None
    except MappingError:
        return None


def queue_work_on(item: IntakeItem) -> None:
    """Defer the job that takes an arrival on, in the caller's transaction."""
    from callwarden.flows import jobs

    if item.kind in _LISTS.values():
        jobs.later(jobs.read_list, lock=f"read:{item.id}", item=str(item.id))
    else:
        jobs.match_later(item.line_id)
