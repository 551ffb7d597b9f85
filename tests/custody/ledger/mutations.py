"""Ways the owner of the database, or of the tiles, can change a small log: what people read, and what vouches for it.

A mutation is drawn from a seed and made in a transaction that is rolled back. Some change nothing that may not change;
a judge that refuses everything would be found out by these.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from callwarden.custody.ledger import columns, sequencer
from callwarden.custody.models import Checkpoint, LedgerDetail, LedgerEntry, LedgerYear
from callwarden.engines import ledger
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from tests.engines.ledger.mutations import flipped
from tests.forging import another, trigger_off

Change = Callable[[random.Random], None]
ENTRY = "custody_ledgerentry"


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount != 0, f"changed nothing: {statement}"


def indexes() -> list[int]:
    return list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))


def row_of(chance: random.Random) -> LedgerEntry:
    return LedgerEntry.objects.get(index=chance.choice(indexes()))


def edited(body: bytes, **changes: Any) -> bytes:
    return ledger.canonical({**json.loads(body), **changes})


# Rows


def body(chance: random.Random) -> None:
    row = row_of(chance)
    LedgerEntry.objects.filter(pk=row.pk).update(body=flipped(bytes(row.body), chance))


def body_and_column(chance: random.Random) -> None:
    """Consistent in itself; only the tree says otherwise."""
    row, actor = row_of(chance), str(uuid4())
    LedgerEntry.objects.filter(pk=row.pk).update(actor=actor, body=edited(bytes(row.body), actor=actor))


def deleted(chance: random.Random) -> None:
    LedgerEntry.objects.filter(index=chance.choice(indexes())).delete()


def cut_off(chance: random.Random) -> None:
    LedgerEntry.objects.filter(index__gte=chance.choice(indexes())).delete()


def _copied(index: int, to: int) -> None:
    listed = ", ".join(("body", *columns.READ[1:]))
    sql(f"INSERT INTO {ENTRY} (index, entry, {listed}) SELECT %s, gen_random_uuid(), {listed} FROM {ENTRY}"
        " WHERE index = %s", to, index)  # fmt: skip


def inserted(chance: random.Random) -> None:
    """All behind it move up by one."""
    at, last = chance.choice(indexes()), indexes()[-1]
    sql(f"UPDATE {ENTRY} SET index = -1000000 - index WHERE index >= %s", at)
    sql(f"UPDATE {ENTRY} SET index = -999999 - index WHERE index < 0")
    _copied(chance.choice([index for index in indexes() if index <= last + 1]), at)


def inserted_before(chance: random.Random) -> None:
    _copied(chance.choice(indexes()), -chance.randrange(1, 1000))


def inserted_behind(chance: random.Random) -> None:
    _copied(chance.choice(indexes()), indexes()[-1] + chance.randrange(1, 1000))


def replaced(chance: random.Random) -> None:
    one, other = chance.sample(indexes(), 2)
    LedgerEntry.objects.filter(index=one).delete()
    _copied(other, one)


def swapped(chance: random.Random) -> None:
    one, other = chance.sample(indexes(), 2)
    sql(f"UPDATE {ENTRY} SET index = -1 WHERE index = %s", one)
    sql(f"UPDATE {ENTRY} SET index = %s WHERE index = %s", one, other)
    sql(f"UPDATE {ENTRY} SET index = %s WHERE index = -1", other)


def column(name: str) -> Change:
    """One column: of another kind, empty, or taken from another row."""

    def change(chance: random.Random) -> None:
        row = row_of(chance)
        true = getattr(row, name)
        others = LedgerEntry.objects.exclude(**{name: true}) if name != "entry" else LedgerEntry.objects.none()
        values = {another(true), *others.values_list(name, flat=True).distinct()[:20]} - {true}
        if true is None:
            values.add(uuid4())
        value = chance.choice(sorted(values, key=str))
        LedgerEntry.objects.filter(pk=row.pk).update(**{name: value})

    return change


# Heads


def _head(chance: random.Random) -> Checkpoint:
    return chance.choice(list(Checkpoint.objects.order_by("size")))


def head_root(chance: random.Random) -> None:
    head = _head(chance)
    Checkpoint.objects.filter(pk=head.pk).update(root=flipped(bytes(head.root), chance))


def head_note(chance: random.Random) -> None:
    head = _head(chance)
    at = chance.randrange(len(head.note) - 1)
    note = head.note[:at] + ("A" if head.note[at] != "A" else "B") + head.note[at + 1 :]
    Checkpoint.objects.filter(pk=head.pk).update(note=note)


def head_of_another(chance: random.Random) -> None:
    """A genuine note, with its root, at another size."""
    one, other = chance.sample(list(Checkpoint.objects.order_by("size")), 2)
    Checkpoint.objects.filter(pk=one.pk).update(note=other.note, root=other.root)


def head_signed_by_a_stranger(chance: random.Random) -> None:
    head = _head(chance)
    told = ledger.Checkpoint.peek(head.note.encode())
    note = told.sign(ledger.Signer.generate(told.origin)).decode()
    Checkpoint.objects.filter(pk=head.pk).update(note=note)


def head_size(chance: random.Random) -> None:
    taken, head = set(Checkpoint.objects.values_list("size", flat=True)), _head(chance)
    free = [size for size in range(indexes()[-1] + 50) if size not in taken]
    sql("UPDATE custody_checkpoint SET size = %s WHERE size = %s", chance.choice(free), head.size)


def head_added(chance: random.Random) -> None:
    taken, head = set(Checkpoint.objects.values_list("size", flat=True)), _head(chance)
    free = [size for size in range(indexes()[-1] + 50) if size not in taken]
    Checkpoint.objects.create(size=chance.choice(free), root=head.root, note=head.note, signed_at=head.signed_at)


def last_head_deleted(chance: random.Random) -> None:
    """The newest, the last of a closed year, or all."""
    sizes = [Checkpoint.objects.order_by("-size")[0].size, LedgerYear.objects.order_by("-first")[0].first]
    heads = Checkpoint.objects.all()
    chance.choice([heads.filter(size=sizes[0]), heads.filter(size=sizes[1]), heads]).delete()


# Years


def year_column(name: str, *, first: bool = True) -> Change:
    def change(chance: random.Random) -> None:
        years = list(LedgerYear.objects.order_by("first"))
        year = chance.choice(years if first else years[1:])
        true = getattr(year, name)
        if isinstance(true, int):
            taken = {getattr(one, name) for one in years}
            value: object = chance.choice([one for one in range(true - 40, true + 40) if one not in taken and one >= 0])
        elif isinstance(true, str):
            value = true[:-3] + "xyz"
        else:
            shift = timedelta(minutes=chance.randrange(2, 10**6)) * chance.choice([1, -1])
            value = (true or clock.now()) + shift
        sql(f"UPDATE custody_ledgeryear SET {name} = %s WHERE year = %s", value, year.year)

    return change


def year_deleted(chance: random.Random) -> None:
    LedgerYear.objects.filter(pk=chance.choice(LedgerYear.objects.values_list("pk", flat=True))).delete()


# Details


def _detail(chance: random.Random) -> LedgerDetail:
    return chance.choice(list(LedgerDetail.objects.order_by("entry")))


def detail_blob(chance: random.Random) -> None:
    one = _detail(chance)
    LedgerDetail.objects.filter(pk=one.pk).update(blob=flipped(bytes(one.blob), chance))


def detail_key(chance: random.Random) -> None:
    one = _detail(chance)
    LedgerDetail.objects.filter(pk=one.pk).update(commitment_key=flipped(bytes(one.commitment_key), chance))


def detail_client(chance: random.Random) -> None:
    one = _detail(chance)
    LedgerDetail.objects.filter(pk=one.pk).update(client=chance.choice([None, uuid4()]) if one.client else uuid4())


def detail_of_another(chance: random.Random) -> None:
    one, other = chance.sample(list(LedgerDetail.objects.order_by("entry")), 2)
    LedgerDetail.objects.filter(pk=one.pk).update(blob=other.blob, commitment_key=other.commitment_key)


def detail_moved(chance: random.Random) -> None:
    """Beside an entry with which nothing was stated, or beside none."""
    taken = set(LedgerDetail.objects.values_list("entry", flat=True))
    silent = [row for row in LedgerEntry.objects.order_by("index").values_list("entry", flat=True) if row not in taken]
    to: UUID = chance.choice([chance.choice(silent), uuid4()])
    sql("UPDATE custody_ledgerdetail SET entry = %s WHERE entry = %s", to, _detail(chance).entry)


ROWS: dict[str, Change] = {
    "body": body, "body and column": body_and_column, "deleted": deleted, "cut off": cut_off, "inserted": inserted,
    "inserted before": inserted_before, "inserted behind": inserted_behind, "replaced": replaced, "swapped": swapped,
    **{f"column {name}": column(name) for name in columns.READ},
}  # fmt: skip
HEADS: dict[str, Change] = {
    "head's root": head_root, "head's note": head_note, "head of another size": head_of_another,
    "head signed by a stranger": head_signed_by_a_stranger, "head's size": head_size, "head added": head_added,
    "last head deleted": last_head_deleted,
}  # fmt: skip
YEARS: dict[str, Change] = {
    **{f"year's {name}": year_column(name) for name in ("year", "origin", "key", "first", "erased_at")},
    **{f"year's {name}": year_column(name, first=False) for name in ("opened_at", "erasure_approved_at")},
    "year deleted": year_deleted,
}
DETAILS: dict[str, Change] = {
    "detail's text": detail_blob, "detail's key": detail_key, "detail's client": detail_client,
    "detail of another": detail_of_another, "detail moved": detail_moved,
}  # fmt: skip


# What is on the disk


def _read(path: Path) -> bool:
    """Whether the newest head is of this file; narrower tiles of earlier heads stay until theirs is full."""
    width = [int(other.name) for other in path.parent.iterdir()] if path.parent.suffix == ".p" else []
    return path.is_file() and (not width or int(path.name) == max(width))


@contextmanager
def tiles_changed(folder: Path, chance: random.Random) -> Iterator[None]:
    """One file of a tree: a bit, its end, or all of it; or a bundle that tells the same lie as the row."""
    path = chance.choice(sorted(path for path in folder.rglob("*") if "tiles" in path.parts and _read(path)))
    whole = path.read_bytes()
    how = chance.choice(["bit", "end", "gone"])
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(flipped(whole, chance) if how == "bit" else whole[: chance.randrange(len(whole))])
    try:
        yield
    finally:
        path.write_bytes(whole)


@contextmanager
def tile_and_row_changed(folder: Path, chance: random.Random) -> Iterator[None]:
    """The entry in its bundle, its row and its column tell the same lie; only the hash and the signature do not."""
    row = row_of(chance)
    lie = edited(bytes(row.body), actor=_like(row.actor, chance))
    (path, whole), *_others = [
        (path, found)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "entries" in path.parts and bytes(row.body) in (found := path.read_bytes())
    ]
    LedgerEntry.objects.filter(pk=row.pk).update(actor=json.loads(lie)["actor"], body=lie)
    path.write_bytes(whole.replace(bytes(row.body), lie))
    try:
        yield
    finally:
        path.write_bytes(whole)


def _like(actor: str, chance: random.Random) -> str:
    """Another actor of the same length, so that the bundle stays well-formed."""
    letters = "".join(chance.choice("abcdef0123456789") for _ in actor)
    return letters if letters != actor else letters[::-1] + "x"


# What may change


def nothing(_chance: random.Random) -> None:
    """A log as it is."""


def waiting(_chance: random.Random) -> None:
    """An entry that has no place yet."""
    journal.record(journal.Entry(event=Event.LEDGER_VERIFIED, actor="system"))


def placed(_chance: random.Random) -> None:
    """Entries that have their places and no head yet."""
    waiting(_chance)
    sequencer._drain()


def erased_detail(chance: random.Random) -> None:
    """What erasure does."""
    LedgerDetail.objects.filter(pk=_detail(chance).pk).delete()


def earlier_head_given_up(chance: random.Random) -> None:
    """Later heads continue it; whoever kept it can still check it against them."""
    kept = [Checkpoint.objects.order_by("-size")[0].size, *LedgerYear.objects.values_list("first", flat=True)]
    earlier = Checkpoint.objects.exclude(size__in=kept).order_by("size").values_list("size", flat=True)
    Checkpoint.objects.filter(size=chance.choice(list(earlier))).delete()


CONTROLS: dict[str, Change] = {
    "control": nothing, "waiting": waiting, "placed": placed, "erased detail": erased_detail,
    "earlier head given up": earlier_head_given_up,
}  # fmt: skip
ON_DISK = {"tile": tiles_changed, "tile and row": tile_and_row_changed}
IN_TABLES = ROWS | HEADS | YEARS | DETAILS
KINDS = [*IN_TABLES, *ON_DISK, *CONTROLS]


@contextmanager
def mutated(kind: str, seed: int, folder: Path) -> Iterator[None]:
    """The log changed in that way until the block ends.

    Args:
        folder: where its trees lie.
    """
    chance = random.Random(f"{kind} {seed}")
    with transaction.atomic():
        with trigger_off():
            if kind in ON_DISK:
                with ON_DISK[kind](folder, chance):
                    yield
            else:
                (IN_TABLES | CONTROLS)[kind](chance)
                yield
        transaction.set_rollback(True)
