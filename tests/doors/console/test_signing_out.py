"""Signing out here and at a SAML provider: a real one, run beside the tests, and one that lies."""

from __future__ import annotations

import html
import json
import re
import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from lxml import etree

from callwarden.custody.models import LedgerPending
from callwarden.kernel import clock, sessions
from callwarden.kernel.models import Session
from callwarden.protection.signin import arrivals, identities, saml_keys
from callwarden.protection.signin.models import Arrival
from callwarden.protection.signin.providers import Provider
from callwarden.protection.signin.saml import leaving
from callwarden.protection.signin.saml.signatures import in_address
from tests.doors.console.signin_site import CODE, give_password, newcomer, person, quick, site
from tests.doors.console.test_saml_sign_in import (
    METADATA,
    bring,
    encrypting,
    go,
    group,
    lie,
    provider,
    real,
)
from tests.protection.signin import saml_answers as written
from tests.protection.signin.saml_leaving import HERE, outcome, query, wish

__all__ = ["encrypting", "group", "quick", "real", "site"]
pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.xdist_group("saml provider")]
LEAVE, OUT = "/accounts/sso/group/leave/", "/accounts/logout/"
SLO = "https://id.example.com/slo"


def events(name: str) -> list[dict[str, object]]:
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("pk")]
    return [one for one in told if one["event"] == f"people:{name}"]


def live() -> int:
    return Session.objects.filter(revoked_at=None).count()


def way_out(here: Client) -> str:
    """Sign out; the address at the provider to which the page leads."""
    page = here.post(OUT)
    assert page.status_code == 200, page.get("Location")
    found = re.search(r'href="([^"]+)"[^>]*data-go-on', page.content.decode())
    assert found
    return html.unescape(found[1])


# A provider whose key the test holds


@pytest.fixture
def liar(settings) -> Provider:
    made = provider(
        written.ISSUER,
        "https://id.example.com/sso",
        written.key_pair("provider")[1],
        sign_out_url=SLO,
        sign_out_answers_at=f"{SLO}/answers",
    )
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": made}
    for name in ("alice", "bob"):
        identities.link(person(name), made, f"{name}-7", actor="system")
    return made


def entered(name: str = "alice-7", index: str = "_s1", **more: str) -> Client:
    """A browser signed in by an answer that names a session of the provider."""
    here = Client(**more)
    assert lie(here, name=name, index=index)["Location"] == "/"
    return here


def told(document: etree._Element, **more: object):
    """The provider's browser detour brings a signed message."""
    return Client().get(f"{LEAVE}?{query(document, **more)}")  # type: ignore[arg-type]


def now_wish(**changed: object) -> etree._Element:
    return wish(clock.now(), **changed)


def test_signing_out_here_ends_the_session_first_and_tells_the_provider_signed(liar):
    here = entered()
    address = way_out(here)
    assert live() == 0
    assert here.get("/probe/").status_code == 302
    assert address.startswith(f"{SLO}?SAMLRequest=")
    certificates = saml_keys.published(saml_keys.Use.SIGNING)
    root = leaving.parsed(in_address(urlsplit(address).query, "SAMLRequest", certificates).document)
    assert root.findtext("{*}NameID") == "alice-7"
    assert root.findtext("{*}SessionIndex") == "_s1"
    assert root.findtext("{*}Issuer") == f"http://testserver{METADATA}"
    assert [one["data"]["provider"] for one in events("sign_out:sent")] == ["group"]

    answer = told(outcome(clock.now(), answers=root.get("ID")), name="SAMLResponse")
    assert answer["Location"] == "/accounts/login/"
    assert [one["data"]["outcome"] for one in events("sign_out:answered")] == ["ended"]
    assert not Arrival.objects.exists()


def test_a_provider_that_could_not_end_its_session_is_told_to_the_person(liar):
    here = entered()
    asked = leaving.parsed(
        in_address(urlsplit(way_out(here)).query, "SAMLRequest", saml_keys.published(saml_keys.Use.SIGNING)).document
    )
    failed = '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/>'
    document = outcome(clock.now(), answers=asked.get("ID"), status=failed)
    page = here.get(f"{LEAVE}?{query(document, name='SAMLResponse')}", follow=True)
    assert "still signed in there" in page.content.decode()
    assert [one["data"]["outcome"] for one in events("sign_out:answered")] == ["not_ended"]


def test_an_answer_nobody_waits_for_or_that_comes_again_is_refused(liar):
    here = entered()
    address = urlsplit(way_out(here)).query
    asked = leaving.parsed(in_address(address, "SAMLRequest", saml_keys.published("signing")).document).get("ID")
    assert told(outcome(clock.now(), answers="_another"), name="SAMLResponse").status_code == 403
    assert told(outcome(clock.now(), answers=asked), name="SAMLResponse", by="mallory").status_code == 403
    assert told(outcome(clock.now(), answers=asked), name="SAMLResponse").status_code == 302
    assert told(outcome(clock.now(), answers=asked), name="SAMLResponse").status_code == 403
    assert len(events("sign_out:answered")) == 1


