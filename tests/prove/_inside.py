"""What a process of the site can do, asked from outside: `python -m tests.prove._inside QUESTION` with JSON on
standard input, one line of JSON as the answer. Run by `Running.inside` under the account, the database role and the
environment of a web process or worker.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django

Answer = Any
QUESTIONS: dict[str, Callable[..., Answer]] = {}


def question(function: Callable[..., Answer]) -> Callable[..., Answer]:
    QUESTIONS[function.__name__] = function
    return function


def main() -> None:
    django.setup()
    if sys.argv[1] not in QUESTIONS:
        import tests.prove._intruder  # noqa: F401  (adds its questions)
    try:
        answer = QUESTIONS[sys.argv[1]](**json.load(sys.stdin))
    except Exception as error:
        # The product's own errors hold no personal data, and say little by their message alone.
        sys.exit(f"{type(error).__name__} {getattr(error, 'code', '')} {getattr(error, 'data', '')}\n{_where()}")
    sys.stdout.write(json.dumps(answer) + "\n")


def _where() -> str:
    import traceback

    return traceback.format_exc()[-1500:]


def reviewer(username: str = "prove.reviewer") -> Any:
    """A quality reviewer with a session that was just opened."""
    import uuid
    from datetime import timedelta

    from callwarden.flows.actors import Actor
    from callwarden.kernel import clock
    from callwarden.kernel.models import Session, User

    user, _created = User.objects.get_or_create(username=username, defaults={"roles": ["quality_reviewer"]})
    now = clock.now()
    login = Session.objects.create(
        user=user,
        key=uuid.uuid4().bytes,
        created_at=now,
        last_seen_at=now,
        mfa_at=now,
        expires_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
    )
    return Actor.person(user, login)


def heard(actor: Any, call: Any) -> tuple[Any, bytes]:
    """A call as the door gives it to somebody who may listen: its view, and its sound as one WAV."""
    from callwarden.flows import playback
    from callwarden.flows.calls import open_call

    view = open_call(actor, call, purpose="quality")
    grant = playback.permit_to_play(actor, call, purpose="quality")
    sound = playback.sound_of(grant.permit, call.client_id)
    wave = bytearray()
    while len(wave) < sound.size:
        wave += playback.read(grant, sound, len(wave), sound.size)
    return view, bytes(wave)


def _samples(wave: bytes) -> Any:
    import io

    import soundfile

    return soundfile.read(io.BytesIO(wave), dtype="int16", always_2d=True)


def _call(line: str, call_id: str) -> Any:
    from callwarden.custody.models import Call, Line
    from callwarden.custody.scope import client_scope
    from callwarden.flows.take_in import call_reference

    of = Line.objects.get(slug=line)
    with client_scope(of.client_id):
        return Call.objects.filter(line=of, reference=call_reference(of, call_id)).first()


@question
def listen(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Open each call through the door.

    Args:
        calls: line, call_id, `windows` (channel, start and end in ms) that must be silent.

    Returns:
        Each call's redaction state, the texts of its turns, the loudest sample inside the windows, its frames.
    """
    import numpy as np

    actor = reviewer()
    answers = []
    for told in calls:
        call = _call(told["line"], told["call_id"])
        if call is None or call.redaction != "done":
            answers.append({"state": call.redaction if call else "absent"})
            continue
        view, wave = heard(actor, call)
        samples, rate = _samples(wave)
        loudest = 0
        for channel, start, end in told["windows"]:
            part = samples[int(start * rate / 1000) : int(end * rate / 1000), channel]
            loudest = max(loudest, int(np.abs(part.astype(int)).max(initial=0)))
        answers.append(
            {"state": "done", "turns": [turn.text for turn in view.turns], "loudest": loudest, "frames": len(samples)}
        )
    return answers


@question
def wave(line: str, call_id: str) -> dict[str, Any]:
    """One call's redacted sound (WAV as base64), texts, and the published marks of what was removed."""
    import base64

    call = _call(line, call_id)
    if call is None or call.redaction != "done":
        return {"state": call.redaction if call else "absent"}
    view, sound = heard(reviewer(), call)
    return {
        "state": "done",
        "wave": base64.b64encode(sound).decode(),
        "turns": [turn.text for turn in view.turns],
        "marks": [dict(mark) for mark in view.sound],
    }


@question
def verify_rows() -> list[str]:
    """Faults of the ledger, its tiles and the rows people read, checked against each other."""
    from callwarden.flows import trail

    return list(trail.verify().faults)


@question
def sealed_objects() -> dict[str, int]:
    """Every live record's object against what is known of it."""
    import hashlib
    from pathlib import Path

    from django.conf import settings

    from callwarden.custody.models import Client, Record
    from callwarden.custody.scope import client_scope

    folder = Path(settings.DATA_DIR) / "objects"
    live, wrong = set(), 0
    for client in Client.objects.values_list("id", flat=True):
        with client_scope(client):
            for record in Record.objects.exclude(state="destroyed").exclude(object_key=""):
                path = folder / record.object_key
                live.add(path)
                ok = path.is_file() and path.stat().st_size == record.sealed_size
                wrong += not (ok and hashlib.sha256(path.read_bytes()).digest() == bytes(record.sealed_digest))
    lying = {path for path in folder.rglob("*") if path.is_file()}
    return {
        "live": len(live),
        "wrong": wrong,
        "orphans": len([path for path in lying - live if path.suffix == ".cws"]),
        "unfinished": len([path for path in lying - live if path.suffix != ".cws"]),
    }


@question
def subject_of(customer_no: str) -> dict[str, str]:
    """Whose keys a customer's records lie under."""
    from callwarden.custody import indexes
    from callwarden.custody.models import Client, Customer
    from callwarden.custody.scope import client_scope
    from callwarden.flows.customers import normal_number

    client = Client.objects.values_list("id", flat=True).get()
    with client_scope(client):
        known = indexes.known_by(client, indexes.NUMBER, normal_number(customer_no))
        return {"client": str(client), "subject": str(Customer.objects.get(known).subject_id)}


@question
def erase_soon(client: str, subject: str) -> None:
    """Have a worker erase a person, as a request of theirs would."""
    from django.db import transaction

    from callwarden.flows import jobs

    with transaction.atomic():
        jobs.erase.defer(client=client, subject=subject, actor="system", reason="request")


if __name__ == "__main__":
    main()
