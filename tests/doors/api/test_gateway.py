"""Words go to a language model with tokens, and come back: while the person lets them, and to who sent them."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest

from callwarden.custody.destroy import destroy_subject
from callwarden.custody.models import LedgerPending, Record
from callwarden.custody.scope import client_scope
from callwarden.kernel import clock
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes.models import LinePurpose, Purpose
from callwarden.lawful.purposes.terms import Use
from callwarden.protection.signin.models import ServiceKey
from tests.doors.api.conftest import assert_says_nothing_of, open_line, program_for
from tests.repository.files import ROOT

NAME, PHONE = "王丽", "15412340001"
YES = {"purpose": "assistant", "method": "web", "state": "given", "at": "2026-03-01T10:00:00Z", "apart": True}
NO = YES | {"state": "withdrawn", "at": "2026-03-01T11:00:00Z"}
SAID = [
    {"speaker": "customer", "text": "我是王丽，换号了，现在用13812345678"},
    {"speaker": "agent", "text": "好的王丽女士，身份证后三位安全码739不用报"},
]


@pytest.fixture
def asked_line(line):
    helped(line)
    return line


def helped(line):
    """Let a line serve a purpose whose use by AI was assessed."""
    purpose = Purpose.objects.filter(slug="assistant").first()
    if purpose is None:
        purpose = Purpose.objects.create(slug="assistant", name="a", name_zh="a", use=Use.AI_PROCESSING)
        purpose.assessment = Assessment.objects.create(
            purpose=purpose, number=1, covers="0" * 64, started_by="system", started_at=clock.now()
        )
        purpose.save()
        Purpose.machine.move(purpose, Purpose.State.ACTIVE, actor="system")
    LinePurpose.objects.create(line=line, purpose=purpose, ground="consent")


@pytest.fixture
def customer(program, asked_line):
    program.send("PUT", "/customers/A1", {"name": NAME, "phones": [PHONE]})
    program.send("POST", "/consents", YES | {"customer_no": "A1"})
    return "A1"


def send(program, *turns, about=None, **more):
    body = {"about": about or {"customer_no": "A1"}, "turns": list(turns) or SAID} | more
    return program.send("POST", "/gateway/pseudonymise", body)


def back(program, vault, *texts, **more):
    return program.send("POST", "/gateway/restore", {"vault": vault, "texts": list(texts)} | more)


def entries(kind):
    bodies = [bytes(body) for body in LedgerPending.objects.order_by("id").values_list("body", flat=True)]
    return [json.loads(body) for body in bodies if kind in body]


def test_the_model_sees_no_value_and_its_answer_has_them_again(program, customer, logged):
    answer = send(program)
    assert answer.status_code == 200, answer.content
    sent = answer.json()
    shown = " ".join(sent["texts"])
    assert not [value for value in (NAME, "13812345678", "739") if value in shown]
    assert sent["counts"]["PERSON"] >= 1
    assert answer["Cache-Control"] == "no-store"
    token = shown[shown.index("[PERSON") : shown.index("]") + 1]
    written = f"尊敬的{token.lower().replace('_', ' ')}，{sent['texts'][0]}"
    restored = back(program, sent["vault"], written)
    assert restored.status_code == 200, restored.content
    assert restored.json()["texts"] == [f"尊敬的{NAME}，{SAID[0]['text']}"]
    assert_says_nothing_of(["13812345678", NAME], answer, logged)


def test_known_values_of_the_person_become_tokens_without_any_cue(program, customer):
    (text,) = send(program, {"text": "丽王 王丽 15412340001"}).json()["texts"]
    assert NAME not in text
    assert PHONE not in text


def test_both_ways_stand_in_the_log_without_a_value(program, customer):
    vault = send(program).json()["vault"]
    back(program, vault, "x")
    (there,), (again,) = entries(b"redaction:text:pseudonymised"), entries(b"redaction:text:restored")
    assert there["data"]["vault"] == again["data"]["vault"]
    assert there["data"]["use"] == "ai_processing"
    assert there["subject"] == again["subject"]
    assert "person" in there["fields"]
    assert NAME not in json.dumps([there, again], ensure_ascii=False)
    assert len(entries(b"disclose:record:redact")) == 2


def test_without_a_yes_nothing_goes_and_after_a_no_nothing_comes_back(program, customer):
    vault = send(program).json()["vault"]
    program.send("POST", "/consents", NO | {"customer_no": customer})
    refused = back(program, vault, "x")
    assert (refused.status_code, refused.json()["code"]) == (403, "use_refused")
    assert refused.json()["data"]["reasons"] == ["consent_withdrawn"]
    assert send(program).json()["data"]["reasons"] == ["consent_withdrawn"]
    unknown = send(program, about={"customer_no": "B9"})
    assert unknown.json()["data"]["reasons"] == ["customer_unknown"]
    assert [entry["decision"] for entry in entries(b"redaction:text:restored")] == ["refuse"]


def test_a_vault_opens_for_the_key_and_line_it_was_made_for(program, customer, client, owner, asked_line):
    vault = send(program).json()["vault"]
    other_key = program_for(client, owner)
    other_line = open_line(client, "sales-zh")
    helped(other_line)
    for answer in (
        back(other_key, vault, "x", line=asked_line.slug),
        back(program, vault, "x", line=other_line.slug),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "vault_unusable")
    assert back(program, vault, "x", line=asked_line.slug).status_code == 200


def test_a_changed_vault_opens_nothing_and_asks_for_nothing(program, customer, asked_line):
    vault = send(program).json()["vault"]
    raw = bytearray(urlsafe_b64decode(vault.removeprefix("cwv1.")))
    end = len(raw)
    for place in (4, 40, 120, end // 2, end - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        answer = back(program, "cwv1." + urlsafe_b64encode(bytes(changed)).decode(), "x")
        assert (answer.status_code, answer.json()["code"]) == (422, "vault_unusable"), place
    # A head that names another record is seen through before anybody asks to open what it names.
    record = json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "big")])[4]
    with client_scope(asked_line.client_id):
        other = str(Record.objects.exclude(pk=record).first().pk)
    opened = len(entries(b"disclose:record:redact"))
    forged = bytes(raw).replace(record.encode(), other.encode())
    assert back(program, "cwv1." + urlsafe_b64encode(forged).decode(), "x").status_code == 422
    assert len(entries(b"disclose:record:redact")) == opened
    for junk in ("x", "cwv1.", "cwv1.AAAA", "cwv1.é", vault[:-8], vault + "AAAA"):
        assert back(program, junk, "x").status_code == 422, junk


def test_no_call_gives_back_what_another_call_hid(program, customer):
    one, other = send(program, {"text": "我是王丽"}).json(), send(program, {"text": "我是王丽"}).json()
    for vault, text in ((one["vault"], other["texts"][0]), (other["vault"], one["texts"][0])):
        answer = back(program, vault, text).json()
        assert (answer["texts"], answer["count"]) == ([text], 0)


def test_a_conversation_goes_on_with_its_tokens(program, customer):
    first = send(program, {"text": "我是王丽"}).json()
    second = send(program, {"text": first["texts"][0]}, {"text": "对，王丽"}, vault=first["vault"]).json()
    assert second["texts"][0] == first["texts"][0]
    assert second["texts"][1] == f"对，{first['texts'][0].removeprefix('我是')}"
    assert back(program, second["vault"], second["texts"][1]).json()["texts"] == ["对，王丽"]


def test_a_stream_is_restored_piece_by_piece(program, customer):
    sent = send(program, {"text": "我是王丽"}).json()
    token = sent["texts"][0].removeprefix("我是")
    first = back(program, sent["vault"], f"您好{token[:9]}", more=True).json()
    assert first == {"texts": ["您好"], "count": 0, "held": token[:9]}
    last = back(program, sent["vault"], first["held"] + token[9:] + "！").json()
    assert last == {"texts": ["王丽！"], "count": 1, "held": ""}


def test_a_vault_ends_with_its_time_and_with_its_person(program, customer, asked_line, monkeypatch):
    vault = send(program, minutes=5).json()["vault"]
    later = clock.now() + timedelta(minutes=6)
    with monkeypatch.context() as changed:
        changed.setattr("callwarden.flows.gateway.require_current_ledger", lambda: None)
        changed.setattr("callwarden.flows.gateway.clock.now", lambda: later)
        ended = back(program, vault, "x")
        assert (ended.status_code, ended.json()["code"]) == (403, "vault_ended")
    assert back(program, vault, "x").status_code == 200
    with client_scope(asked_line.client_id):
        record = Record.objects.select_related("subject").filter(customer__isnull=False).earliest("created_at")
        destroy_subject(record.subject, actor="system", reason="request")
    gone = back(program, vault, "x")
    assert (gone.status_code, gone.json()["code"]) == (403, "vault_gone")


def test_who_has_no_key_for_it_is_refused_and_too_much_is_too_much(program, customer, client, owner):
    scopes = [scope for scope in ServiceKey.Scope.values if scope != "gateway"]
    narrow = program_for(client, owner, scopes=scopes)
    assert send(narrow).json()["code"] == "scope_missing"
    many = [{"text": "x" * 150_000}] * 4
    assert send(program, *many).status_code == 413
    assert send(program, {"text": "x", "words": []}).status_code == 422


def test_nothing_is_given_out_while_the_log_is_behind(program, customer, monkeypatch):
    vault = send(program).json()["vault"]

    def behind() -> None:
        raise RuntimeError

    monkeypatch.setattr("callwarden.flows.gateway.require_current_ledger", behind)
    assert back(program, vault, "x").status_code == 500


@pytest.mark.parametrize("name", ["language-models.md", "language-models.zh-CN.md"])
def test_the_examples_of_the_guide_are_taken(program, customer, name):
    text = (ROOT / "docs" / "guides" / name).read_text(encoding="utf-8")
    there, again = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    sent = program.send("POST", "/gateway/pseudonymise", there.encode())
    assert sent.status_code == 200, sent.content
    assert "[PERSON_1_" in sent.json()["texts"][0]
    back = json.loads(again) | {"vault": sent.json()["vault"]}
    answer = program.send("POST", "/gateway/restore", back)
    assert answer.json()["texts"] == back["texts"]  # its letters are those of the guide's own vault