@pytest.mark.parametrize("how", ["address", "posted"])
def test_the_provider_ends_the_session_it_names_and_gets_a_signed_answer(liar, how):
    mine, other, bobs = entered(index="_s1"), entered(index="_s2"), entered("bob-7", index="_s3")
    document = now_wish(indexes=("_s1",))
    if how == "address":
        answer = told(document, relay_state="back there")
    else:
        raw = b64encode(etree.tostring(written.signed(document))).decode()
        # Sent by another site's page: without our cookies, and without a token of ours.
        answer = Client(enforce_csrf_checks=True).post(LEAVE, {"SAMLRequest": raw, "RelayState": "back there"})
    assert mine.get("/probe/").status_code == 302
    assert other.get("/probe/").status_code == 200
    assert bobs.get("/probe/").status_code == 200
    assert answer["Location"].startswith(f"{SLO}/answers?SAMLResponse=")
    carried = in_address(urlsplit(answer["Location"]).query, "SAMLResponse", saml_keys.published("signing"))
    root = leaving.parsed(carried.document)
    assert carried.relay_state == "back there"
    assert (root.get("InResponseTo"), root.get("Destination")) == ("_w", f"{SLO}/answers")
    assert root.find("{*}Status/{*}StatusCode").get("Value").endswith(":Success")
    assert [(one["count"], one["data"]["provider"]) for one in events("sign_out:received")] == [(1, "group")]
    assert [one["data"]["reason"] for one in events("session:revoked")] == [arrivals.ENDED_THERE]


def test_without_an_index_every_session_of_the_person_by_this_provider_ends_and_no_other(liar):
    alices = [entered(index="_s1"), entered(index="_s2"), entered(index="")]
    bobs = entered("bob-7", index="_s3")
    own = Session.objects.get(pk=sessions.find(alices[0].session.session_key).pk).user
    by_password = sessions.open(own, "another web session", mfa=True)
    told(now_wish(indexes=()))
    assert [one.get("/probe/").status_code for one in alices] == [302, 302, 302]
    assert bobs.get("/probe/").status_code == 200
    by_password.refresh_from_db()
    assert by_password.revoked_at is None


def test_an_index_of_somebody_else_ends_nothing(liar):
    here = entered("bob-7", index="_s1")
    assert told(now_wish(name="alice-7", indexes=("_s1",))).status_code == 302
    assert here.get("/probe/").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://another.example/"},
        {"destination": "https://another.example/"},
        {"destination": HERE.replace("group", "other")},
        {"issued": -3600},
        {"ends": -120},
    ],
    ids=str,
)
def test_a_wish_of_others_for_others_or_out_of_its_time_ends_nothing(liar, changed):
    here = entered()
    answer = told(now_wish(**changed))
    assert answer.status_code == 403
    assert "could not be accepted" in answer.content.decode()
    assert here.get("/probe/").status_code == 200
    assert not events("sign_out:received")


def test_an_unsigned_wish_or_one_of_somebody_elses_key_ends_nothing(liar):
    here = entered()
    document = now_wish()
    bare = query(document).split("&SigAlg=")[0]
    assert Client().get(f"{LEAVE}?{bare}").status_code == 403
    assert told(document, by="mallory").status_code == 403
    for raw in (document, written.signed(now_wish(), by="mallory")):
        assert Client().post(LEAVE, {"SAMLRequest": b64encode(etree.tostring(raw)).decode()}).status_code == 403
    # A signature in the address covers nothing that is posted beside it.
    evil = b64encode(etree.tostring(now_wish())).decode()
    assert Client().post(f"{LEAVE}?{query(now_wish())}", {"SAMLRequest": evil}).status_code == 403
    assert here.get("/probe/").status_code == 200


def test_a_wish_that_was_fulfilled_counts_no_more(liar):
    document = query(now_wish(indexes=()))
    entered()
    assert Client().get(f"{LEAVE}?{document}").status_code == 302
    here = entered()
    assert Client().get(f"{LEAVE}?{document}").status_code == 403
    assert here.get("/probe/").status_code == 200


def test_an_assertion_of_a_sign_in_is_no_wish_to_sign_out(liar):
    here = entered()
    raw = written.answer(clock.now())
    assert Client().post(LEAVE, {"SAMLRequest": b64encode(raw).decode()}).status_code == 403
    assert here.get("/probe/").status_code == 200


@pytest.mark.parametrize("given", ["", "?SAMLRequest=x", "?SAMLResponse=x&SigAlg=y&Signature=z", "?RelayState=a"])
def test_what_is_no_message_is_told_so(liar, given):
    assert Client().get(f"{LEAVE}{given}").status_code == 403
    assert Client().get(LEAVE.replace("group", "nobody")).status_code == 404


