"""Taking calls in: from the file that arrives to the redacted, sealed, searchable and recorded call.

Calls of five minutes, two parties, 8 kHz, with the words of a recogniser, go through the real flows: sealed into the
spool and read back, matched and judged, decoded, stored under two locks, redacted in text and sound, sealed again,
indexed, and every step written to the ledger and sequenced. Database (durable, as it ships) and keeper are processes
of their own; all of them share one core, and the workers' jobs are called here one after another.

The floor is what no design can spare: decode the recording, encode FLAC twice (what is kept and what is redacted),
encrypt both with the bare cipher, write both to the disk.
"""

from __future__ import annotations

import io
import os
import secrets
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported: figures are for one core

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench._limits import to_limits
from bench._site import cpu_seconds, installation, open_line
from callwarden.engines.redact.audio import decode, encode_flac, to_mono_legs
from samples.generate import GeneratedCall, generate_call

MINUTES = 5.0
CALLS = 12
WARM_UP = 2
SEGMENT = 64 << 10
STAGES = ("receive", "admit", "redact", "sequence")

Progress = Callable[[str], None]


def run(progress: Progress) -> dict[str, float]:
    _use_one_core()
    progress("generating calls")
    calls = [generate_call(5, number, minutes=MINUTES, line="service-zh") for number in range(CALLS + WARM_UP)]
    with installation() as folder:
        progress("starting")
        way = Way(open_line("service-zh"))
        floor: list[float] = []
        for number, call in enumerate(calls):
            progress(f"call {number + 1} of {len(calls)}")
            if number == WARM_UP:
                way.clear()
                floor.clear()
            way.go(call)
            floor.append(_floor(call, folder))
        way.check(len(calls))
        return _figures(way, floor)


def _use_one_core() -> None:
    """This process and everything it starts from now on."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _figures(way: Way, floor: list[float]) -> dict[str, float]:
    seconds = 60 * MINUTES * CALLS
    spent, wall = sum(way.cpu), sum(way.wall)
    figures = {
        "x_realtime": seconds / spent,
        "x_realtime_wall": seconds / wall,
        "ratio_to_floor": statistics.median(way.cpu) / statistics.median(floor),
        "cpu_ms_a_call": 1000 * statistics.median(way.cpu),
        "wall_ms_a_call": 1000 * statistics.median(way.wall),
        "floor_ms_a_call": 1000 * statistics.median(floor),
    }
    figures |= to_limits(figures, at_least={"x_realtime": 300}, at_most={"ratio_to_floor": 1.8})
    return figures | {f"{stage}_ms": 1000 * statistics.median(way.stages[stage]) for stage in STAGES}


class Way:
    """The way of a call, stage by stage."""

    def __init__(self, line: Any) -> None:
        from callwarden.custody.ledger.sequencer import Sequencer
        from callwarden.flows.receive import Sender

        self._line = line
        self._sender = Sender(line, "bench")
        self._sequencer = Sequencer()
        self.clear()

    def clear(self) -> None:
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self.stages: dict[str, list[float]] = defaultdict(list)

    def go(self, call: GeneratedCall) -> None:
        began, at = cpu_seconds(), time.perf_counter()
        with self._stage("receive"):
            row = self._receive(call)
        with self._stage("admit"):
            outcome = self._admit(row)
        with self._stage("redact"):
            self._redact(outcome)
        with self._stage("sequence"):
            self._sequencer.step()
        self.wall.append(time.perf_counter() - at)
        self.cpu.append(cpu_seconds() - began)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.stages[name].append(time.perf_counter() - began)

    def _receive(self, call: GeneratedCall) -> Any:
        from callwarden.flows.arrivals import take_in_row
        from callwarden.flows.receive import receive_file

        words_name = f"{call.name.rpartition('.')[0]}.words.json"
        receive_file(io.BytesIO(call.audio), name=call.name, line=self._line, door="bench")
        receive_file(io.BytesIO(call.words_json), name=words_name, line=self._line, door="bench")
        return take_in_row(call.cdr, self._sender).item.id

    def _admit(self, row: Any) -> Any:
        from callwarden.flows import matching, take_in

        (arrived,) = matching.complete_calls(self._line, only=row)
        outcome = take_in.admit(arrived)
        if outcome.call is None or outcome.reasons:
            raise RuntimeError(f"a call was not admitted as it should be: {outcome.verdict} {outcome.reasons}")
        return outcome

    def _redact(self, outcome: Any) -> None:
        """As the job does it: with what admission still holds in memory."""
        from callwarden.flows import redact_call

        if not redact_call.redact_call(outcome.call, self._line.client_id, fresh=outcome.fresh):
            raise RuntimeError("a call was not redacted")

    def check(self, count: int) -> None:
        """Everything really happened: as many calls, all redacted, every entry in the tree."""
        from callwarden.custody.models import Call, LedgerPending, Record
        from callwarden.custody.scope import client_scope

        with client_scope(self._line.client_id):
            done = Call.objects.filter(redaction=Call.Redaction.DONE, spans__gt=0).count()
            sounds = Record.objects.filter(category="recording_redacted").count()
        if (done, sounds, LedgerPending.objects.count()) != (count, 2 * count, 0):
            raise RuntimeError("not every call came to its end")


def _floor(call: GeneratedCall, folder: Path) -> float:
    """CPU seconds of decoding, encoding twice, bare encryption in segments, and writing."""
    began = cpu_seconds()
    for kept in ("original", "redacted"):
        if kept == "original":
            audio = decode(call.audio)
        cipher = AESGCM(secrets.token_bytes(32))
        path = folder / f"floor-{kept}"
        with path.open("wb", buffering=0) as out:
            for leg in to_mono_legs(audio):
                flac = io.BytesIO()
                encode_flac(leg, flac)
                plain = flac.getbuffer()
                for start in range(0, len(plain), SEGMENT):
                    nonce = start.to_bytes(12, "big")
                    out.write(cipher.encrypt(nonce, plain[start : start + SEGMENT], None))
            os.fsync(out.fileno())
        path.unlink()
    return cpu_seconds() - began
