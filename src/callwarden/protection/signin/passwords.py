"""Passwords of people: what the profile asks of a new one, which came before, and when one has to be changed.

    passwords.replace(user, raw, actor=user.actor)              # by themselves
    written = passwords.reset(user, actor=admin.actor)          # by an administrator: shown once, changed at sign-in
    why = passwords.due(user)                                   # None, or why it has to be changed now

Django calls the validators here from its settings, so that every way to set a password asks the same.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Literal

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from callwarden.engines.seal import Key, SealError, Suite, open_bytes, seal_bytes
from callwarden.kernel import clock, journal, sessions
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin import devices, profiles
from callwarden.protection.signin.guessable import is_guessable
from callwarden.protection.signin.models import PasswordChange

Due = Literal["given", "old"]
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Said aloud or copied from a slip: no letter that looks like another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"


def has_factor(user: User) -> bool:
    """Whether a second factor is set up; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=_FACTORS).exists())


def least_length(user: User | None) -> int:
    """How long a password of this person must be: one that stands alone must be longer."""
    profile = profiles.present()
    return profile.with_factor if user is not None and has_factor(user) else profile.alone


class LengthAndClasses:
    """Least length by profile, and the classes of characters where the profile asks for them."""

    def validate(self, password: str, user: User | None = None) -> None:
        least, profile = least_length(user), profiles.present()
        if len(password) < least:
            raise ValidationError(
                ngettext(
                    "Too short. Use at least %(least)d character; several words together are easy to remember.",
                    "Too short. Use at least %(least)d characters; several words together are easy to remember.",
                    least,
                ),
                code="password_too_short",
                params={"least": least},
            )
        if profiles.classes_in(password) < profile.classes:
            raise ValidationError(
                _("Use at least %(classes)d of these: small letters, capitals, digits, signs."),
                code="password_classes",
                params={"classes": profile.classes},
            )

    def get_help_text(self) -> str:
        profile = profiles.present()
        if profile.classes:
            return _("At least %(least)d characters with %(classes)d of: small letters, capitals, digits, signs.") % {
                "least": profile.with_factor,
                "classes": profile.classes,
            }
        return _("At least %(least)d characters; %(alone)d while you have no second factor.") % {
            "least": profile.with_factor,
            "alone": profile.alone,
        }


class NotGuessable:
    """Refuses what attackers try first: common words with decoration, repetitions, sequences, one's own name."""

    def validate(self, password: str, user: User | None = None) -> None:
        own = {user.username.casefold()} if user is not None and user.username else set()
        if is_guessable(password, own):
            raise ValidationError(
                _("This password is among the first that attackers try. Choose other words."), code="password_guessable"
            )

    def get_help_text(self) -> str:
        return _("No common word, repetition or sequence.")


class NotUsedBefore:
    """Refuses the present password, and as many former ones as the profile asks."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user._state.adding:
            return
        former = [user.password, *_former(user)] if user.has_usable_password() else _former(user)
        if any(check_password(password, one) for one in former):
            raise ValidationError(_("You have used this password before. Choose another."), code="password_used")

    def get_help_text(self) -> str:
        return _("No password that you used lately.")


@transaction.atomic
def replace(user: User, raw: str, *, actor: str, given: bool = False) -> None:
    """Set a validated password. The former one is remembered as a sealed hash, as long as the profile asks for.

    Args:
        given: somebody else chose it, so it has to be changed at the next sign-in.
    """
    User.objects.select_for_update().get(pk=user.pk)
    keep = profiles.present().former
    before = user.password if keep and user.has_usable_password() else ""
    user.set_password(raw)
    user.save(update_fields=["password"])
    PasswordChange.objects.create(
        user=user, at=clock.now(), given=given, former=_sealed(user, before) if before else None
    )
    for row in PasswordChange.objects.filter(user=user).order_by("-at")[max(keep, 1) :]:
        row.delete()
    event = Event.PASSWORD_RESET if given else Event.PASSWORD_CHANGED
    journal.record(Entry(event=event, actor=actor, data={"person": user.actor}))


@transaction.atomic
def reset(user: User, *, actor: str) -> str:
    """Give somebody a new password for one sign-in: every session ends, no device counts as known any more."""
    raw = "-".join("".join(secrets.choice(_ALPHABET) for _place in range(5)) for _part in range(4))
    replace(user, raw, actor=actor, given=True)
    devices.forget(user, actor=actor)
    sessions.revoke_all(user, actor=actor, reason="password_reset")
    return raw


def set_at(user: User) -> datetime:
    """When the present password was set."""
    newest = PasswordChange.objects.filter(user=user).order_by("-at").first()
    return newest.at if newest else user.date_joined


def due(user: User) -> Due | None:
    """Why the password has to be changed now: somebody else gave it, or it is too old. None: it may stay."""
    if not user.has_usable_password():
        return None
    profile = profiles.present()
    newest = PasswordChange.objects.filter(user=user).order_by("-at").first()
    if (newest is None and profile.own_first) or (newest is not None and newest.given):
        return "given"
    since = newest.at if newest else user.date_joined
    return "old" if profile.max_age is not None and clock.now() - since > profile.max_age else None


def _former(user: User) -> list[str]:
    """Hashes of former passwords, newest first. What was sealed under another key of the site opens no more."""
    keep = profiles.present().former
    rows = PasswordChange.objects.filter(user=user, former__isnull=False).order_by("-at")[:keep]
    found = []
    for row in rows:
        try:
            found.append(open_bytes(_key(), bytes(row.former or b""), record_id=_place(user)).decode())
        except SealError:
            continue
    return found


def _sealed(user: User, verifier: str) -> bytes:
    return seal_bytes(_key(), verifier.encode(), record_id=_place(user))


def _place(user: User) -> bytes:
    return keyed("former-password-place", str(user.pk))[:16]


def _key() -> Key:
    return Key(Suite.AES_256_GCM, keyed("former-password", "seal"))
