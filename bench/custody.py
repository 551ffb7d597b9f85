"""Keys at work: reading a value, turning an epoch, rotating, ending a retention period.

Database (durable, as it ships) and keeper are processes of their own; rows lie in the real tables under real locks,
each record with a subject of its own, which is the dearest case. `--rows` says how many subjects and records there are;
a tenth as many have real wraps of data keys and are rotated. Times are wall clock; other jobs of the machine count.

- field_read: a value's wrap and ciphertext are at hand: unwrap the data key under both locks, open the value.
- field_release: the same through the permit check, the keeper's socket and the database, as the program does it.
- reveal, lookup: over HTTP, through the web server as it ships, with decision and entry in the ledger (see `_web`).
- transit: one value decrypted by OpenBao transit on a kept-open connection. All three over TLS on loopback, in turn.
  `..._cpu_ms` is what one reading costs all processes together: other jobs of the machine hardly move it.
- transit_move: values decrypted and encrypted again by transit, 400 a request: the peer of rewrap, reencrypt and turn.
- delete: as many rows as expire ends, deleted by plain SQL from copies of their tables: the peer of expire and purge.
- `..._to_limit` is the figure over what issue 3 asks for, so that more than 1 is good (for times: limit over figure).
"""

from __future__ import annotations

import http.client
import json
import ssl
import statistics
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count as counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from bench import _web
from bench._limits import to_limits
from bench._site import checkpoint, copy_in, cpu_seconds, installation, open_line, server_of
from callwarden.custody.naming import bucket_id, field_part
from callwarden.engines.seal import (
    Binding,
    Key,
    Suite,
    open_bytes,
    seal_bytes,
    unwrap_data_key,
    wrap_data_key,
    wrap_key,
)

