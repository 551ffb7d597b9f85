"""Making and ending service keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.custody import permits
from callwarden.custody.models import Client, Line
from callwarden.kernel import clock, endings, journal, people
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.kernel.structural import NotStructural, check_text
from callwarden.protection.signin import rules
from callwarden.protection.signin.models import ServiceKey
from callwarden.protection.signin.rules import Written

# The time of last use is written at most this often, or every request would be a write.
_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create(
    *,
    owner: User,
    purpose: str,
    scopes: Iterable[str],
    client: Client,
    lines: Iterable[Line] | None = None,
    networks: Iterable[str] = (),
    days: int = 90,
    actor: str,
) -> tuple[ServiceKey, Written]:
    """Make a key for a program. The written key is given once and kept nowhere.

    Raises:
        InvalidInput: scopes, life, networks or lines that cannot be.
        Refused: the owner's account is closed.
        Conflict: the program has two live keys already.
    """
    # Closing an account ends its keys under this lock, so none is made behind its back.
    if not User.objects.select_for_update(no_key=True).filter(pk=owner.pk, is_active=True).exists():
        raise Refused("account_closed", _("This account is closed. Name somebody else to answer for the key."))
    written, now = rules.fresh(), clock.now()
    chosen = None if lines is None else sorted((line for line in lines), key=lambda line: line.slug)
    if chosen is not None and (not chosen or any(line.client_id != client.id for line in chosen)):
        raise InvalidInput("line_of_another_client", _("Choose lines of the client the key is for."))
    try:
        check_text(purpose, where="purpose")
    except NotStructural:
        raise InvalidInput("bad_purpose", _("Say what the program does in one short name, like pbx-upload.")) from None
    _room_for_another(client.id, purpose[:50])
    key = ServiceKey.objects.create(
        prefix=written.prefix,
        secret=written.digest,
        owner=owner,
        purpose=purpose[:50],
        scopes=rules.check_scopes(scopes),
        client=client,
        lines=None if chosen is None else [line.id for line in chosen],
        networks=rules.check_networks(networks),
        created_at=now,
        expires_at=now + rules.check_life(days),
    )
    journal.record(
        journal.Entry(
            event=Event.SERVICE_KEY_CREATED,
            actor=actor,
            client=client.id,
            data={"key": str(key.id), "owner": owner.actor, "scopes": list(key.scopes), "purpose": key.purpose},
        )
    )
    return key, written


@transaction.atomic
def revoke(key: ServiceKey | UUID, *, actor: str, reason: str = "not_needed") -> bool:
    """End a key at once, and with it every permit it holds. False: it had been revoked already."""
    pk = key.pk if isinstance(key, ServiceKey) else key
    locked = ServiceKey.objects.select_for_update().get(pk=pk)
    if locked.revoked_at is not None:
        return False
    check_text(reason, where="reason")
    locked.revoked_at, locked.ended_for = clock.now(), reason[:50]
    locked.save(update_fields=["revoked_at", "ended_for"])
    permits.revoke_of_principal(locked.actor)
    journal.record(
        journal.Entry(
            event=Event.SERVICE_KEY_REVOKED,
            actor=actor,
            client=locked.client_id,
            reasons=(reason,),
            data={"key": str(locked.id)},
        )
    )
    return True


@transaction.atomic
def rotate(
    key: ServiceKey, *, actor: str, days: int = 90, overlap_days: int = rules.OVERLAP_DAYS
) -> tuple[ServiceKey, Written]:
    """Make the next key of the same program. The old one lives on for the overlap, never longer than it would have.

    Raises:
        Conflict: the program has two live keys, or this one has ended.
        Refused: the owner's account is closed.
        InvalidInput: life or overlap that cannot be.
    """
    overlap = rules.check_overlap(overlap_days)
    people.lock_active(key.owner_id)
    old = ServiceKey.objects.select_for_update(of=("self",)).select_related("owner", "client").get(pk=key.pk)
    now = clock.now()
    if not old.is_live(now):
        raise Conflict("key_ended", _("This key has ended. Make a new one for the program."))
    lines = None if old.lines is None else list(Line.objects.filter(id__in=old.lines))
    made, written = create(
        owner=old.owner,
        purpose=old.purpose,
        scopes=old.scopes,
        client=old.client,
        lines=lines,
        networks=old.networks,
        days=days,
        actor=actor,
    )
    old.expires_at = min(old.expires_at, max(now + overlap, old.created_at + timedelta(seconds=1)))
    old.save(update_fields=["expires_at"])
    _note(Event.SERVICE_KEY_ROTATED, old, actor, next=str(made.id), ends=old.expires_at.isoformat(timespec="seconds"))
    return made, written


@transaction.atomic
def hand_over(key: ServiceKey, *, to: User, actor: str) -> ServiceKey:
    """Let somebody else answer for a key: an act of its own, before its owner leaves. Afterwards the key has ended.

    Raises:
        Refused: the new owner's account is closed.
        Conflict: the key has ended.
    """
    # Both in one order: closing either account waits, and then finds the key where it belongs.
    for person in sorted({key.owner_id, to.pk}):
        User.objects.select_for_update(no_key=True).get(pk=person)
    locked = ServiceKey.objects.select_for_update(of=("self",)).select_related("owner").get(pk=key.pk)
    new = people.lock_active(to.pk)
    if not locked.is_live(clock.now()):
        raise Conflict("key_ended", _("This key has ended. Make a new one for the program."))
    if locked.owner_id != new.pk:
        before = locked.owner.actor
        locked.owner = new
        locked.save(update_fields=["owner"])
        _note(Event.SERVICE_KEY_HANDED_OVER, locked, actor, before=before, owner=new.actor)
    return locked


def end_idle(*, actor: str = "job:watch") -> int:
    """Disable every key that nobody has used for 30 days; how many."""
    since = clock.now() - rules.IDLE
    unused = ServiceKey.objects.filter(revoked_at=None, expires_at__gt=clock.now()).filter(
        Q(last_used_at__lt=since) | Q(last_used_at=None, created_at__lt=since)
    )
    ended = 0
    for pk in list(unused.values_list("pk", flat=True)):
        with transaction.atomic():
            # Used at this very moment: it stays.
            if unused.select_for_update(skip_locked=True).filter(pk=pk).exists():
                ended += revoke(pk, actor=actor, reason="idle")
    return ended


def live_of_program(client: UUID, purpose: str) -> QuerySet[ServiceKey]:
    """The keys a program may use now."""
    return ServiceKey.objects.filter(
        client=client, purpose=purpose, revoked_at=None, expires_at__gt=clock.now(), owner__is_active=True
    )


def _room_for_another(client: UUID, purpose: str) -> None:
    # Two who make keys for one program wait for each other here.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"service-key:{client}:{purpose}"])
    if live_of_program(client, purpose).count() >= rules.LIVE_AT_ONCE:
        raise Conflict(
            "two_live_keys",
            _("This program has two live keys. End the one it does not use any more, then make the next."),
        )


def _note(event: Event, key: ServiceKey, actor: str, **data: str) -> None:
    journal.record(journal.Entry(event=event, actor=actor, client=key.client_id, data={"key": str(key.id), **data}))


def note_use(key: ServiceKey) -> None:
    """Remember that the key was used just now, to the minute."""
    now = clock.now()
    if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
        ServiceKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _end_keys(person: User, actor: str, reason: str) -> int:
    """Keys end with the account of whoever answers for them, unless somebody else took them over before."""
    mine = ServiceKey.objects.filter(owner=person, revoked_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(revoke(key, actor=actor, reason=reason) for key in list(mine))


endings.register("service_keys", _end_keys)
