"""Signing in by SAML: a real provider, run beside the tests, and one that lies."""

from __future__ import annotations

import html
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zlib import decompress

import pytest
import requests
from django.test import Client
from lxml import etree

from callwarden.custody.models import LedgerPending
from callwarden.doors.console.sso.saml import ASKED
from callwarden.kernel import clock, people
from callwarden.kernel.models import Session, User
from callwarden.protection.signin import identities, saml_keys
from callwarden.protection.signin.models import Identity, SamlKey, SpentAnswer
from callwarden.protection.signin.providers import Provider, Saml
from callwarden.protection.signin.saml.answers import FORMATS
from callwarden.protection.signin.saml.descriptions import describe, read_description
from tests.doors.console.signin_site import ACTIVATE, CODE, newcomer, person, quick, site
from tests.protection.signin import saml_answers as written

__all__ = ["quick", "site"]
pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.xdist_group("saml provider")]
START, ANSWER, METADATA = (f"/accounts/sso/group/{end}" for end in ("", "answer/", "metadata/"))
PROGRAM = Path(__file__).parents[2] / "saml_provider.py"
MFA = written.MFA
# What pysaml2 calls an address in basic names of attributes.
MAIL = "urn:mace:dir:attribute-def:mail"


def provider(entity_id: str, sign_in_url: str, *certificates: str, **more: object) -> Provider:
    names = ("name_id", "subject", "amr_named", "mail_named", "sign_out_url", "sign_out_answers_at")
    own = {name: more.pop(name) for name in names if name in more}
    saml = Saml(
        sign_in_url,
        certificates,
        str(own.get("name_id", "persistent")),
        subject=str(own.get("subject", "")),
        email=str(own.get("mail_named", "mail")),
        amr=str(own.get("amr_named", "")),
        sign_out_url=str(own.get("sign_out_url", "")),
        sign_out_answers_at=str(own.get("sign_out_answers_at", "")),
    )
    given: dict[str, object] = {"acr": (MFA,), "email_domains": ("example.com",)} | more
    return Provider("group", "Group account", "集团账号", entity_id, saml=saml, **given)  # type: ignore[arg-type]


# A real provider


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and folder of pysaml2, serving in a process of its own; it learns of us from our metadata alone."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed: make setup-test")
    folder = tmp_path_factory.mktemp("provider")
    (folder / "people.json").write_text("{}")
    ours = describe(
        entity_id=f"http://testserver{METADATA}",
        answers_at=f"http://testserver{ANSWER}",
        name_id=FORMATS["persistent"],
    )
    (folder / "site.xml").write_bytes(ours)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), str(port)], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + 120
        while not (folder / "ready").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "the provider did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def group(real, settings):
    """`group(name, mail=…, context=…)`: somebody's browser, signed in at the provider, which says this of them."""
    address, folder = real
    told = read_description((folder / "provider.xml").read_bytes())
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {
        "group": provider(
            told.entity_id,
            told.sign_in_url,
            *told.certificates,
            mail_named=MAIL,
            sign_out_url=told.sign_out_url,
            sign_out_answers_at=told.sign_out_answers_at,
        )
    }

    def become(name: str, *, mail: str = "", context: str = MFA, **more: object) -> requests.Session:
        known = json.loads((folder / "people.json").read_text())
        said = {"attributes": {"mail": [mail]} if mail else {}, "context": context, **more}
        (folder / "people.json").write_text(json.dumps({**known, name: said}))
        browser = requests.Session()
        browser.get(f"{address}/as/{name}/", timeout=20).raise_for_status()
        return browser

    return become


def go(there: requests.Session, here: Client, query: str = "") -> str:
    """From our sign-in page to the provider, whose page holds the answer."""
    away = here.get(f"{START}{query}")
    assert away.status_code == 302, away.content.decode()[:2000]
    page = there.get(away["Location"], timeout=20)
    assert page.status_code == 200, page.text[:2000]
    assert f'action="http://testserver{ANSWER}"' in page.text
    found = re.search(r'name="SAMLResponse" value="([^"]+)"', page.text)
    assert found
    return html.unescape(found[1])


