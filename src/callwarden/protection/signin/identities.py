"""Who somebody is at an identity provider: linked once, by an administrator or by a verified address.

A provider never makes an account here, nor gives a role: whoever is not registered stays out, whatever it says. A link
binds the provider's own unchanging name of somebody (`sub`) as a keyed token; addresses and names change hands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock, journal, sessions
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.roles import SEPARATED
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import Identity
from callwarden.protection.signin.providers import Provider, providers

_LONGEST = 255
__all__ = ["Provider", "Told", "find_provider", "link", "of", "providers", "recognise", "unlink"]


@dataclass(frozen=True)
class Told:
    """What a provider said of somebody, verified: its signature, its audience, its time and that it answers us."""

    subject: str
    email: str = ""
    email_verified: bool = False
    factor: bool = False


def find_provider(slug: str) -> Provider:
    """Raises NotFound: there is none of this name."""
    try:
        return providers()[slug]
    except KeyError:
        raise NotFound("no_such_provider", _("There is no such way to sign in here. Go back to sign-in.")) from None


def recognise(provider: Provider, told: Told) -> User | None:
    """Whose sign-in this is. A first sign-in is linked where the site allows it; None: nobody here."""
    token = _token(provider, told.subject)
    found = Identity.objects.select_related("user").filter(provider=provider.slug, subject=token).first()
    if found is not None:
        Identity.objects.filter(pk=found.pk).update(used_at=clock.now())
        return found.user
    user = _by_address(provider, told)
    if user is not None:
        _link(user, provider, token, actor="door:console", how="email")
    return user


def _by_address(provider: Provider, told: Told) -> User | None:
    """The one active person with this verified address, who is no administrator and not linked yet."""
    address = told.email.strip().casefold()
    if not told.email_verified or address.rpartition("@")[2] not in provider.email_domains:
        return None
    found = list(User.objects.filter(email__iexact=address, is_active=True)[:2])
    if len(found) != 1 or SEPARATED.intersection(found[0].roles):
        return None
    linked = Identity.objects.filter(user=found[0], provider=provider.slug).exists()
    return None if linked else found[0]


def link(user: User, provider: Provider, subject: str, *, actor: str) -> Identity:
    """Link by the name the provider gives somebody.

    Raises:
        InvalidInput: no name.
        Conflict: the name, or this person, is linked already.
    """
    subject = subject.strip()
    if not 0 < len(subject) <= _LONGEST:
        raise InvalidInput("subject_missing", _("Enter the unchanging name that the provider gives this person."))
    return _link(user, provider, _token(provider, subject), actor=actor, how="administrator")


def _link(
    user: User, provider: Provider, token: bytes, *, actor: str, how: Literal["email", "administrator"]
) -> Identity:
    try:
        with transaction.atomic():
            made = Identity.objects.create(
                user=user, provider=provider.slug, subject=token, linked_at=clock.now(), how=how
            )
            facts = {"person": user.actor, "provider": provider.slug, "how": how}
            journal.record(Entry(event=Event.IDENTITY_LINKED, actor=actor, data=facts))
    except IntegrityError:
        raise Conflict("identity_linked", _("This is linked already. End the other link first.")) from None
    return made


@transaction.atomic
def unlink(identity: Identity, *, actor: str) -> None:
    """End a link, and with it every session of its person."""
    user = identity.user
    identity.delete()
    facts = {"person": user.actor, "provider": identity.provider}
    journal.record(Entry(event=Event.IDENTITY_UNLINKED, actor=actor, data=facts))
    sessions.revoke_all(user, actor=actor, reason="identity_unlinked")


def of(user: User) -> QuerySet[Identity]:
    return Identity.objects.filter(user=user).order_by("provider")


def _token(provider: Provider, subject: str) -> bytes:
    return keyed("identity", f"{len(provider.authority)}:{provider.authority}{subject}")
