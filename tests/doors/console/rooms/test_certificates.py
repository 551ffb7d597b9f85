"""Certificates are read by whoever oversees, and taken away with their proof."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.custody.ledger.sequencer import verifier_key
from callwarden.engines.ledger.certificate_verifier import verify_certificate
from callwarden.flows import certificates, ended
from callwarden.lawful.certificates.models import Certificate
from tests.flows.centre_of_controls import record_on, sequence
from tests.flows.test_certificates import cleared


@pytest.fixture
def certificate(centre, line) -> Certificate:
    cleared(record_on(line))
    assert ended.certify() == 1
    return Certificate.objects.get()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_certificate_says_what_went_and_what_it_does_not_cover(person, certificate, language):
    auditor = person("auditor")
    auditor.browser.cookies["django_language"] = language
    page = auditor.get(reverse("console:certificates"))
    assert certificate.digest[:16] in page.content.decode()
    sequence()
    page = auditor.get(reverse("console:certificate", args=[certificate.pk]))
    assert page.context["verdict"][1] == []
    assert ("Backups" if language == "en" else "备份") in page.content.decode()


def test_before_the_log_has_signed_it_nobody_says_that_it_holds(person, certificate):
    page = person("auditor").get(reverse("console:certificate", args=[certificate.pk]))
    assert "Not measured" in page.content.decode()
    assert person("auditor").get(reverse("console:certificate_file", args=[certificate.pk])).status_code == 404


def test_the_downloaded_file_verifies(person, certificate):
    sequence()
    answer = person("team_leader").get(reverse("console:certificate_file", args=[certificate.pk]))
    assert verify_certificate(answer.content, [verifier_key()]).verified


@pytest.mark.parametrize(("told", "words"), [({"certainty": "general"}, "General knowledge"), ({}, "Uncertain")])
def test_what_stays_is_shown_with_how_sure_its_provision_is(person, certificate, monkeypatch, told, words):
    """Certificates from before it was told are not taken for certain."""
    stays = {"provision": "pipl:69", "records": 1, "review_on": "2029-11-30", **told}
    content = {**certificates.content(certificate), "exempt": [stays]}
    monkeypatch.setattr(certificates, "content", lambda _one: content)
    assert words in person("auditor").get(reverse("console:certificate", args=[certificate.pk])).content.decode()


def test_an_agent_has_no_business_there(person, certificate):
    assert person("agent").get(reverse("console:certificates")).status_code == 403