def bring(here: Client, answer: str):
    """As a browser does: first without cookies, because another site sends it, then from our own page."""
    first = Client().post(ANSWER, {"SAMLResponse": answer})
    assert first.status_code == 200
    assert answer in html.unescape(first.content.decode())
    assert "sessionid" not in first.cookies
    return here.post(ANSWER, {"SAMLResponse": answer, "again": "1"})


def test_what_the_provider_learns_of_us_is_at_an_address(group):
    page = Client().get(METADATA)
    assert page["Content-Type"] == "application/samlmetadata+xml"
    root = etree.fromstring(page.content)
    assert root.get("entityID") == f"http://testserver{METADATA}"
    assert root[0].get("WantAssertionsSigned") == "true"
    assert root[0][-1].get("Location") == f"http://testserver{ANSWER}"


def test_the_sign_in_page_offers_the_provider_in_both_languages(group, settings):
    assert "Sign in with Group account" in Client().get("/accounts/login/").content.decode()
    browser = Client()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "集团账号" in browser.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("around", [False, True], ids=["assertion signed", "answer signed as well"])
def test_somebody_linked_by_an_address_of_a_trusted_domain_enters_with_the_factor_that_counts(group, around):
    user, here = person(email="alice@example.com"), Client()
    answer = bring(here, go(group("alice", mail="Alice@example.com", sign_response=around), here, "?next=/probe/"))
    assert answer["Location"] == "/probe/", answer.content.decode()
    assert here.get("/probe/").content.decode() == f"inside as {user.pseudonym}"
    assert Session.objects.get().mfa_at is not None
    assert Identity.objects.get().how == "email"
    events = [json.loads(bytes(row.body))["event"] for row in LedgerPending.objects.all()]
    assert "people:identity:linked" in events


def test_without_a_factor_that_counts_ours_is_asked_for(group):
    password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    person(email="bob@example.com", name="bob")
    here = Client()
    bring(here, go(group("bob", mail="bob@example.com", context=password), here))
    assert here.get("/probe/")["Location"] == ACTIVATE
    someone, other = newcomer("carol", email="carol@example.com"), Client()
    answer = bring(other, go(group("carol", mail="carol@example.com", context=password), other))
    assert answer["Location"] == CODE
    assert other.get("/probe/").status_code == 302
    assert other.post(CODE, {"code": someone.code()}).status_code == 302
    assert other.get("/probe/").status_code == 200


def test_the_link_outlives_the_address(group):
    user, here = person(email="dora@example.com", name="dora"), Client()
    bring(here, go(group("dora", mail="dora@example.com"), here))
    User.objects.filter(pk=user.pk).update(email="moved@example.com")
    again, taker = Client(), Client()
    bring(again, go(group("dora", mail="new@elsewhere.example"), again))
    assert again.get("/probe/").status_code == 200
    User.objects.filter(pk=user.pk).update(email="dora@example.com")
    assert bring(taker, go(group("mallory", mail="dora@example.com"), taker)).status_code == 403
    assert Identity.objects.count() == 1


@pytest.mark.parametrize("mail", ["", "erin@other.example", "nobody@example.com"])
def test_an_unknown_person_gets_no_account_and_no_session(group, mail):
    person(email="erin@example.com", name="erin")
    before, here = User.objects.count(), Client()
    answer = bring(here, go(group("erin", mail=mail), here))
    assert answer.status_code == 403
    assert "not registered here" in answer.content.decode()
    assert (User.objects.count(), Session.objects.count(), Identity.objects.count()) == (before, 0, 0)


def test_administrators_are_linked_by_an_administrator_alone(group):
    person(email="root@example.com", name="root", role="security_administrator")
    here = Client()
    assert bring(here, go(group("root", mail="root@example.com"), here)).status_code == 403
    assert not Identity.objects.exists()


