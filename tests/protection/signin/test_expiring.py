"""Certificates towards SAML providers: a finding a month before they end, told once, closed by a passing check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from callwarden.kernel import clock, findings
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.models import Finding, OutboxMessage
from callwarden.kernel.people import open_account
from callwarden.protection.signin import expiring, saml_keys
from callwarden.protection.signin.models import SamlKey
from callwarden.protection.signin.providers import Provider, Saml

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def time() -> Iterator[FrozenClock]:
    with clock.frozen(NOW) as frozen:
        yield frozen


def certificate(days: float) -> str:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id")])
    begun, ends = NOW - timedelta(days=400), NOW + timedelta(days=days)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begun, ends)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def pinned(settings, time: FrozenClock):
    def pin(*certificates: str) -> None:
        saml = Saml("https://id.example.com/", certificates)
        settings.CALLWARDEN_IDENTITY_PROVIDERS = {
            "group": Provider("group", "Group", "集团", "https://id.example.com", saml=saml),
            "company": Provider("company", "Company", "公司", "https://login.example.com"),
        }

    return pin


def put_right(finding: Finding) -> Finding:
    person = open_account(f"fixer-{finding.pk.hex[:8]}", roles=["agent"], actor="system")
    finding = findings.triage(finding, actor=person.actor, owner=person)
    finding = findings.start(finding, actor=person.actor)
    return findings.remedied(finding, actor=person.actor)


def test_nothing_is_said_of_a_certificate_that_lasts(pinned, time):
    pinned(certificate(31))
    assert expiring.look() == []
    time.advance(timedelta(days=2))
    (found,) = expiring.look()
    assert (found.kind, found.where, found.severity) == ("provider-certificate-ending", "provider:group", "high")
    assert found.data["ends"] == "2026-12-31"


def test_it_is_told_once_and_is_more_urgent_when_the_day_has_come(pinned, time):
    open_account("officer", roles=["security_administrator"], actor="system", email="officer@example.com")
    pinned(certificate(10))
    for _hour in range(5):
        (found,) = expiring.look()
        time.advance(timedelta(hours=1))
    assert Finding.objects.count() == 1
    assert OutboxMessage.objects.filter(template="finding-opened").count() == 1
    time.advance(timedelta(days=10))
    (found,) = expiring.look()
    assert found.severity == "critical"
    assert Finding.objects.count() == 1


def test_of_two_certificates_the_one_that_lasts_longer_counts(pinned):
    pinned(certificate(5), certificate(200))
    assert expiring.look() == []
    pinned(certificate(-5), certificate(12))
    (found,) = expiring.look()
    assert found.data["ends"] == "2026-12-12"
    assert found.severity == "high"


def test_saying_that_it_is_right_closes_nothing_while_the_old_one_is_pinned(pinned, time):
    pinned(certificate(5))
    (found,) = expiring.look()
    put_right(found)
    (again,) = expiring.look()
    assert again.pk == found.pk
    assert again.state == Finding.State.REMEDIATING


def test_a_passing_check_closes_it_once_the_next_certificate_is_there(pinned, time):
    pinned(certificate(5))
    (found,) = expiring.look()
    put_right(found)
    time.advance(timedelta(minutes=1))
    pinned(certificate(365))
    assert expiring.look() == []
    found.refresh_from_db()
    assert found.state == Finding.State.CLOSED
    assert found.closed_by_check.outcome == "pass"


def test_the_next_certificate_that_ends_is_a_finding_of_its_own(pinned):
    pinned(certificate(5))
    (first,) = expiring.look()
    pinned(certificate(20))
    (second,) = expiring.look()
    assert first.pk != second.pk


def test_this_sites_own_keys_are_watched_where_a_provider_knows_them(pinned, settings, time):
    pinned(certificate(3000))
    assert expiring.look() == []
    assert not SamlKey.objects.exists()
    saml_keys.published("signing")
    time.advance(saml_keys.LASTS - timedelta(days=29))
    (found,) = expiring.look()
    assert (found.kind, found.where) == ("own-certificate-ending", "saml_key:signing")
    saml_keys.replace("signing", actor="system")
    put_right(found)
    time.advance(timedelta(minutes=1))
    assert expiring.look() == []
    found.refresh_from_db()
    assert found.state == Finding.State.CLOSED


def test_without_a_saml_provider_there_is_nothing_to_watch(settings, time):
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {}
    assert expiring.look() == []
