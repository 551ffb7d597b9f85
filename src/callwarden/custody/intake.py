"""The bounded local spool: everything that arrives is sealed to a day key before anything else happens to it.

Sealing needs the day key's public half only, so taking in goes on while the provider is away. What lies here is the
quarantine: opened by nobody but an admitting job with a permit, and gone when its time is up.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody import objects
from callwarden.custody.clients import require_open
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import IntakeItem, IntakeKey, IntakeMatch, Line
from callwarden.custody.once import create_once, give_to_owner, sync_folder
from callwarden.engines.seal import Key, SealedReader, SealedWriter, Suite, open_bytes, seal_bytes, seal_to
from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError, TooLarge, Unavailable
from callwarden.kernel.events import Event

KEY_LIFE = timedelta(days=7)
KEYS_AHEAD = 3
PIECE = 1024 * 1024
COUNT_EVERY_S = 1.0
NAME_PART = 1
INLINE_PART = 2


# Folder of the spool, when its bytes were last counted, and how many there were.
_counted: tuple[Path, float, int] = (Path(), float("-inf"), 0)


class Readable(Protocol):
    """Plaintext that is handed in: an open file, or what behaves like one. What is no file refuses `fileno`."""

    def read(self, size: int, /) -> bytes: ...

    def fileno(self) -> int: ...


@dataclass(frozen=True)
class Received:
    """What became of an arrival. `duplicate` says that the same content was here already."""

    item: IntakeItem
    duplicate: bool


class SpoolFull(Unavailable):
    """The spool or the disk has no room: nothing was accepted, the sender keeps its copy and tries again."""


class ReadBackFailed(CallwardenError):
    """What was read back differs from what was written. Nothing was accepted."""


def spool_folder() -> Path:
    folder = Path(settings.DATA_DIR) / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def ensure_day_keys() -> int:
    """Keep day keys for today and the next days ready. Returns how many were made."""
    today, made = clock.now().astimezone(UTC).date(), 0
    for ahead in range(KEYS_AHEAD):
        day = today + timedelta(days=ahead)
        if IntakeKey.objects.filter(day=day, destroyed_at__isnull=True).exists():
            continue
        key_id = uuid4()
        public, signature = keeper.new_intake_key(key_id, day)
        expires = datetime(day.year, day.month, day.day, tzinfo=UTC) + KEY_LIFE
        try:
            with transaction.atomic():
                IntakeKey.objects.create(id=key_id, day=day, public=public, signature=signature, expires_at=expires)
                journal.record(journal.Entry(event=Event.KEY_DAY_OPENED, actor="system", data={"day": day.isoformat()}))
            made += 1
        except IntegrityError:
            keeper.destroy_intake_key(key_id)
    return made


@dataclass(frozen=True)
class Arrival:
    """What a door knows of something that arrives.

    Attributes:
        name: the sender's file name; kept sealed, because names of recordings carry telephone numbers.
        shown: the name made fit for messages (long digit runs starred).
        matches: names and numbers its counterparts will be found by; kept as keyed tokens.
        stays: how long it may wait before it is destroyed; at most the life of the day key.
        by: who handed it in, where that is known better than by the door ("service:UUID").
    """

    line: Line
    kind: str
    name: str
    shown: str
    door: str
    matches: tuple[str, ...] = ()
    needs: int = 0
    batch: UUID | None = None
    stays: timedelta | None = None
    by: str = ""

    @property
    def actor(self) -> str:
        return self.by or f"door:{self.door}"


def receive(source: Readable, arrival: Arrival) -> Received:
    """Seal one arriving file, read it back, and only then call it received.

    Args:
        source: plaintext, read once from where it stands.

    Raises:
        ClientClosed: the line's client was closed; nothing was kept.
        SpoolFull: no room; nothing was kept.
        Unavailable: the store does not answer; nothing was kept.
        TooLarge: beyond the size limit; nothing was kept.
        ReadBackFailed: the disk gave back something else; nothing was kept.
    """
    require_open(arrival.line.client_id)
    refuse_when_full()
    _refuse_too_large(source)
    day_key = _day_key()
    item_id = uuid4()
    key = Key.generate(Suite.AES_256_GCM)
    path = sealed_path(item_id)
    part = path.with_suffix(".part")
    try:
        digest, size = _write(source, part, key, item_id)
        _verify(part, key, item_id, digest)
        os.rename(part, path)
        sync_folder(path.parent)
        _count_in(path.parent, size)
    except OSError:
        part.unlink(missing_ok=True)
        raise full() from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    item = _item(arrival, item_id, day_key, key, digest=digest, size=size)
    return _keep(item, arrival, key, path)


def receive_inline(payload: bytes, arrival: Arrival) -> Received:
    """As `receive`, for something small (one call detail record) that needs no file of its own."""
    require_open(arrival.line.client_id)
    refuse_when_full()
    day_key = _day_key()
    item_id = uuid4()
    key = Key.generate(Suite.AES_256_GCM)
    item = _item(arrival, item_id, day_key, key, digest=hashlib.sha256(payload).digest(), size=len(payload))
    item.inline = seal_bytes(key, payload, record_id=item_id.bytes, part=INLINE_PART)
    return _keep(item, arrival, key, None)


def _item(arrival: Arrival, item_id: UUID, day_key: IntakeKey, key: Key, *, digest: bytes, size: int) -> IntakeItem:
    now = clock.now()
    return IntakeItem(
        id=item_id,
        line=arrival.line,
        batch_id=arrival.batch,
        kind=arrival.kind,
        door=arrival.door,
        digest=_local_token("content", digest),
        shown=arrival.shown[:255],
        needs=arrival.needs,
        name_blob=seal_bytes(key, arrival.name.encode(), record_id=item_id.bytes, part=NAME_PART),
        key=day_key,
        sealed_key=_sealed_to(day_key, key, item_id, arrival.line.id, arrival.kind),
        size=size,
        arrived_at=now,
        delete_at=min(now + (arrival.stays or KEY_LIFE), day_key.expires_at),
    )


def _sealed_to(day_key: IntakeKey, key: Key, item_id: UUID, line: UUID, kind: str) -> bytes:
    """Bound to the line too: what came in for one client is not admitted for another, whoever can write rows."""
    return seal_to(bytes(day_key.public), key, context=("intake", str(item_id), str(line), str(kind)))


def _hold_day_key(item: IntakeItem, key: Key) -> None:
    """Keep the day key from being ended until this item's row is there, which then keeps it by itself.

    Where it has ended since the item was sealed (a large file, past midnight), the item's key is sealed to another one.
    """
    if _held(item.key_id):
        return
    day_key = _day_key()
    if not _held(day_key.id):
        raise full()
    item.key, item.sealed_key = day_key, _sealed_to(day_key, key, item.id, item.line_id, item.kind)
    item.delete_at = min(item.delete_at, day_key.expires_at)


def _held(day_key: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM custody_intakekey WHERE id = %s AND destroyed_at IS NULL FOR SHARE",
            [day_key],
        )
        return cursor.fetchone() is not None


def _keep(item: IntakeItem, arrival: Arrival, key: Key, path: Path | None) -> Received:
    try:
        with transaction.atomic():
            require_open(arrival.line.client_id)
            _hold_day_key(item, key)
            _replace_set_aside(item)
            item.save(force_insert=True)
            IntakeMatch.objects.bulk_create(
                IntakeMatch(item=item, token=match_token(arrival.line.id, value)) for value in arrival.matches
            )
            _journal(Event.INTAKE_RECEIVED, item, arrival.actor, bytes=item.size)
        return Received(item, duplicate=False)
    except IntegrityError:
        # The unique constraint saw the same content on this line: keep the first, forget this one.
        _remove(path)
        with transaction.atomic():
            first = (
                IntakeItem.objects.filter(line=item.line, kind=item.kind, digest=item.digest)
                .exclude(state__in=[IntakeItem.State.DUPLICATE, IntakeItem.State.DESTROYED])
                .first()
            )
            if first is None:
                raise full() from None
            # The same recording under another name: call records may know it by either.
            known = {bytes(token) for token in first.matches.values_list("token", flat=True)}
            fresh = {match_token(arrival.line.id, value) for value in arrival.matches} - known
            IntakeMatch.objects.bulk_create(IntakeMatch(item=first, token=token) for token in sorted(fresh))
            _journal(Event.INTAKE_DUPLICATE, first, arrival.actor)
        return Received(first, duplicate=True)
    except (OperationalError, InterfaceError):
        # The connection may have broken on the commit, after which nobody knows whether the row is there. If it is
        # not, the sweep finds the file.
        raise
    except BaseException:
        _remove(path)
        raise


def _replace_set_aside(item: IntakeItem) -> None:
    """What could not be used and is delivered again gets another chance: the limit may have been raised, the mapping
    mended, or the sealed copy damaged. The copy before it gives way.
    """
    before = IntakeItem.objects.filter(
        line=item.line, kind=item.kind, digest=item.digest, state=IntakeItem.State.SET_ASIDE
    )
    for old in before.select_for_update(of=("self",)):
        give_way(old)
        transaction.on_commit(partial(discard, old))


def give_way(item: IntakeItem) -> None:
    """Mark that another delivery took this one's place, and destroy its key. The caller discards its bytes."""
    item.state, item.reason = IntakeItem.State.DUPLICATE, "replaced"
    item.sealed_key = item.inline = b""
    item.save(update_fields=["state", "reason", "sealed_key", "inline"])


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)