def test_a_closed_account_stays_closed(group):
    user, here = person(email="fred@example.com", name="fred"), Client()
    bring(here, go(group("fred", mail="fred@example.com"), here))
    people.close_account(user, actor="system")
    assert here.get("/probe/").status_code == 302
    other = Client()
    assert bring(other, go(group("fred"), other))["Location"] == "/accounts/inactive/"
    assert other.get("/probe/").status_code == 302
    assert not [session for session in Session.objects.all() if session.revoked_at is None]


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(group):
    person(email="gina@example.com", name="gina")
    here, thief = Client(), Client()
    answer = go(group("gina", mail="gina@example.com"), here)
    assert bring(thief, answer).status_code == 403
    thief.get(START)
    assert thief.post(ANSWER, {"SAMLResponse": answer}).status_code == 403
    assert thief.get("/probe/").status_code == 302
    assert bring(here, answer).status_code == 302
    assert bring(here, answer).status_code == 403
    here.post("/accounts/logout/")
    assert bring(here, answer).status_code == 403


def test_a_session_by_saml_is_bound_to_its_browser_and_ends_for_both_when_its_cookie_travels(group):
    person(email="kim@example.com", name="kim")
    here = Client(HTTP_USER_AGENT="one")
    bring(here, go(group("kim", mail="kim@example.com"), here))
    assert here.get("/probe/").status_code == 200
    thief = Client(HTTP_USER_AGENT="another")
    thief.cookies = here.cookies
    assert thief.get("/probe/").status_code == 302
    assert here.get("/probe/").status_code == 302


def test_whose_factors_are_at_the_provider_shows_them_anew_there_for_a_dangerous_act(group):
    user, here = person(name="ines", email="ines@example.com", role="data_protection_officer"), Client()
    bring(here, go(group("ines", mail="ines@example.com"), here))
    Session.objects.filter(user=user).update(mfa_at=clock.now() - timedelta(hours=1))
    answer = here.post("/protection/keys/clients/00000000-0000-0000-0000-000000000000/turn/")
    assert answer["Location"] == f"{START}?fresh=1&next=%2Foverview%2F"
    assert question(here, "?fresh=1").get("ForceAuthn") == "true"
    assert bring(here, go(group("ines"), here, "?fresh=1&next=/probe/"))["Location"] == "/probe/"
    newest = Session.objects.filter(user=user, revoked_at=None).get()
    assert clock.now() - newest.mfa_at < timedelta(seconds=30)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_planted_address_to_go_on_to_is_not_followed(group, target):
    person(email="jo@example.com", name="jo")
    here = Client()
    assert bring(here, go(group("jo", mail="jo@example.com"), here, f"?next={target}"))["Location"] == "/"


# A provider that lies


@pytest.fixture
def liar(settings) -> Provider:
    """A provider whose key the test holds; `alice-7` is linked."""
    made = provider(written.ISSUER, "https://id.example.com/sso?tenant=1", written.key_pair("provider")[1])
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": made}
    identities.link(person("alice"), made, "alice-7", actor="system")
    return made


def question(here: Client, query: str = "") -> etree._Element:
    """What is asked of the provider."""
    away = here.get(f"{START}{query}")["Location"]
    packed = b64decode(parse_qs(urlsplit(away).query)["SAMLRequest"][0])
    return etree.fromstring(decompress(packed, -15))


def lie(here: Client, *, query: str = "", **changed: object):
    """Ask, and bring an answer that says something else."""
    asked = question(here, query).get("ID")
    raw = written.answer(clock.now(), **{"asked": asked, "id": f"_{asked}", **changed})
    return here.post(ANSWER, {"SAMLResponse": b64encode(raw).decode()})


def test_an_honest_answer_opens_the_door_and_nothing_it_says_is_stored(liar):
    here = Client()
    assert lie(here)["Location"] == "/"
    assert here.get("/probe/").status_code == 200
    assert "alice-7" not in json.dumps(dict(here.session.items()))
    assert not here.session[ASKED]


