"""What every intake door does with a file: say what it is, seal it, and have it worked on."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import intake
from callwarden.custody.intake import Arrival, Received
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


def receive_file(source: BinaryIO, *, name: str, line: Line, door: str, batch: UUID | None = None) -> Received:
    """Seal one file and queue the work on it, in one commit.

    Raises:
        InvalidInput: a name that says nothing.
        SpoolFull, TooLarge, ReadBackFailed: nothing was kept.
    """
    kind = kind_of(name)
    with transaction.atomic():
        received = intake.receive(
            source,
            Arrival(
                line=line,
                kind=kind,
                name=name,
                shown=shown_name(name),
                door=door,
                matches=_matches(name, kind, line),
                batch=batch,
                stays=timedelta(hours=settings.INTAKE_HOURS),
            ),
        )
        if not received.duplicate:
            _queue(received.item)
    return received


def _matches(name: str, kind: str, line: Line) -> tuple[str, ...]:
    """What this file will be found by: its name, or its name without ending for words, and the call its name tells."""
    if kind not in {Kind.WORDS, Kind.AUDIO}:
        return ()
    mapping = _mapping(line.cdr_mapping)
    stem = stem_of(name)
    names = [name] if kind == Kind.AUDIO else [f"{stem}.{extension}" for extension in AUDIO_EXTENSIONS]
    found = next((identified for each in names if mapping and (identified := mapping.identify(each))), None)
    own = (name, f"stem:{stem}") if kind == Kind.AUDIO else (f"stem:{stem}",)
    return (*own, f"call:{found.call_id}") if found else own


@lru_cache(maxsize=64)
def _mapping(text: str) -> CdrMapping | None:
    try:
        return load_mapping(text.encode()) if text else None
    except MappingError:
        return None


def _queue(item: IntakeItem) -> None:
    from callwarden.flows import jobs

    if item.kind in _LISTS.values():
        jobs.later(jobs.read_list, lock=f"read:{item.id}", item=str(item.id))
    else:
        jobs.later(jobs.match, lock=f"match:{item.line_id}", line=str(item.line_id))
