"""What a small site can be asked: `python -m tests.protection.backup.inside QUESTION`, JSON in, a line of JSON out."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from datetime import timedelta
from typing import Any

import django


def fill(records: int, size: int = 5_000, days: int = 30) -> list[str]:
    """A client with its line, and records with sound, each of a subject of its own, kept for `days`."""
    from callwarden.custody.categories import Category
    from callwarden.custody.epochs import open_client
    from callwarden.custody.models import Line, Subject
    from callwarden.custody.put import Place, put
    from callwarden.custody.scope import client_scope
    from callwarden.custody.subjects import new_subject
    from tests.centre import basis_for

    client = open_client(slug="acme", name="Acme", actor="system")
    line, _created = Line.objects.get_or_create(
        client=client, slug="service", defaults={"name": "Service", "languages": ["zh"], "direction": "inbound"}
    )
    made = []
    for number in range(records):
        with client_scope(client.id):
            subject = new_subject(client.id, Subject.Kind.CALLER)
            record = put(
                basis_for(line, days=days),
                category=Category.RECORDING_REDACTED,
                subject=subject,
                write=lambda out, number=number: out.write(_sound(number, size)),
                place=Place(),
            )
        made.append(str(record.id))
    sequence()
    return made


def sequence() -> int:
    from callwarden.custody.ledger.sequencer import Sequencer

    return Sequencer().step()


def read(record: str) -> str:
    """SHA-256 of the plaintext, opened with a permit; or the code of the refusal."""
    from callwarden.custody import permits
    from callwarden.custody.mint import WITNESS
    from callwarden.custody.models import Client, Record
    from callwarden.custody.open import open_record
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import clock, journal
    from callwarden.kernel.errors import CallwardenError
    from callwarden.kernel.events import Event
    from callwarden.kernel.models import Session, User

    user, _created = User.objects.get_or_create(username="reader", defaults={"roles": ["quality_reviewer"]})
    now = clock.now()
    login = Session.objects.create(
        user=user, key=uuid.uuid4().bytes, created_at=now, last_seen_at=now,
        expires_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2),
    )  # fmt: skip
    client = Client.objects.get()
    with client_scope(client.id):
        found = Record.objects.get(pk=record)
        entry = journal.record(
            journal.Entry(
                event=Event.DISCLOSE_PLAY_REDACTED, actor=user.actor, session=login.id, records=(found.id,),
                purpose="quality", decision="allow",
            )
        )  # fmt: skip
        grant = permits.issue(
            WITNESS, principal=user.actor, session=login.id, action="play_redacted", purpose="quality",
            records={found.id: ()}, policy="test", entry=entry, lasts=timedelta(seconds=60), max_uses=1,
        )  # fmt: skip
    try:
        with client_scope(client.id):
            found = Record.objects.get(pk=record)
        return hashlib.sha256(open_record(grant, found).read()).hexdigest()
    except CallwardenError as error:
        return error.code


def read_as_if_opened(record: str) -> str:
    """As `read`, while somebody with the database says that this store was opened."""
    from callwarden.kernel import clock
    from callwarden.protection.backup.models import Restore

    Restore.objects.update(opened_at=clock.now())
    told = read(record)
    Restore.objects.update(opened_at=None)
    return told


def knows(record: str) -> bool:
    from callwarden.custody.models import Client, Record
    from callwarden.custody.scope import client_scope

    with client_scope(Client.objects.get().id):
        return Record.objects.filter(pk=record).exists()


def sound_digest(number: int, size: int = 5_000) -> str:
    return hashlib.sha256(_sound(number, size)).hexdigest()


def _sound(number: int, size: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * (size // 32)


def held_of(record: str) -> dict[str, str]:
    """What the database holds that leads to this record, in hex: wrapped keys and a search token (laid for this)."""
    import secrets

    from callwarden.custody.models import Client, DataKey, Record, SearchToken, SubjectKey
    from callwarden.custody.scope import client_scope

    with client_scope(Client.objects.get().id):
        found = Record.objects.get(pk=record)
        token = SearchToken.objects.create(client_id=found.client_id, record=found, token=secrets.token_bytes(16))
        return {
            "data key": bytes(DataKey.objects.get(record=found).wrapped).hex(),
            "subject key": bytes(SubjectKey.objects.get(subject=found.subject_id).wrapped).hex(),
            "search token": bytes(token.token).hex(),
            "object": found.object_key,
        }


def erase(record: str) -> int:
    from callwarden.custody.destroy import destroy_subject
    from callwarden.custody.models import Client, Record
    from callwarden.custody.scope import client_scope

    with client_scope(Client.objects.get().id):
        found = Record.objects.select_related("subject").get(pk=record)
        count = destroy_subject(found.subject, actor="system", reason="request")
    sequence()
    return count


def end_bucket(record: str) -> int:
    """End the retention bucket of this record, as if its week had come; its neighbours lie in other buckets."""
    from callwarden.custody.destroy import buckets_over, destroy_buckets
    from callwarden.custody.models import Client, Record
    from callwarden.custody.scope import client_scope

    client = Client.objects.get().id
    with client_scope(client):
        day = Record.objects.select_related("bucket").get(pk=record).bucket.expires_on
        ended = destroy_buckets(buckets_over(client, today=day), actor="system")
    sequence()
    return ended


def turn_epoch() -> str:
    """Turn the client's epoch to its end and end the old key, by two people, before its overlap is over."""
    from callwarden.custody.models import Client, Epoch
    from callwarden.custody.scope import client_scope
    from callwarden.kernel import approvals
    from callwarden.kernel.models import User
    from callwarden.protection.keys import epochs

    people()
    client = Client.objects.get().id
    with client_scope(client):
        old = Epoch.objects.get(client_id=client, state="active").id
    epochs.start_turn(client, actor="system")
    for _try in range(20):
        epochs.tend(seconds=5)
        with client_scope(client):
            if Epoch.objects.get(pk=old).state not in ("active", "turning"):
                break
    first, second = User.objects.get(username="first.officer"), User.objects.get(username="second.officer")
    asked = epochs.ask_to_destroy(old, requester=first, reason="the proof")
    approvals.approve(asked.pk, by=second)
    epochs.destroy_approved(asked.pk, by=first)
    sequence()
    with client_scope(client):
        return str(Epoch.objects.get(pk=old).state)


