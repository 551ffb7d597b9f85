"""This site's own keys towards SAML providers: one to sign, one to open. Made when first asked for, sealed at rest.

    pair = saml_keys.signing()                       # the key that signs now, and its certificate
    keys = saml_keys.opening()                       # every key that opens
    saml_keys.replace(Use.ENCRYPTION, actor=...)     # the next one; the former counts for another thirty days

Providers learn of a new key from the metadata, and not at once. So a former key that opens goes on opening for the
overlap; and a former key that signs goes on signing, while the next one is published beside it. The private keys are
sealed like secrets of second factors, under a key of the site's secret: a copy of the database signs and opens nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID
from django.db import IntegrityError, transaction
from django.db.models import Q

from callwarden.engines.seal import Key, SealError, Suite, open_bytes, seal_bytes
from callwarden.kernel import clock, journal
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import SamlKey

log = logging.getLogger("callwarden.sign_in")
Use = SamlKey.Use
# Providers are told of a new key by hand, so they get a month for it.
OVERLAP = timedelta(days=30)
# Some providers refuse certificates out of their time. The key is replaced before (watch.py tells).
LASTS = timedelta(days=3 * 365)
_BITS = 3072


@dataclass(frozen=True)
class Pair:
    """A private key and the PEM of its certificate."""

    private: rsa.RSAPrivateKey = field(repr=False)
    certificate: str


def signing() -> Pair | None:
    """What signs now: of the keys that count the oldest, because that one every provider has been told of.

    None: they were sealed under another secret of the site, and have to be replaced at once.
    """
    return next(iter(_pairs(Use.SIGNING)), None)


def opening() -> tuple[rsa.RSAPrivateKey, ...]:
    """What opens now, the newest first."""
    return tuple(pair.private for pair in reversed(_pairs(Use.ENCRYPTION)))


def published(use: str) -> tuple[str, ...]:
    """Certificates that providers are to be told of: of those that sign all, of those that open only the newest."""
    found = [row.certificate for row in _counting(use)]
    return tuple(found if use == Use.SIGNING else found[-1:])


def counting() -> list[SamlKey]:
    """Every key that counts now, by use, the oldest first."""
    return [row for use in Use.values for row in _counting(use)]


def ends(row: SamlKey) -> datetime:
    """When its certificate ends."""
    return x509.load_pem_x509_certificate(row.certificate.encode()).not_valid_after_utc


@transaction.atomic
def replace(use: str, *, actor: str, at_once: bool = False) -> SamlKey:
    """Make the next key of a use.

    Args:
        at_once: the former one is in wrong hands and counts no more. Sign-in by providers that encrypt, and signing out
            at all of them, wait until they know the new one.
    """
    now = clock.now()
    former = SamlKey.objects.select_for_update().filter(Q(until=None) | Q(until__gt=now), use=use)
    if at_once:
        for row in former:
            row.delete()
    else:
        for row in former.filter(until=None):
            row.until = now + OVERLAP
            row.save(update_fields=["until"])
    return _make(use, actor=actor, reason="at_once" if at_once else "replaced")


def destroy_former(use: str, *, made_until: datetime) -> int:
    """Destroy the keys of a use that were there when the next one was made at once; how many."""
    return SamlKey.objects.filter(use=use, made_at__lte=made_until).delete()[0]


def forget() -> int:
    """Destroy keys whose overlap is over; how many."""
    return SamlKey.objects.filter(until__lte=clock.now()).delete()[0]


def _counting(use: str) -> list[SamlKey]:
    """Rows that count now, the oldest first. The first of all is made by whoever asks first."""
    rows = SamlKey.objects.filter(Q(until=None) | Q(until__gt=clock.now()), use=use).order_by("made_at")
    if found := list(rows):
        return found
    try:
        with transaction.atomic():
            _make(use, actor="door:console", reason="first")
    except IntegrityError:  # another process was quicker
        pass
    return list(rows.all())


def _make(use: str, *, actor: str, reason: str) -> SamlKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    row = SamlKey(use=use, certificate=_certificate(key), made_at=clock.now())
    written = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    row.private = seal_bytes(_key(), written, record_id=_place(row))
    row.save(force_insert=True)
    facts = {"key": str(row.pk), "use": str(use)}
    journal.record(Entry(event=Event.SAML_KEY_MADE, actor=actor, reasons=(reason,), data=facts))
    return row


def _certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Callwarden")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LASTS)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode("ascii")


def _pairs(use: str) -> list[Pair]:
    """The same with their private keys. What was sealed under another secret of the site opens no more."""
    found = []
    for row in _counting(use):
        try:
            written = open_bytes(_key(), bytes(row.private), record_id=_place(row))
        except SealError:
            log.error("saml_key_unreadable", extra={"key": str(row.pk)})
            continue
        private = load_der_private_key(written, None)
        assert isinstance(private, rsa.RSAPrivateKey)
        found.append(Pair(private, row.certificate))
    return found


def _place(row: SamlKey) -> bytes:
    return keyed("saml-key-place", row.pk.bytes)[:16]


def _key() -> Key:
    return Key(Suite.AES_256_GCM, keyed("saml-key", "seal"))