def _journal(event: Event, item: IntakeItem, actor: str, **data: int) -> None:
    journal.record(
        journal.Entry(
            event=event,
            actor=actor,
            client=item.line.client_id,
            data={"kind": item.kind, "item": str(item.id), **data},
        )
    )


@dataclass(frozen=True)
class Opened:
    """An item's plaintext in the hands of an admitting job; never written anywhere."""

    item: IntakeItem
    name: str
    content: bytes


def open_item(item: IntakeItem, *, permit: UUID, principal: str) -> Opened:
    """Open an arrival against a permit to admit it."""
    key = keeper.open_intake(permit=permit, item=item.id, principal=principal)
    name = open_bytes(key, bytes(item.name_blob), record_id=item.id.bytes, part=NAME_PART).decode()
    if item.inline:
        return Opened(item, name, open_bytes(key, bytes(item.inline), record_id=item.id.bytes, part=INLINE_PART))
    with sealed_path(item.id).open("rb") as raw:
        return Opened(item, name, SealedReader(raw, key, record_id=item.id.bytes).readall())


def discard(item: IntakeItem) -> None:
    """Remove an item's sealed bytes. Its key dies with the day key at the latest."""
    sealed_path(item.id).unlink(missing_ok=True)


def wipe(item: IntakeItem) -> None:
    """Take an arrival's keys, names and tokens away, under its lock. The caller enters why, and discards its bytes."""
    item.state, item.shown = IntakeItem.State.DESTROYED, ""
    item.inline = item.name_blob = item.sealed_key = b""
    item.save(update_fields=["state", "inline", "name_blob", "sealed_key", "shown"])
    item.matches.all().delete()