def test_what_is_kept_of_the_provider_tells_nothing_and_goes_with_the_session(liar):
    entered(index="_s1-of-the-provider")
    row = Arrival.objects.get()
    for value in (row.subject, row.index, row.told):
        assert b"alice-7" not in bytes(value)
        assert b"_s1-of" not in bytes(value)
    assert arrivals.told(row)["name"] == "alice-7"
    assert arrivals.forget() == 0
    Session.objects.update(revoked_at=clock.now())
    assert arrivals.forget() == 1


def test_what_has_to_be_answered_is_kept_for_a_quarter_of_an_hour(liar):
    way_out(entered())
    row = Arrival.objects.get()
    assert not arrivals.told(row)
    assert arrivals.forget() == 0
    Arrival.objects.update(asked_at=clock.now() - arrivals.PATIENCE - timedelta(seconds=1))
    assert arrivals.forget() == 1


def test_where_the_site_keeps_the_providers_session_or_has_no_way_to_end_it_signing_out_is_ours_alone(liar, settings):
    for changed in (
        replace(liar, single_logout=False),
        replace(liar, saml=replace(liar.saml, sign_out_url="", sign_out_answers_at="")),
    ):
        settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": changed}
        here = entered()
        assert here.post(OUT).status_code == 302
        assert live() == 0
        other = entered(index="_s9")
        assert told(now_wish(indexes=("_s9",), id=f"_{time.monotonic_ns()}")).status_code == 302
        assert other.get("/probe/").status_code == 302
    assert not events("sign_out:sent")


def test_a_session_by_password_leads_nowhere_on_signing_out(liar):
    someone = newcomer("carol")
    assert someone.browser.post(OUT).status_code == 302
    assert not events("sign_out:sent")


def test_a_sign_in_by_the_provider_that_stopped_half_way_is_no_part_of_somebody_elses(liar):
    someone, other, here = newcomer("dora"), newcomer("erin"), Client()
    identities.link(someone.user, liar, "dora-7", actor="system")
    assert lie(here, name="dora-7", context="urn:x")["Location"] == CODE
    here.post(OUT)
    assert give_password(here, "erin")["Location"] == CODE
    assert here.post(CODE, {"code": other.code()}).status_code == 302
    assert here.get("/probe/").content.decode() == f"inside as {other.user.pseudonym}"
    assert not Arrival.objects.exists()


def test_a_half_finished_sign_in_is_ended_by_the_provider_too(liar):
    """Whoever has not shown the second factor yet has no session; the provider is answered all the same."""
    identities.link(newcomer("fay").user, liar, "fay-7", actor="system")
    here = Client()
    lie(here, name="fay-7", context="urn:x")
    assert here.get(f"{LEAVE}?{query(now_wish(name='fay-7', indexes=()))}").status_code == 302


# A real provider


def test_signing_out_here_ends_the_session_at_a_real_provider_which_answers(group, real):
    address, folder = real
    person(name="gus", email="gus@example.com")
    here, there = Client(), group("gus", mail="gus@example.com")
    bring(here, go(there, here))
    (folder / "site.xml").write_bytes(Client().get(METADATA).content)
    requests.get(f"{address}/learn-anew", timeout=20).raise_for_status()
    back = there.get(way_out(here), allow_redirects=False, timeout=20)
    assert back.status_code == 302, back.text[:2000]
    parts = urlsplit(back.headers["Location"])
    assert parts.path == LEAVE
    assert here.get(f"{parts.path}?{parts.query}")["Location"] == "/accounts/login/"
    assert [one["data"]["outcome"] for one in events("sign_out:answered")] == ["ended"]


@pytest.mark.parametrize("binding", ["redirect", "post"])
def test_a_real_provider_ends_the_session_here_and_takes_our_answer(group, real, binding):
    address, folder = real
    person(name="hal", email="hal@example.com")
    here, there = Client(), group("hal", mail="hal@example.com")
    bring(here, go(there, here))
    (folder / "site.xml").write_bytes(Client().get(METADATA).content)
    requests.get(f"{address}/learn-anew", timeout=20).raise_for_status()
    begun = there.get(f"{address}/leave/{binding}", allow_redirects=False, timeout=20)
    if binding == "redirect":
        parts = urlsplit(begun.headers["Location"])
        assert parts.path == LEAVE
        answer = Client().get(f"{parts.path}?{parts.query}")
    else:
        found = re.search(r'name="SAMLRequest" value="([^"]+)"', begun.text)
        assert found, begun.text[:2000]
        answer = Client().post(LEAVE, {"SAMLRequest": html.unescape(found[1])})
    assert answer.status_code == 302, answer.content.decode()
    assert here.get("/probe/").status_code == 302
    taken = requests.get(answer["Location"], timeout=20)
    assert taken.text == "urn:oasis:names:tc:SAML:2.0:status:Success"
