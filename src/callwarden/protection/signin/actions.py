"""Making and ending service keys."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.custody import permits
from callwarden.custody.models import Client, Line
from callwarden.kernel import clock, endings, journal
from callwarden.kernel.errors import InvalidInput, Refused
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
    locked.revoked_at = clock.now()
    locked.save(update_fields=["revoked_at"])
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
