"""Positive controls: something planted in each replica that the same search must find, and taken away afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import obstore
from django.core.cache import cache
from obstore.exceptions import BaseError

from callwarden.custody import objects
from callwarden.custody.models import ResidueControl
from callwarden.engines.residue import Mark
from callwarden.flows.residue.reach import Reach
from callwarden.kernel import clock

IN_ROWS: Final = ("tables", "database_files", "write_ahead_log", "log_pages")
KINDS: Final = (*IN_ROWS, "search_index", "caches", "objects", "spool", "logs", "temporary", "data_folder")
LEFT_AFTER: Final = timedelta(days=1)


class Controls:
    """What is planted by one search: a text of its own for each replica, so that none can stand for another."""

    def __init__(self, scan: UUID) -> None:
        self.scan = scan
        self.told = {kind: f"control-{kind}-{secrets.token_hex(16)}" for kind in KINDS}
        self.token = secrets.token_bytes(16)

    def marks(self) -> list[Mark]:
        text = [Mark(label_of(kind), told) for kind, told in self.told.items()]
        return [*text, Mark(label_of("search_index"), self.token)]

    @contextmanager
    def planted(self, reach: Reach, folders: Mapping[str, list[Path]]) -> Iterator[None]:
        """Plant all of them for as long as the block lasts. Where nothing can be planted nothing will be found."""
        with ExitStack() as planted:
            planted.enter_context(self._rows(reach))
            planted.enter_context(self._cached())
            planted.enter_context(self._object())
            for kind, roots in folders.items():
                planted.enter_context(self._file(kind, roots))
            yield

    @contextmanager
    def _rows(self, reach: Reach) -> Iterator[None]:
        ResidueControl.objects.filter(planted_at__lt=clock.now() - LEFT_AFTER).delete()
        rows = [ResidueControl(told=self.told[kind], planted_at=clock.now()) for kind in IN_ROWS]
        ResidueControl.objects.bulk_create(rows)
        ours = ResidueControl.objects.filter(pk__in=[row.pk for row in rows])
        try:
            with reach.connect() as raw:
                if raw is not None:
                    # The first change after a checkpoint puts the whole page into the log, compressed.
                    raw.execute("CHECKPOINT")
            ours.update(planted_at=clock.now())
            yield
        finally:
            ours.delete()

    @contextmanager
    def _cached(self) -> Iterator[None]:
        key = f"residue-{self.scan}"
        cache.set(key, self.told["caches"], 3600)
        try:
            yield
        finally:
            cache.delete(key)

    @contextmanager
    def _object(self) -> Iterator[None]:
        key = f"residue-control/{self.scan.hex}"
        with suppress(BaseError, OSError):
            obstore.put(objects.store(), key, self.told["objects"].encode())
        try:
            yield
        finally:
            with suppress(BaseError, OSError):
                obstore.delete(objects.store(), key)

    @contextmanager
    def _file(self, kind: str, roots: list[Path]) -> Iterator[None]:
        planted: Path | None = None
        for root in roots:
            if not root.is_dir():
                continue
            path = root / f".residue-{self.scan.hex}"
            try:
                path.write_text(self.told[kind], encoding="utf-8")
            except OSError:
                continue
            planted = path
            break
        try:
            yield
        finally:
            if planted is not None:
                planted.unlink(missing_ok=True)


def label_of(kind: str) -> str:
    return f"control:{kind}"