def people() -> list[str]:
    """Two security administrators and a reviewer who loses an account later; their passwords are their names."""
    from callwarden.kernel.people import open_account

    names = {"first.officer": "data_protection_officer", "second.officer": "security_administrator"}
    for name, role in names.items():
        open_account(name, roles=[role], actor="system", password=f"{name} and twelve more", display_name="X")
    return list(names)


def sign_opening() -> str:
    """One asks, the other approves; the number of the approval."""
    from callwarden.kernel import approvals
    from callwarden.kernel.models import User
    from callwarden.protection.backup.actions import ask_to_open
    from callwarden.protection.backup.queries import unopened

    restore = unopened()
    assert restore is not None
    first, second = User.objects.get(username="first.officer"), User.objects.get(username="second.officer")
    asked = ask_to_open(restore, requester=first, reason="the disk is gone")
    approvals.approve(asked.pk, by=second)
    return str(asked.pk)


def open_alone() -> str:
    from callwarden.kernel import approvals
    from callwarden.kernel.errors import CallwardenError
    from callwarden.kernel.models import User
    from callwarden.protection.backup.actions import ask_to_open
    from callwarden.protection.backup.queries import unopened

    first = User.objects.get(username="first.officer")
    asked = ask_to_open(unopened(), requester=first, reason="I am in a hurry")
    try:
        approvals.approve(asked.pk, by=first)
    except CallwardenError as error:
        return error.code
    return "opened"


def open_signed(approval: str) -> str:
    from uuid import UUID

    from callwarden.kernel.models import User
    from callwarden.protection.backup.actions import open_restored
    from callwarden.protection.backup.queries import unopened

    restore = unopened()
    open_restored(UUID(approval), restore, by=User.objects.get(username="first.officer"))
    sequence()
    return "still closed" if unopened() else "open"


def close_account(username: str) -> None:
    from callwarden.kernel import people as accounts
    from callwarden.kernel.models import User

    accounts.close_account(User.objects.get(username=username), actor="system")
    sequence()


def is_active(username: str) -> bool:
    from callwarden.kernel.models import User

    return bool(User.objects.get(username=username).is_active)


def ledger_size() -> int:
    from callwarden.custody.models import LedgerEntry

    return LedgerEntry.objects.count()


def findings() -> list[str]:
    from callwarden.kernel.models import Finding

    return sorted(Finding.objects.exclude(state="closed").values_list("kind", flat=True))


def finding(kind: str) -> dict[str, Any] | None:
    from callwarden.kernel.models import Finding

    found = Finding.objects.filter(kind=kind).exclude(state="closed").first()
    return None if found is None else {"where": found.where, "data": found.data, "severity": found.severity}


def said() -> list[str]:
    """What the check of the command line and the console's control say of backups: outcome and words."""
    from callwarden.doors.cli.checks_outside import backups
    from callwarden.doors.console.backups.tables import tiles
    from callwarden.flows.controls.protection import backups as control

    return [str(backups()), str(control()), *(str(tile.state) for tile in tiles())]


def backup_without_looking_for_room() -> str:
    """The room was there when it was looked for, and is not any more."""
    from callwarden.kernel.errors import CallwardenError
    from callwarden.protection.backup import copying
    from callwarden.site import copies

    copying._require_room = lambda _server, _staging: None
    try:
        return copies.make_backup(copies.configured(make_key=True)).id
    except CallwardenError as error:
        return error.code


def drills() -> list[dict[str, Any]]:
    from callwarden.protection.backup.queries import drills as all_of_them

    return [
        {"state": one.state, "rpo": one.rpo_seconds, "rto": one.rto_seconds, "evidence": one.evidence,
         "checks": one.checks}
        for one in all_of_them()
    ]  # fmt: skip


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](**json.load(sys.stdin))) + "\n")