def test_a_question_says_who_asks_and_where_the_answer_goes(liar, settings):
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {
        "group": provider(written.ISSUER, "https://id.example.com/sso?tenant=1", acr_values=(MFA,))
    }
    here = Client()
    assert here.get(START)["Location"].startswith("https://id.example.com/sso?tenant=1&SAMLRequest=")
    asked = question(here)
    assert asked.get("AssertionConsumerServiceURL") == f"http://testserver{ANSWER}"
    assert asked.findtext("{*}Issuer") == f"http://testserver{METADATA}"
    assert asked.find("{*}NameIDPolicy").get("Format") == FORMATS["persistent"]
    assert asked.findtext("{*}RequestedAuthnContext/{*}AuthnContextClassRef") == MFA
    assert asked.get("ForceAuthn") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"audience": "https://another.example/"},
        {"recipient": "https://another.example/"},
        {"issuer": "https://another.example/"},
        {"ends": -120},
        {"confirmed_until": -120},
        {"issued": -3600},
        {"asked": "_another"},
        {"format": FORMATS["email"]},
        {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
        {"name": "alice-8"},
        {"name": "alice-7.evil.example"},
    ],
    ids=str,
)
def test_an_answer_for_others_of_others_or_out_of_its_time_opens_nothing(liar, changed):
    here = Client()
    assert lie(here, **changed).status_code == 403
    assert here.get("/probe/").status_code == 302
    assert not Session.objects.exists()


def test_an_answer_that_nobody_asked_for_opens_nothing(liar):
    """No sign-in begins at the provider: whoever could plant its answer would choose who somebody else is here."""
    here = Client()
    raw = written.answer(clock.now())
    assert bring(here, b64encode(raw).decode()).status_code == 403
    here.get(START)
    assert here.post(ANSWER, {"SAMLResponse": b64encode(raw).decode()}).status_code == 403


def test_the_same_answer_opens_once_even_to_whoever_holds_the_question_twice(liar):
    """Two browsers with one web session's memory, as after a copied cookie: the second finds the answer used."""
    here = Client()
    asked = question(here).get("ID")
    kept = dict(here.session[ASKED])
    raw = b64encode(written.answer(clock.now(), asked=asked)).decode()
    assert here.post(ANSWER, {"SAMLResponse": raw}).status_code == 302
    other = Client()
    other.get(START)
    memory = other.session
    memory[ASKED] = kept
    memory.save()
    assert other.post(ANSWER, {"SAMLResponse": raw}).status_code == 403
    assert SpentAnswer.objects.count() == 1


def test_a_question_is_answered_within_a_quarter_of_an_hour_or_not_at_all(liar):
    here = Client()
    asked = question(here).get("ID")
    memory = here.session
    memory[ASKED] = {asked: memory[ASKED][asked] | {"at": clock.now().timestamp() - 901}}
    memory.save()
    raw = b64encode(written.answer(clock.now(), asked=asked)).decode()
    assert here.post(ANSWER, {"SAMLResponse": raw, "again": "1"}).status_code == 403


def test_used_answers_are_forgotten_when_nobody_would_accept_them_any_more(liar):
    lie(Client())
    SpentAnswer.objects.update(until=clock.now() - timedelta(seconds=1))
    lie(Client())
    assert SpentAnswer.objects.count() == 1


def test_a_fresh_proof_must_be_fresh(liar):
    for authenticated, expected in ((-3600, 403), (-400, 403), (-5, 302)):
        assert lie(Client(), query="?fresh=1", authenticated=authenticated).status_code == expected
    assert lie(Client(), authenticated=-3600).status_code == 302


@pytest.mark.parametrize(
    "answer", ["", "!", "PGEvPg==", "A" * 2_000_000], ids=["none", "no base64", "no answer", "long"]
)
def test_what_is_no_answer_is_told_so(liar, answer):
    here = Client()
    here.get(START)
    refused = here.post(ANSWER, {"SAMLResponse": answer})
    assert refused.status_code == 403
    assert "could not be accepted" in refused.content.decode()
    assert here.get(ANSWER).status_code == 405