def match_token(line: UUID, value: str) -> bytes:
    """The token under which `receive` keeps a counterpart value; letters count alike in both cases."""
    return _local_token(f"match:{line}", value.casefold().encode())


def sealed_path(item: UUID) -> Path:
    return spool_folder() / f"{item.hex}.cws"


def sweep_litter(older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove sealed files that no committed row needs: what a crash leaves behind between file and row, or between
    the end of an item and the removal of its file.
    """
    limit = clock.now().timestamp() - older_than.total_seconds()
    needed = IntakeItem.objects.exclude(state__in=[IntakeItem.State.ADMITTED, IntakeItem.State.DESTROYED]).exclude(
        state=IntakeItem.State.DUPLICATE, reason="replaced"
    )
    known = {sealed_path(item).name for item in needed.values_list("id", flat=True)}
    removed = 0
    for path in spool_folder().iterdir():
        if path.suffix in {".cws", ".part"} and path.name not in known and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _limit() -> int:
    return int(getattr(settings, "INTAKE_MAX_BYTES", 2 * 1024**3))


def _too_large() -> TooLarge:
    return TooLarge("file_too_large", _("This file is larger than the limit for taking in."), data={"limit": _limit()})


def _refuse_too_large(source: Readable) -> None:
    """Before gigabytes are read and sealed in vain, where the size of the source can be asked."""
    try:
        size = os.fstat(source.fileno()).st_size
    except OSError:
        return
    if size > _limit():
        raise _too_large()


def _write(source: Readable, part: Path, key: Key, item: UUID) -> tuple[bytes, int]:
    limit = _limit()
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    give_to_owner(descriptor, part.parent)
    with os.fdopen(descriptor, "wb") as raw, SealedWriter(raw, key, record_id=item.bytes) as writer:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > limit:
                raise _too_large()
            digest.update(piece)
            writer.write(piece)
        writer.close()
        raw.flush()
        os.fsync(raw.fileno())
    return digest.digest(), size


def _verify(part: Path, key: Key, item: UUID, expected: bytes) -> None:
    digest = hashlib.sha256()
    with part.open("rb") as raw:
        reader = SealedReader(raw, key, record_id=item.bytes)
        while piece := reader.read(PIECE):
            digest.update(piece)
    if not hmac.compare_digest(digest.digest(), expected):
        raise ReadBackFailed(
            "read_back_failed", _("The disk did not keep what was written. The source was left in place.")
        )


def _day_key() -> IntakeKey:
    now = clock.now()
    key = (
        IntakeKey.objects.filter(destroyed_at__isnull=True, day__lte=now.astimezone(UTC).date(), expires_at__gt=now)
        .order_by("-day")
        .first()
    )
    if key is None:
        ensure_day_keys()
        key = IntakeKey.objects.get(day=now.astimezone(UTC).date(), destroyed_at__isnull=True)
    return key


def end_day_keys(actor: str) -> int:
    """End the day keys whose life is over, and those of past days of which everything has been taken in.

    First nobody seals to a key any more, and that is committed; then its private half goes. Whatever a crash or a
    stopped keeper leaves in between, the next call does. Returns how many were ended.
    """
    today = clock.now().astimezone(UTC).date()
    candidates = IntakeKey.objects.filter(destroyed_at__isnull=True).filter(
        Q(expires_at__lte=clock.now()) | Q(day__lt=today)
    )
    ended = sum(_end_day_key(key_id, actor) for key_id in candidates.values_list("id", flat=True))
    keeper.sweep_intake_keys()
    return ended


def _end_day_key(key_id: UUID, actor: str) -> bool:
    now = clock.now()
    with transaction.atomic():
        key = IntakeKey.objects.select_for_update().get(pk=key_id)
        if key.destroyed_at is not None or (key.expires_at > now and not _spent(key)):
            return False
        key.destroyed_at = now
        key.save(update_fields=["destroyed_at"])
        journal.record(journal.Entry(event=Event.KEY_DAY_DESTROYED, actor=actor, data={"day": key.day.isoformat()}))
    return True


def _spent(key: IntakeKey) -> bool:
    """Whether all that was sealed to it is taken in or gone, and a later key has taken its place at the gate."""
    today = clock.now().astimezone(UTC).date()
    later = IntakeKey.objects.filter(destroyed_at__isnull=True, day__gt=key.day, day__lte=today)
    done = [IntakeItem.State.ADMITTED, IntakeItem.State.DUPLICATE, IntakeItem.State.DESTROYED]
    return later.exists() and not IntakeItem.objects.filter(key=key).exclude(state__in=done).exists()


def refuse_when_full() -> None:
    """Refuse to begin what could not be finished: before anything is accepted, so that there is never half of it.

    Raises:
        SpoolFull: the disk or the spool has no room.
        Unavailable: the store does not answer into which it would go.
    """
    objects.require_answer()
    folder = spool_folder()
    usage = shutil.disk_usage(folder)
    low = usage.free < usage.total * float(getattr(settings, "DISK_RESERVE", 0.05))
    if low or _occupied(folder) > int(getattr(settings, "SPOOL_MAX_BYTES", 50 * 1024**3)):
        raise full()


def _occupied(folder: Path) -> int:
    """Sealed bytes in the spool. Counting looks at every file, so it is done anew once a second at most; in between
    what this process adds is added up.
    """
    global _counted
    now = clock.monotonic()
    where, at, size = _counted
    if where == folder and 0 <= now - at < COUNT_EVERY_S:
        return size
    size = 0
    for entry in os.scandir(folder):
        if entry.name.endswith(".cws"):
            with contextlib.suppress(FileNotFoundError):  # admitted meanwhile
                size += entry.stat().st_size
    _counted = (folder, now, size)
    return size


def _count_in(folder: Path, size: int) -> None:
    global _counted
    where, at, counted = _counted
    if where == folder:
        _counted = (where, at, counted + size)


def full() -> SpoolFull:
    """What to raise when there is no room."""
    return SpoolFull(
        "spool_full",
        _("There is no room to take anything in. Nothing was lost: free some disk space, the rest goes by itself."),
        retry_after=30,
    )


def _local_token(purpose: str, value: bytes) -> bytes:
    """Keyed token under a secret of this spool: needed while the keeper is away, so it is not one of its keys."""
    path = spool_folder() / ".token-key"
    create_once(path, os.urandom(32))
    secret = path.read_bytes()
    return hmac.digest(secret, purpose.encode() + b"\x00" + value, "sha256")
