"""kill -9 of every process, again and again, while 200 generated calls are taken in: nothing is lost, doubled or bared.

Web, workers, clock, keeper, sequencer, spool door, database and the supervisor itself are killed at random moments
(seeded). When it is quiet again, what stands there must be exactly what the generator says, each call redacted, no
half-written file, no value in clear, and the ledger whole.
"""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from callwarden.engines import redact as text
from callwarden.engines.redact import audio as sound
from callwarden.engines.residue import Mark, Search
from callwarden.flows.formats import read_words
from samples.generate import GeneratedCall
from tests.prove._dump import dump, pages_of_the_log
from tests.prove._running import Running, scratch, unfinished
from tests.prove._sender import LINES, Sender, centre
from tests.prove.residue import Shown, _verdict

CALLS = int(os.environ.get("CALLS", "200"))
SEED = int(os.environ.get("SEED", "20261123"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
BATCH = 10
QUIET_SECONDS = 2400.0
TARGETS = ("web", "worker", "worker-2", "clock", "keeper", "sequencer", "spool", "database")


def run() -> Shown:
    with scratch("kill") as folder:
        sender = Sender(folder, seed=SEED % 100_000, count=CALLS, minutes=0.35, refused=0.05)
        site = Running(
            folder / "data",
            demo=True,
            workers=2,
            settings={
                "SAMPLES": str(centre(folder)),
                "SPOOL_STABLE_SECONDS": "0.3",
                # Words that arrive late because something was killed are waited for.
                "WORDS_GRACE_SECONDS": "1800",
            },
        )
        try:
            site.await_started()
            killed = _kill_while_sending(site, sender)
            begun = time.monotonic()
            _await_quiet(site, len(sender.calls))
            quiet = time.monotonic() - begun
            times = ", ".join(f"{name} {count}" for name, count in sorted(killed.items()))
            shown: Shown = [
                ("Every kind of process was killed", "pass" if len(killed) == len(TARGETS) + 1 else "fail", times),
                ("It became quiet by itself", "pass", f"{quiet:.0f} s after the last kill"),
            ]
            shown += _calls_are_as_told(site, sender)
            shown += _opened_through_the_door(site, sender)
            shown += _files(site)
            shown += _ledger(site, folder)
            shown += _nothing_in_clear(site, sender, folder)
            return shown
        finally:
            site.stop()


def _kill_while_sending(site: Running, sender: Sender) -> dict[str, int]:
    """Kill by the seeded plan, while calls are dropped batch by batch."""
    chance = random.Random(SEED)
    plan: list[str] = []
    for _round in range(ROUNDS):
        targets = list(TARGETS)
        chance.shuffle(targets)
        plan += targets
    for _ in range(max(1, ROUNDS - 1)):
        plan.insert(chance.randrange(3, len(plan)), "supervisor")
    ended = threading.Event()
    sending = threading.Thread(target=_send, args=(site, sender, ended), daemon=True)
    sending.start()
    killed: dict[str, int] = {}
    for name in plan:
        time.sleep(chance.uniform(0.5, 5.0))
        deadline = time.monotonic() + 120
        while not site.kill(name) and time.monotonic() < deadline:
            time.sleep(0.2)
        killed[name] = killed.get(name, 0) + 1
        if name == "supervisor":
            site.process.wait(60)
            site.restart()
            site.await_started()
    ended.set()
    sending.join()
    return killed


def _send(site: Running, sender: Sender, ended: threading.Event) -> None:
    """Drop everything within the time of the killing: slowly at first, the rest at once when that is over."""
    chance = random.Random(SEED + 1)
    for first in range(0, len(sender.calls), BATCH):
        sender.drop(first, min(first + BATCH, len(sender.calls)), site.data / "incoming")
        ended.wait(chance.uniform(2.0, 10.0))


def _await_quiet(site: Running, calls: int) -> None:
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not quiet in time: {_state(site)}\n{site.logs()[-4000:]}")
        state = _state(site)
        if not state["waiting"] and not state["files"] and state["judged"] >= calls and not state["pending"]:
            return
        time.sleep(3)


def _state(site: Running) -> dict[str, Any]:
    try:
        ((waiting, pending, judged),) = site.sql(
            "SELECT (SELECT count(*) FROM custody_intakeitem WHERE state IN ('sealed', 'waiting')),"
            " (SELECT count(*) FROM custody_call WHERE redaction = 'pending'),"
            " (SELECT count(*) FROM custody_intakeitem WHERE kind = 'row')"
        )
    except Exception as error:  # the database has just been killed: ask again
        return {"waiting": 1, "pending": 0, "judged": 0, "files": 0, "error": type(error).__name__}
    files = [path for path in (site.data / "incoming").rglob("*") if path.is_file()]
    return {"waiting": waiting, "pending": pending, "judged": judged, "files": len(files)}


def _calls_are_as_told(site: Running, sender: Sender) -> Shown:
    given = [call for call in sender.calls if call.cdr.consents[0].answer == "given"]
    refused = len(sender.calls) - len(given)
    rows = dict(site.sql("SELECT state, count(*) FROM custody_intakeitem WHERE kind = 'row' GROUP BY state"))
    ((calls, distinct),) = site.sql("SELECT count(*), count(DISTINCT (line_id, reference)) FROM custody_call")
    states = dict(site.sql("SELECT redaction, count(*) FROM custody_call GROUP BY redaction"))
    wanted = {
        "recording_original": 2,
        "recording_redacted": 2,
        "transcript_original": 1,
        "transcript_redacted": 1,
        "redaction_spans": 1,
        "call_metadata": 1,
    }
    parts = site.sql(
        "SELECT call_id, category, count(*) FROM custody_record WHERE call_id IS NOT NULL AND state <> 'destroyed'"
        " GROUP BY call_id, category"
    )
    odd = [part for part in parts if wanted.get(part[1]) != part[2]] or len(parts) != calls * len(wanted)
    events = dict(
        site.sql(
            "SELECT event, count(*) FROM custody_ledgerentry WHERE event IN"
            " ('admission:call:admitted', 'redaction:call:done', 'redaction:call:failed') GROUP BY event"
        )
    )
    one_each = rows == {"admitted": len(given), "quarantined": refused} and calls == distinct == len(given)
    return [
        (
            f"{len(sender.calls)} calls were judged as their callers answered, none twice, none missing",
            "pass" if one_each else "fail",
            f"rows {rows}, calls {calls} ({distinct} distinct), wanted {len(given)} + {refused} refused",
        ),
        ("Every admitted call is redacted", "pass" if states == {"done": len(given)} else "fail", f"{states}"),
        ("Every call has exactly its parts", "fail" if odd else "pass", f"{len(parts)} kinds of parts"),
        (
            "The ledger tells each admission and each redaction once",
            "pass" if events == {"admission:call:admitted": calls, "redaction:call:done": calls} else "fail",
            f"{events}",
        ),
    ]


def _opened_through_the_door(site: Running, sender: Sender) -> Shown:
    """What the door gives out against what the same engine makes of the same call when nothing disturbs it."""
    given = [call for call in sender.calls if call.cdr.consents[0].answer == "given"]
    undisturbed = [_undisturbed(sender.audio(call), call) for call in given]
    told = [
        {"line": call.cdr.line, "call_id": call.cdr.call_id, "windows": silent}
        for call, (_texts, silent) in zip(given, undisturbed, strict=True)
    ]
    site.await_ready()
    heard = site.inside("listen", calls=told)
    short = [1 for answer, call in zip(heard, given, strict=True) if answer.get("frames") != call.duration_ms * 8]
    other = [1 for answer, (texts, _) in zip(heard, undisturbed, strict=True) if answer.get("turns") != texts]
    loud = [1 for answer in heard if answer.get("loudest", 1) > 0]
    windows, values = sum(len(silent) for _, silent in undisturbed), sum(len(call.planted) for call in given)
    return [
        ("Opened through the door: every call is there at full length", "fail" if short else "pass", f"{len(heard)}"),
        (
            "Every transcript is what an undisturbed redaction makes of it",
            "fail" if other else "pass",
            f"{len(heard) - len(other)} of {len(heard)}",
        ),
        (
            "Every stretch an undisturbed redaction silences is silent",
            "fail" if loud or not windows else "pass",
            f"{windows} stretches, which hold all of {values} planted values but what the engine misses in addresses",
        ),
    ]


def _undisturbed(audio: bytes, call: GeneratedCall) -> tuple[list[str], list[list[int]]]:
    """(redacted turns, planted windows that become silent) of one call, redacted here."""
    words = read_words(call.words_json).with_layout("stereo:caller,agent")
    known = text.KnownValues.from_json({"phones": [call.cdr.caller, call.cdr.callee]})
    done = text.redact(text.Transcript.from_json(words.to_json()), known, text.Policy.profile("all"))
    silent: list[list[int]] = []
    for channel, leg in enumerate(sound.to_mono_legs(sound.decode(audio))):
        spans = [replace(span, channel=None) for span in done.sound if span.channel in (None, channel)]
        muted = sound.apply(leg, sound.plan(spans, sound.find_dtmf(leg.samples, leg.rate), leg))
        for item in call.planted:
            first, last = (int(item[edge] * leg.rate / 1000) for edge in ("start_ms", "end_ms"))
            if item["channel"] == channel and not muted.samples[first:last].any():
                silent.append([channel, item["start_ms"], item["end_ms"]])
    return [turn.text for turn in done.transcript.turns], silent


def _files(site: Running) -> Shown:
    """No half-written file anywhere; in the spool only what waits in quarantine."""
    sealed = site.inside("sealed_objects")
    begun_only = unfinished(site.data)
    kept = {path.stem for path in (site.data / "spool").glob("*.cws")}
    state = {
        row[0].hex: (row[1], row[2])
        for row in site.sql("SELECT id, state, length(sealed_key) FROM custody_intakeitem WHERE inline = ''")
    }
    quarantined = {name for name, (of, _key) in state.items() if of == "quarantined"}
    # Killed between the commit and the removal: swept within the hour, and their keys are gone already.
    keyless = {name for name in kept - quarantined if state.get(name, ("", 0))[1] == 0}
    strange = kept - quarantined - keyless
    return [
        ("No half-written file is left", "fail" if begun_only else "pass", f"{[p.name[-20:] for p in begun_only][:3]}"),
        (
            "The spool holds what is in quarantine and nothing else",
            "pass" if quarantined <= kept and not strange else "fail",
            f"{len(quarantined)} files and {len(keyless)} without a key, {len(strange)} too many,"
            f" {len(quarantined - kept)} missing",
        ),
        (
            "Every sealed object is there, whole",
            "fail" if sealed["wrong"] else "pass",
            f"{sealed['live']} objects; {sealed['orphans']} noise whose key was never kept,"
            f" {sealed['unfinished']} unfinished",
        ),
    ]


def _ledger(site: Running, folder: Path) -> Shown:
    exported = folder / "ledger"
    ((who,),) = site.sql("SELECT username FROM kernel_user WHERE is_active ORDER BY id LIMIT 1")
    to = site.command("export-ledger", str(exported), "--who", who, "--reason", "proof")
    key = exported / "verifier.key"
    whole = site.command("verify", str(exported), "--key", str(key))
    faults = site.inside("verify_rows", user=None, role="")
    chance = random.Random(SEED)
    caught = tried = 0
    for path in _flippable(exported):
        broken = folder / "broken"
        shutil.copytree(exported, broken)
        target = broken / path.relative_to(exported)
        raw = bytearray(target.read_bytes())
        at = chance.randrange(len(raw))
        raw[at] ^= 1 << chance.randrange(8)
        target.write_bytes(raw)
        tried += 1
        caught += site.command("verify", str(broken), "--key", str(key)).returncode == 1
        shutil.rmtree(broken)
    size = (to.stdout.split() or ["?"])[0]
    return [
        ("The exported ledger verifies", "pass" if whole.returncode == 0 else "fail", f"{size} entries"),
        ("The rows people read are those of the tree", "fail" if faults else "pass", f"{faults}"),
        ("One flipped bit fails", "pass" if tried and caught == tried else "fail", f"{caught} of {tried} caught"),
    ]


def _flippable(exported: Path) -> list[Path]:
    files = [path for path in sorted(exported.rglob("*")) if path.is_file() and path.name != "verifier.key"]
    return random.Random(SEED).sample(files, min(8, len(files)))


def _nothing_in_clear(site: Running, sender: Sender, folder: Path) -> Shown:
    values: dict[str, str] = {}
    for call in sender.calls:
        for item in call.planted:
            if len(item["part"].encode()) >= 8:
                values[f"{item['id']} {item['type']}"] = item["part"]
        for name in ("caller", "callee"):
            number = getattr(call.cdr, name)
            # The centre's own numbers are no secret.
            if len(number) >= 10 and number != "+442079460123":
                values[f"{call.cdr.call_id} {name}"] = number
    search = Search(Mark(*named) for named in values.items())
    site.sql("CHECKPOINT")
    tables = dump(site, folder / "dump")
    pages = pages_of_the_log(site, folder / "pages")
    in_data = search.tree(site.data)
    in_rows = search.tree(folder / "dump") | search.tree(folder / "pages")
    planted = folder / "planted"
    planted.write_bytes(os.urandom(500) + next(iter(values.values())).encode("utf-16-le") + os.urandom(500))
    return [
        _verdict("Nothing in clear in the data folder", in_data, f"{len(values)} values"),
        _verdict("Nothing in clear in the database", in_rows, f"{tables} tables, {pages} pages of the log"),
        ("The search finds what is planted", "pass" if search.file(planted) else "fail", ""),
    ]


__all__ = ["LINES", "run"]