ROWS = 1_000_000
READS = 5_000
CALLS = 1_000
ROUND = WARM_UP = 100
VALUE = b"13800000000"
PURPOSES = ("quality",)
ROTATED = 1000
BATCH, MOVES = 400, 25  # of more, OpenBao refuses a request as too complex
AT_LEAST = {"rewrap_rows_s": 50_000, "reencrypt_rows_s": 30_000, "field_vs_transit_p50": 20}
AT_MOST = {"field_read_p99_us": 100, "reveal_p99_us": 15_000, "lookup_p99_us": 15_000, "expire_bucket_s": 2}

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    from tests.keyservers import OpenBao

    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="callwarden-bao-") as place, installation() as folder:
        bao = OpenBao(Path(place))
        try:
            progress("starting")
            bao.start()
            line = open_line("service-zh")
            centre = Centre(folder, line)
            progress(f"making {ROWS:,} subjects and records")
            figures |= centre.fill(ROWS, real=max(ROWS // 10, 1))
            progress("reading through the keeper")
            figures |= centre.release()
            progress("reading values, in process and over HTTP")
            transit = Transit(bao)  # not sooner: after five idle minutes OpenBao closes a connection
            figures |= _over_http(folder, line, bao.ca_file, transit)
            figures |= transit.move()
        finally:
            bao.stop()
        for name, work in (("rewrap", centre.rewrap), ("reencrypt", centre.reencrypt), ("turn", centre.turn)):
            progress(name)
            figures |= work()
        progress("ending a retention period")
        figures |= centre.expire()
    return figures | _ratios(figures)


def _ratios(figures: dict[str, float]) -> dict[str, float]:
    """To the peers of the same run, and to the limits."""
    ratios = {}
    for name in ("field_read", "field_release", "reveal", "lookup"):
        ratios[f"{name.removesuffix('_read')}_vs_transit_p50"] = figures["transit_p50_us"] / figures[f"{name}_p50_us"]
    for name in ("rewrap", "reencrypt", "turn"):
        ratios[f"{name}_vs_transit"] = figures[f"{name}_rows_s"] / figures["transit_move_rows_s"]
    ratios["expire_vs_delete"] = figures["delete_s"] / figures["expire_bucket_s"]
    ratios["purge_vs_delete"] = figures["purge_rows_s"] / figures["delete_rows_s"]
    return ratios | to_limits(figures | ratios, at_least=AT_LEAST, at_most=AT_MOST)


def _timed(act: Callable[[], object], times: int) -> list[float]:
    """Microseconds of each call."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(1e6 * (time.perf_counter() - began))
    return spent


def _shown(name: str, spent: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p50_us": statistics.median(spent), f"{name}_p99_us": statistics.quantiles(spent, n=100)[98]}


def _binding(line: Any, record: UUID, subject: UUID, bucket: UUID) -> Binding:
    return Binding(
        client=str(line.client_id),
        line=str(line.id),
        record=str(record),
        subject=str(subject),
        generation=1,
        bucket=str(bucket),
        purposes=PURPOSES,
    )


def _field_reader() -> Callable[[], None]:
    suite = Suite.AES_256_GCM
    subject, bucket, key, record = Key.generate(suite), Key.generate(suite), Key.generate(suite), uuid4()
    binding = Binding("client", "line", str(record), str(uuid4()), 1, str(uuid4()), PURPOSES)
    wrapped = wrap_data_key(key, subject_key=subject, bucket_key=bucket, binding=binding)
    part = field_part("phone", 1)
    blob = seal_bytes(key, VALUE, record_id=record.bytes, part=part)

    def read() -> None:
        opened = unwrap_data_key(wrapped, subject_key=subject, bucket_key=bucket, binding=binding)
        if open_bytes(opened, blob, record_id=record.bytes, part=part) != VALUE:
            raise RuntimeError("another value came back")

    return read


class Transit:
    """A kept-open connection to OpenBao, and a key there."""

    def __init__(self, bao: Any) -> None:
        self._token = bao.make_keys("bench").read_text().strip()
        place = urlsplit(bao.address)
        context = ssl.create_default_context(cafile=str(bao.ca_file))
        self._line = http.client.HTTPSConnection(place.hostname or "", place.port, context=context, timeout=60)
        self._sealed = self.ask("encrypt", {"plaintext": b64encode(VALUE).decode()})["ciphertext"]

    def ask(self, operation: str, body: dict[str, Any]) -> Any:
        self._line.request("POST", f"/v1/transit/{operation}/bench", json.dumps(body), {"X-Vault-Token": self._token})
        answer = self._line.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"transit answered {answer.status}: {told.get('errors')}")
        return told["data"]

    def read(self) -> None:
        if self.ask("decrypt", {"ciphertext": self._sealed})["plaintext"] != b64encode(VALUE).decode():
            raise RuntimeError("another value came back")

    def move(self) -> dict[str, float]:
        """Rows a second decrypted and encrypted again, a request for each of the two and `BATCH` rows."""
        batch, began = [{"ciphertext": self._sealed}] * BATCH, time.perf_counter()
        for _ in range(MOVES):
            opened = self.ask("decrypt", {"batch_input": batch})["batch_results"]
            sealed = self.ask("encrypt", {"batch_input": [{"plaintext": one["plaintext"]} for one in opened]})
            batch = [{"ciphertext": one["ciphertext"]} for one in sealed["batch_results"]]
        return {"transit_move_rows_s": BATCH * MOVES / (time.perf_counter() - began)}


def _over_http(folder: Path, line: Any, certificate: Path, transit: Transit) -> dict[str, float]:
    """The product's readings and the peer's, by rounds, so that what else the machine does moves all alike."""
    with _web.served(folder, line, certificate, certificate.with_name("key.pem")) as door:
        people, read = _web.readers(door, line), _field_reader()
        turns: dict[str, Callable[[int], object]] = {
            "field_read": lambda _at: read(),
            "reveal": lambda at: door.reveal(people[at % len(people)]),
            "lookup": lambda at: door.lookup(_web.customer_no(at % len(people))),
            "transit": lambda _at: transit.read(),
        }
        spent: dict[str, list[float]] = {name: [] for name in turns}
        work: dict[str, float] = dict.fromkeys(turns, 0.0)
        for start in range(-WARM_UP, CALLS, ROUND):
            for name, act in turns.items():
                at, began = counter(start), cpu_seconds()
                once = _timed(lambda act=act, at=at: act(next(at)), ROUND)  # type: ignore[misc]
                if start >= 0:
                    spent[name] += once
                    work[name] += cpu_seconds() - began
    figures: dict[str, float] = {}
    for name, times in spent.items():
        figures |= _shown(name, times)
        if name == "field_read":
            continue  # too short for the ticks that CPU time is counted in
        figures[f"{name}_cpu_ms"] = 1e3 * work[name] / len(times)
    return figures


class Centre:
    """A client with many subjects and records, and what is done to its keys."""

    def __init__(self, folder: Path, line: Any) -> None:
        import os

        from callwarden.custody.epochs import active_epoch
        from callwarden.custody.keeper.folder import KeyFolder
        from callwarden.custody.keeper.providers import open_provider

        self._line, self._place = line, folder
        keys = folder / "keys"
        self._epoch = active_epoch(line.client_id)
        # Only to fill the tables: what is measured goes through the keeper.
        self._folder = KeyFolder(keys, open_provider(keys, dict(os.environ)))
        self._due = datetime.now(UTC) + timedelta(days=30)
        self._day = (self._due + timedelta(days=7 - self._due.weekday())).date()
        self._bucket = bucket_id(line.id, "contact", self._day, hold=False)

    def fill(self, count: int, *, real: int) -> dict[str, float]:
        """`count` subjects, and as many records in one bucket; the first `real` of them have all their wraps."""
        began = time.perf_counter()
        suite, epoch = Suite.AES_256_GCM, self._folder.epoch_key(self._epoch, Suite.AES_256_GCM)
        client, line, bucket = self._line.client_id, self._line, Key.generate(suite)
        bound = ("bucket", str(client), str(line.id), str(self._bucket), str(self._epoch))
        copy_in(client, "bucket", "id client_id line_id category expires_on hold",
                   [(self._bucket, client, line.id, "contact", self._day, False)])  # fmt: skip
        copy_in(client, "bucketkey", "bucket_id suite epoch_id wrapped",
                   [(self._bucket, suite.value, self._epoch, wrap_key(epoch, bucket, context=bound))])  # fmt: skip
        now, basis = datetime.now(UTC), uuid4()
        self.record = UUID(int=0)
        for start in range(0, count, 20_000):
            rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COLUMNS}
            for number in range(start, min(start + 20_000, count)):
                record, subject, key = uuid4(), uuid4(), Key.generate(suite)
                context = ("subject", str(client), str(subject), "1", str(self._epoch))
                rows["subject"].append((subject, client, "customer", 1, now))
                rows["subjectkey"].append((uuid4(), subject, 1, suite.value, self._epoch,
                                           wrap_key(epoch, key, context=context)))  # fmt: skip
                rows["record"].append((record, client, line.id, "contact", list(PURPOSES), basis, subject, self._bucket,
                                       "stored", suite.value, "", 0, 0, b"", "{}", now, self._due))  # fmt: skip
                wrapped, blob = b"-", b"-"
                if number < real:
                    binding, data_key = _binding(line, record, subject, self._bucket), Key.generate(suite)
                    wrapped = wrap_data_key(data_key, subject_key=key, bucket_key=bucket, binding=binding)
                    blob = seal_bytes(data_key, VALUE, record_id=record.bytes, part=field_part("phone", 1))
                    self.record = record
                    rows["sealedfield"].append((uuid4(), client, record, "phone", 1, blob))
                # What has no real wrap is said to be rotated already.
                version = 1 if number < real else ROTATED
                rows["datakey"].append((record, subject, 1, self._bucket, wrapped, version, version))
            for name, columns in _COLUMNS.items():
                copy_in(client, name, columns, rows[name])
        self._execute("ANALYZE")
        checkpoint(self._place)
        return {"fill_s": time.perf_counter() - began}

    def release(self) -> dict[str, float]:
        """Through permit, keeper and database."""
        from callwarden.custody.mint import WITNESS
        from callwarden.custody.models import Record
        from callwarden.custody.open import open_fields
        from callwarden.custody.permits import issue
        from callwarden.custody.scope import client_scope
        from callwarden.kernel import journal
        from callwarden.kernel.events import Event

        with client_scope(self._line.client_id):
            said = journal.Entry(
                event=Event.DISCLOSE_VIEW_MASKED,
                actor="job:bench",
                records=(self.record,),
                purpose="quality",
                decision="allow",
            )
            entry = journal.record(said)
            grant = issue(WITNESS, principal="job:bench", session=None, action="view_masked", purpose="quality",
                          records={self.record: ()}, policy="bench", entry=entry, lasts=timedelta(minutes=10),
                          max_uses=READS)  # fmt: skip
        with client_scope(self._line.client_id):
            record = Record.objects.get(pk=self.record)
            spent = _timed(lambda: open_fields(grant, record), min(CALLS, READS))
        return _shown("field_release", spent)

    def turn(self) -> dict[str, float]:
        from callwarden.protection.keys import epochs

        run, seconds = self._carried(lambda: epochs.start_turn(self._line.client_id, actor="system"))
        if self._value("SELECT count(*) FROM custody_subjectkey WHERE epoch_id = %s", run.from_epoch):
            raise RuntimeError("the turn left keys behind")
        return {
            "turn_rows_s": run.done / seconds,
            "turn_s": seconds,
            "turn_subjects": float(run.done - 1),
            "turn_wal_bytes": float(run.wal_bytes),
            "turn_wal_bytes_a_row": run.wal_bytes / run.done,
        }

    def rewrap(self) -> dict[str, float]:
        from callwarden.protection.keys import rotation

        return self._rotated("rewrap", rotation.rewrap)

    def reencrypt(self) -> dict[str, float]:
        from callwarden.protection.keys import rotation

        return self._rotated("reencrypt", rotation.reencrypt)

    def expire(self) -> dict[str, float]:
        """Until nothing of the bucket opens for anybody; then what it takes to clear the rows away."""
        from callwarden.custody.destroy import buckets_over, destroy_buckets, purge
        from callwarden.custody.keeper.client import KeyDestroyed
        from callwarden.custody.keeper.client import rewrap as keeper_rewrap
        from callwarden.custody.models import Record
        from callwarden.custody.put import binding_for
        from callwarden.custody.scope import client_scope

        client, plain = self._line.client_id, self._delete()
        with client_scope(client):
            binding = binding_for(Record.objects.get(pk=self.record), generation=1)
        keeper_rewrap(binding, epoch=self._epoch)  # the control: it opens before
        began = time.perf_counter()
        with client_scope(client):
            destroy_buckets(buckets_over(client, today=self._day), actor="system")
        seconds = time.perf_counter() - began
        try:
            keeper_rewrap(binding, epoch=self._epoch)
        except KeyDestroyed:
            pass
        else:
            raise RuntimeError("a record of an ended bucket opened")
        began, gone = time.perf_counter(), 0
        while time.perf_counter() - began < 30:
            with client_scope(client):
                if not (cleared := purge(client, actor="system")):
                    break
                gone += cleared
        return plain | {"expire_bucket_s": seconds, "purge_rows_s": gone / (time.perf_counter() - began)}

    def _delete(self) -> dict[str, float]:
        """What erasing the rows alone would take, durably: data keys and values of the bucket, from copies."""
        import psycopg
        from django.conf import settings

        copied = 0
        with psycopg.connect(
            server_of(self._place), dbname=str(settings.DATABASES["default"]["NAME"]), autocommit=True
        ) as connection:
            for table in ("datakey", "sealedfield"):
                connection.execute(f"CREATE TABLE bench_{table} (LIKE custody_{table} INCLUDING ALL)")
                rows = connection.execute(f"INSERT INTO bench_{table} SELECT * FROM custody_{table}").rowcount
                copied += rows if table == "datakey" else 0
            connection.execute("CHECKPOINT")
            began = time.perf_counter()
            connection.execute("BEGIN; DELETE FROM bench_datakey; DELETE FROM bench_sealedfield; COMMIT")
            seconds = time.perf_counter() - began
            connection.execute("DROP TABLE bench_datakey, bench_sealedfield")
        return {"delete_s": seconds, "delete_rows_s": copied / seconds}

    def _rotated(self, name: str, start: Callable[..., Any]) -> dict[str, float]:
        real = self._value("SELECT count(*) FROM custody_datakey WHERE version < %s", ROTATED)
        run, seconds = self._carried(lambda: start(self._line.client_id, actor="system"))
        if run.done != real:
            raise RuntimeError(f"{name} moved {run.done} rows of {real}")
        return {f"{name}_rows_s": run.done / seconds, f"{name}_wal_bytes_a_row": run.wal_bytes / run.done}

    def _carried(self, start: Callable[[], Any]) -> tuple[Any, float]:
        from callwarden.protection.keys import runs

        run = start()
        began = time.perf_counter()
        ended = runs.carry_on(run.id, seconds=3600)
        return ended, time.perf_counter() - began

    def _value(self, statement: str, *arguments: int | UUID) -> Any:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchone()[0]

    def _execute(self, *statements: str) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


_COLUMNS = {
    "subject": "id client_id kind generation created_at",
    "subjectkey": "id subject_id generation suite epoch_id wrapped",
    "record": (
        "id client_id line_id category purposes basis subject_id bucket_id state suite object_key sealed_size"
        " plain_size sealed_digest media created_at due_at"
    ),
    "datakey": "record_id subject_id generation bucket_id wrapped version wrap",
    "sealedfield": "id client_id record_id name position blob",
}
