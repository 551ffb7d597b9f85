"""RFC 5424 messages in RFC 5425 frames: what is not read to the end by the receiver does not count as delivered."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.kernel.notify import DeliveryFailed
from callwarden.kernel.syslog import Message, Receipt, Receiver, Severity, deliver, framed
from tests.syslog_receiver import Certificate, frames, receiving, self_signed

AT = datetime(2026, 11, 29, 6, 7, 8, 9_999, tzinfo=UTC)
# RFC 5424 section 6, header and structured data.
GRAMMAR = re.compile(
    rb"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z)"
    rb" ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32})"
    rb' ((?:\[[a-z]+(?: [A-Za-z]+="(?:[^"\\\]]|\\["\\\]])*")*\])+|-) (.*)',
    re.DOTALL,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


def to(port: int, certificate: Certificate, **more: object) -> Receiver:
    return Receiver(host="127.0.0.1", port=port, ca_file=certificate.certificate, **more)  # type: ignore[arg-type]


def test_a_message_reads_as_the_standard_says() -> None:
    message = Message(at=AT, text='{"a": 1}', msgid="audit", index=41, severity=Severity.WARNING, host="centre-1")
    assert message.encode() == (
        b'<108>1 2026-11-29T06:07:08.009Z centre-1 callwarden - audit [meta sequenceId="42"]'
        b'[origin software="callwarden"] {"a": 1}'
    )


@given(text=st.text(), host=st.text(), app=st.text(), msgid=st.text(), index=st.none() | st.integers(0, 10**12))
def test_nothing_that_is_put_in_breaks_the_grammar(
    text: str, host: str, app: str, msgid: str, index: int | None
) -> None:
    text = text.encode("utf-8", "ignore").decode()
    app = app.encode("utf-8", "ignore").decode()
    read = GRAMMAR.fullmatch(Message(at=AT, text=text, msgid=msgid, host=host, app=app, index=index).encode())
    assert read is not None
    body = read.group(8)
    if not text.isascii():
        assert body.startswith(b"\xef\xbb\xbf")
        body = body[3:]
    assert body.decode() == text
    if index is not None:
        (number,) = re.findall(rb'sequenceId="(\d+)"', read.group(7))
        assert 1 <= int(number) <= 2_147_483_647


@given(st.lists(st.binary()))
def test_frames_are_read_back_whatever_is_in_them(messages: list[bytes]) -> None:
    assert frames(b"".join(framed(message) for message in messages)) == messages


def test_messages_arrive_in_order_over_tls(certificate: Certificate) -> None:
    sent = [Message(at=AT, text=json.dumps({"n": n, "t": "电话"}), msgid="audit", index=n) for n in range(500)]
    with receiving(certificate) as receiver:
        deliver(to(receiver.port, certificate), sent)
        assert receiver.messages == [message.encode() for message in sent]
        assert receiver.connections == 1


def test_a_receiver_that_goes_without_a_word_of_tls_gave_no_receipt(certificate: Certificate) -> None:
    with receiving(certificate) as receiver:
        receiver.close_rudely = True
        with pytest.raises(DeliveryFailed, match="no_receipt"):
            deliver(to(receiver.port, certificate), [b"one"])
        deliver(to(receiver.port, certificate, receipt=Receipt.ENDED), [b"two"])


def test_a_receiver_with_another_certificate_gets_nothing(certificate: Certificate, tmp_path: Path) -> None:
    other = self_signed(tmp_path, "other")
    with receiving(other) as receiver:
        with pytest.raises(DeliveryFailed, match="certificate_refused"):
            deliver(to(receiver.port, certificate), [b"one"])
        assert receiver.messages == []


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    elsewhere = self_signed(tmp_path, host="192.0.2.1")
    with receiving(elsewhere) as receiver, pytest.raises(DeliveryFailed, match="certificate_refused"):
        deliver(to(receiver.port, elsewhere), [b"one"])


def test_a_sender_shows_its_own_certificate_where_asked(certificate: Certificate, tmp_path: Path) -> None:
    own = self_signed(tmp_path, "own")
    with receiving(certificate, clients=own.certificate) as receiver:
        for _ in range(20):
            # The refusal comes when the first message may be on its way already.
            with pytest.raises(DeliveryFailed):
                deliver(to(receiver.port, certificate), [b"one"])
        deliver(to(receiver.port, certificate, certificate_file=own.certificate, key_file=own.key), [b"two"])
        assert receiver.messages == [b"two"]


def test_one_that_is_cut_off_in_the_middle_did_not_deliver(certificate: Certificate) -> None:
    with receiving(certificate) as receiver:
        receiver.reset_after = 1
        with pytest.raises(DeliveryFailed, match="cut_off"):
            deliver(to(receiver.port, certificate), [bytes(1000)] * 100)


def test_one_that_never_closes_gave_no_receipt(certificate: Certificate) -> None:
    with receiving(certificate) as receiver:
        receiver.keep_open = True
        with pytest.raises(DeliveryFailed, match="no_receipt"):
            deliver(to(receiver.port, certificate), [b"one"], timeout_s=0.2)
        deliver(to(receiver.port, certificate, receipt=Receipt.NONE), [b"two"], timeout_s=0.2)


def test_nobody_there_and_unreadable_files_have_their_own_names(certificate: Certificate) -> None:
    with receiving(certificate) as receiver:
        port = receiver.port
    with pytest.raises(DeliveryFailed, match="unreachable"):
        deliver(to(port, certificate), [b"one"], timeout_s=1)
    with pytest.raises(DeliveryFailed, match="certificate_unreadable"):
        deliver(Receiver(host="127.0.0.1", port=port, ca_file="/nowhere/ca.pem"), [b"one"])


def test_plain_text_stays_on_this_machine() -> None:
    with pytest.raises(DeliveryFailed, match="insecure"):
        deliver(Receiver(host="192.0.2.1", plain=True), [b"one"])
    with receiving(None) as receiver:
        deliver(Receiver(host="127.0.0.1", port=receiver.port, plain=True), [b"one", b"two"])
        assert receiver.messages == [b"one", b"two"]