def test_another_attribute_may_name_the_person_and_the_ways_they_signed_in(liar, settings):
    changed = provider(
        written.ISSUER,
        "https://id.example.com/sso",
        *liar.saml.certificates,
        subject="oid",
        amr_named="ways",
        amr=("multipleauthn",),
    )  # type: ignore[union-attr]
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": changed}
    identities.link(person("bob"), changed, "0007", actor="system")

    def said(**values: str) -> str:
        inside = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
            for name, value in values.items()
        )
        return f"<saml:AttributeStatement>{inside}</saml:AttributeStatement>"

    here = Client()
    assert lie(here, context="urn:x", attributes=said(oid="0007", ways="multipleauthn"))["Location"] == "/"
    assert here.get("/probe/").status_code == 200
    assert lie(Client(), name="0007", attributes=said(mail="x@example.com")).status_code == 403


def test_a_locked_account_is_entered_by_two_factors_of_the_provider_and_not_by_one(liar):
    from django.core.cache import cache

    for number in range(20):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post("/accounts/login/", {"login": "alice", "password": "x"})
        cache.clear()
    assert lie(Client(), context="urn:x").status_code == 429
    assert lie(Client()).status_code == 302


def test_the_other_protocol_is_not_spoken_with_it(liar):
    assert Client().get("/accounts/sso/group/callback/?code=c&state=s").status_code == 404
    for end in ("answer/", "metadata/"):
        assert Client().get(f"/accounts/sso/nobody/{end}").status_code in {404, 405}
    assert Client().post("/accounts/sso/nobody/answer/", {"SAMLResponse": "x"}).status_code == 404


# Encrypted assertions


@pytest.fixture
def encrypting(group, real, settings) -> Iterator[Provider]:
    """The real provider has read our metadata as they are now; the site takes encrypted assertions alone."""
    address, folder = real
    before = (folder / "site.xml").read_bytes()
    known = settings.CALLWARDEN_IDENTITY_PROVIDERS["group"]
    strict = replace(known, saml=replace(known.saml, encrypted_only=True))
    settings.CALLWARDEN_IDENTITY_PROVIDERS = {"group": strict}
    tell(real)
    yield strict
    (folder / "site.xml").write_bytes(before)
    requests.get(f"{address}/learn-anew", timeout=20).raise_for_status()


def tell(real: tuple[str, Path]) -> None:
    address, folder = real
    (folder / "site.xml").write_bytes(Client().get(METADATA).content)
    requests.get(f"{address}/learn-anew", timeout=20).raise_for_status()


def test_an_assertion_that_xmlsec_encrypted_for_us_opens_the_door_and_one_in_clear_does_not(group, encrypting):
    user, here = person(name="lea", email="lea@example.com"), Client()
    answer = go(group("lea", mail="lea@example.com", encrypt=True), here)
    assert b"EncryptedAssertion" in b64decode(answer)
    assert b"lea" not in b64decode(answer)
    assert bring(here, answer)["Location"] == "/", "refused"
    assert here.get("/probe/").content.decode() == f"inside as {user.pseudonym}"
    other = Client()
    assert bring(other, go(group("lea", mail="lea@example.com"), other)).status_code == 403
    assert other.get("/probe/").status_code == 302


def test_a_provider_that_still_has_the_former_key_signs_in_until_the_overlap_is_over(
    group, encrypting, real, monkeypatch
):
    person(name="mia", email="mia@example.com")
    saml_keys.replace(saml_keys.Use.ENCRYPTION, actor="system")
    here, late = Client(), Client()
    assert bring(here, go(group("mia", mail="mia@example.com", encrypt=True), here)).status_code == 302
    SamlKey.objects.exclude(until=None).update(until=clock.now())
    assert bring(late, go(group("mia", encrypt=True), late)).status_code == 403
    tell(real)
    assert bring(late, go(group("mia", encrypt=True), late)).status_code == 302


def test_a_key_replaced_at_once_opens_nothing_of_before(group, encrypting):
    person(name="nia", email="nia@example.com")
    here = Client()
    answer = go(group("nia", mail="nia@example.com", encrypt=True), here)
    saml_keys.replace(saml_keys.Use.ENCRYPTION, actor="system", at_once=True)
    assert bring(here, answer).status_code == 403
