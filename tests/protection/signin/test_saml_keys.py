"""The site's own keys towards SAML providers: sealed at rest, replaced with an overlap, destroyed after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.db import IntegrityError, transaction

from callwarden.custody.models import LedgerPending
from callwarden.kernel import clock
from callwarden.protection.signin import saml_keys
from callwarden.protection.signin.models import SamlKey
from callwarden.protection.signin.saml_keys import OVERLAP, Use

pytestmark = pytest.mark.django_db


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    then = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: then)


def public(certificate: str) -> object:
    return x509.load_pem_x509_certificate(certificate.encode()).public_key()


def test_each_use_has_a_key_of_its_own_made_once_and_on_record():
    first = saml_keys.signing()
    assert first is not None
    assert first.private.public_key() == public(first.certificate)
    assert first.private.key_size >= 3072
    assert saml_keys.published(Use.SIGNING) == (first.certificate,)
    assert saml_keys.opening()[0].public_key() == public(saml_keys.published(Use.ENCRYPTION)[0])
    assert saml_keys.opening()[0].public_key() != first.private.public_key()
    assert SamlKey.objects.count() == 2
    assert sum(b"people:saml_key:made" in bytes(row.body) for row in LedgerPending.objects.all()) == 2


def test_a_copy_of_the_database_holds_no_private_key(settings):
    pair = saml_keys.signing()
    row = SamlKey.objects.get()
    for start in range(64):
        with pytest.raises((ValueError, TypeError)):
            load_der_private_key(bytes(row.private)[start:], None)
    number = pair.private.private_numbers().p
    assert number.to_bytes((number.bit_length() + 7) // 8, "big") not in bytes(row.private)
    settings.SECRET_KEY = "another site's secret"
    assert saml_keys.signing() is None
    saml_keys.replace(Use.SIGNING, actor="system", at_once=True)
    assert saml_keys.signing() is not None


def test_a_sealed_key_put_into_another_row_opens_nothing():
    saml_keys.signing()
    saml_keys.opening()
    sealed = SamlKey.objects.get(use=Use.SIGNING).private
    SamlKey.objects.filter(use=Use.ENCRYPTION).update(private=sealed)
    assert saml_keys.opening() == ()


def test_a_replaced_key_goes_on_for_the_overlap_and_is_destroyed_after(monkeypatch):
    old = {use: saml_keys.published(use) for use in Use.values}
    for use in Use.values:
        saml_keys.replace(use, actor="system")
    # Of those that open providers are told the newest alone, and both open.
    assert saml_keys.published(Use.ENCRYPTION) != old[Use.ENCRYPTION]
    assert len(saml_keys.published(Use.ENCRYPTION)) == 1
    assert [key.public_key() for key in saml_keys.opening()] == [
        public(saml_keys.published(Use.ENCRYPTION)[0]),
        public(old[Use.ENCRYPTION][0]),
    ]
    # Of those that sign both are told, and the former signs until it goes.
    assert saml_keys.published(Use.SIGNING)[:1] == old[Use.SIGNING]
    assert len(saml_keys.published(Use.SIGNING)) == 2
    assert saml_keys.signing().certificate == old[Use.SIGNING][0]

    assert saml_keys.forget() == 0
    later(monkeypatch, OVERLAP + timedelta(seconds=1))
    assert len(saml_keys.opening()) == 1
    assert saml_keys.signing().certificate == saml_keys.published(Use.SIGNING)[0] != old[Use.SIGNING][0]
    assert saml_keys.forget() == 2
    assert SamlKey.objects.count() == 2


def test_a_key_in_wrong_hands_counts_no_more_from_that_moment():
    stolen = saml_keys.published(Use.ENCRYPTION)
    saml_keys.replace(Use.ENCRYPTION, actor="system")
    saml_keys.replace(Use.ENCRYPTION, actor="system", at_once=True)
    assert len(saml_keys.opening()) == 1
    assert public(stolen[0]) not in [key.public_key() for key in saml_keys.opening()]
    assert SamlKey.objects.filter(use=Use.ENCRYPTION).count() == 1


def test_there_is_one_newest_key_whoever_races():
    saml_keys.signing()
    row = SamlKey.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SamlKey.objects.create(use=row.use, certificate="x", private=b"x", made_at=clock.now())
