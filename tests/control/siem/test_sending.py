"""Every entry reaches every receiver, in order, at least once; one that is down costs nothing and loses nothing."""

from __future__ import annotations

import base64
import glob
import json
import os
import socket
import subprocess
import threading
import time as real_time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest

from callwarden.control.siem import actions, rules, sending
from callwarden.control.siem.models import SiemReceiver
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import InvalidInput, Unavailable
from callwarden.kernel.events import Event
from callwarden.kernel.notify import DeliveryFailed, signature
from tests.control.siem.conftest import Log
from tests.syslog_receiver import Certificate, SyslogReceiver, receiving, self_signed

pytestmark = pytest.mark.django_db
State = SiemReceiver.State
OFFICER = str(UUID(int=7))
Configured = Callable[..., None]
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


def soc(port: int, certificate: Certificate, **more: Any) -> dict[str, Any]:
    return {"kind": "syslog", "host": "127.0.0.1", "port": port, "ca_file": certificate.certificate, **more}


def only() -> SiemReceiver:
    return SiemReceiver.objects.get()


def told(receiver: SyslogReceiver) -> list[dict[str, Any]]:
    """The OCSF objects that arrived."""
    return [json.loads(message.split(b"] ", 1)[1]) for message in receiver.messages]


def indices(receiver: SyslogReceiver) -> list[int]:
    return [each["metadata"]["sequence"] for each in told(receiver)]


def send(*, times: int = 1) -> None:
    """What the clock does every ten seconds, here and now."""
    actions.add_configured()
    for _ in range(times):
        for name in actions.due():
            actions.carry_on(name, seconds=5)


def test_every_entry_arrives_in_order_over_tls(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(rules.BATCH * 2 + 3)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        assert indices(receiver) == list(range(rules.BATCH * 2 + 3))
        log.grow(2)
        send()
        assert indices(receiver)[-2:] == [rules.BATCH * 2 + 3, rules.BATCH * 2 + 4]
    assert only().next_index == rules.BATCH * 2 + 5
    assert told(receiver)[0]["class_uid"] == 6005


def test_only_what_a_signed_head_covers_leaves(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(2)
    log.grow(1, signed=False)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        assert indices(receiver) == [0, 1]


def test_a_receiver_that_is_down_for_a_day_loses_nothing(
    log: Log, configured: Configured, certificate: Certificate, time: FrozenClock
) -> None:
    with receiving(certificate) as receiver:
        port = receiver.port
    configured(soc=soc(port, certificate))
    log.grow(10)
    actions.add_configured()
    tries, evening = 0, time.now() + timedelta(days=1)
    while time.now() < evening:
        tries += 1
        assert actions.carry_on("soc", seconds=5) == 0
        assert actions.due() == []
        time.set(only().next_at)
    log.grow(rules.BATCH)
    row = only()
    assert (row.state, row.error, row.next_index) == (State.FAILING, "unreachable", 0)
    # Backed off to a quarter of an hour, never given up.
    assert 95 <= tries <= 105
    behind, age = actions.lag(row)
    assert behind == rules.BATCH + 10
    assert age > timedelta(hours=23)
    with receiving(certificate, port=port) as receiver:
        time.advance(timedelta(minutes=15))
        send(times=3)
        assert indices(receiver) == list(range(rules.BATCH + 10))
    row = only()
    assert (row.state, row.error, row.attempts, row.failing_since) == (State.ACTIVE, "", 0, None)
    assert actions.lag(row) == (0, timedelta(0))
    # The log tells of the gap once, not at every try.
    events = [entry.event for entry in log.written]
    assert events.count(Event.SIEM_FAILING) == events.count(Event.SIEM_RECOVERED) == 1


def test_what_was_not_confirmed_is_sent_again(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(5)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        receiver.close_rudely = True
        send()
        assert indices(receiver) == [0, 1, 2, 3, 4]
        assert only().next_index == 0
        receiver.close_rudely = False
        actions.try_now(only())
        send()
        assert indices(receiver) == [0, 1, 2, 3, 4] * 2
    assert only().next_index == 5


def test_one_that_is_down_holds_up_no_other(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(4)
    with receiving(certificate) as gone:
        port = gone.port
    with receiving(certificate) as receiver:
        configured(a_down=soc(port, certificate), b_up=soc(receiver.port, certificate))
        send()
        assert indices(receiver) == [0, 1, 2, 3]
    assert dict(SiemReceiver.objects.values_list("name", "next_index")) == {"a_down": 0, "b_up": 4}


def test_two_workers_do_not_send_to_one_receiver(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(1)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        actions.add_configured()
        assert actions._take("soc") is not None
        assert actions.due() == []
        assert actions.carry_on("soc", seconds=1) == 0
        assert receiver.messages == []


def test_a_worker_that_died_is_taken_over_from(
    log: Log, configured: Configured, certificate: Certificate, time: FrozenClock
) -> None:
    log.grow(1)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        actions.add_configured()
        assert actions._take("soc") is not None
        time.advance(rules.TAKEN_FOR + timedelta(seconds=1))
        send()
        assert indices(receiver) == [0]


def test_paused_it_gets_nothing_and_then_all_of_it(log: Log, configured: Configured, certificate: Certificate) -> None:
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        actions.pause(only(), by=OFFICER, approval=UUID(int=8))
        log.grow(3)
        send()
        assert receiver.messages == []
        actions.resume(only(), by=OFFICER)
        send()
        assert indices(receiver) == [0, 1, 2]


def test_entries_can_be_sent_again_from_one_on(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(4)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        for wrong in (-1, 4, 5):
            with pytest.raises(InvalidInput):
                actions.send_again(only(), first=wrong, by=OFFICER)
        actions.send_again(only(), first=2, by=OFFICER)
        send()
        assert indices(receiver) == [0, 1, 2, 3, 2, 3]
    assert log.written[-1].event == Event.SIEM_REWOUND


def test_sent_back_while_a_batch_is_on_its_way_stands(
    log: Log, configured: Configured, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.grow(4)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        log.grow(1)
        deliver = sending.deliver

        def meanwhile(*given: Any, **named: Any) -> None:
            deliver(*given, **named)
            monkeypatch.setattr(sending, "deliver", deliver)
            actions.send_again(only(), first=1, by=OFFICER)

        monkeypatch.setattr(sending, "deliver", meanwhile)
        send()
        assert indices(receiver) == [0, 1, 2, 3, 4, 1, 2, 3, 4]


def test_a_test_message_says_so_and_a_failure_says_why(
    log: Log, configured: Configured, certificate: Certificate
) -> None:
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        actions.test(only(), by=OFFICER)
        (message,) = receiver.messages
        assert b" test " in message
        assert b'"test":true' in message
        assert b"sequenceId" not in message
    with pytest.raises(Unavailable):
        actions.test(only(), by=OFFICER)
    outcomes = [entry.data["outcome"] for entry in log.written if entry.event == Event.SIEM_TESTED]
    assert outcomes == ["delivered", "unreachable"]


def test_cef_is_the_third_form(log: Log, configured: Configured, certificate: Certificate) -> None:
    log.grow(1)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate, format="cef"))
        send()
        assert b"CEF:0|Callwarden|Callwarden|" in receiver.messages[0]
        assert b" cn1=0" in receiver.messages[0]


class Endpoint(BaseHTTPRequestHandler):
    answers: ClassVar[list[int]] = []
    seen: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        now = int(self.headers["webhook-timestamp"])
        identifier = signature.verify(signature.decode_secret(SECRET), dict(self.headers.items()), body, now=now)
        self.seen.append((identifier, json.loads(body)))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.answers, Endpoint.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    server.server_close()


def test_a_webhook_gets_signed_batches_and_an_error_is_tried_again(
    log: Log, configured: Configured, endpoint: str, tmp_path: Path, time: FrozenClock
) -> None:
    log.grow(3)
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    configured(lake={"kind": "webhook", "url": endpoint, "secret_file": str(secret)})
    Endpoint.answers = [503]
    send()
    assert (only().error, only().next_index) == ("http_503", 0)
    time.advance(timedelta(seconds=11))
    send()
    (first, body), (second, again) = Endpoint.seen
    assert first == second
    assert body["data"] == again["data"]
    assert [each["metadata"]["sequence"] for each in body["data"]["entries"]] == [0, 1, 2]
    assert (body["data"]["first"], body["data"]["last"], body["data"]["size"]) == (0, 2, 3)
    actions.test(only(), by=OFFICER)
    assert Endpoint.seen[-1][1]["type"] == "ledger-test"


def test_a_receiver_taken_out_of_the_file_is_left_alone(
    log: Log, configured: Configured, certificate: Certificate
) -> None:
    log.grow(1)
    with receiving(certificate) as receiver:
        configured(soc=soc(receiver.port, certificate))
        send()
        configured()
        log.grow(1)
        send()
        assert indices(receiver) == [0]
    with pytest.raises(DeliveryFailed, match="not_configured"):
        sending.deliver("soc", [], log="l", size=0)


# Where unpacked Debian packages lie on machines without root; empty elsewhere.
DEBIAN = os.environ.get("CALLWARDEN_DEBIAN_ROOT", "")
RSYSLOG = f"{DEBIAN}/usr/sbin/rsyslogd"
MODULES = ":".join(glob.glob(f"{DEBIAN}/usr/lib/*/rsyslog"))


@pytest.mark.skipif(not Path(RSYSLOG).exists(), reason="rsyslog is not installed")
def test_rsyslog_takes_it_all(log: Log, configured: Configured, certificate: Certificate, tmp_path: Path) -> None:
    """A receiver that is not ours, as people run it."""
    log.grow(1200)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stored = tmp_path / "stored"
    settings = tmp_path / "rsyslog.conf"
    settings.write_text(
        f'global(workDirectory="{tmp_path}" maxMessageSize="64k" DefaultNetstreamDriver="ossl"\n'
        f' DefaultNetstreamDriverCAFile="{certificate.certificate}"\n'
        f' DefaultNetstreamDriverCertFile="{certificate.certificate}"\n'
        f' DefaultNetstreamDriverKeyFile="{certificate.key}")\n'
        'module(load="imtcp" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")\n'
        f'input(type="imtcp" address="127.0.0.1" port="{port}")\n'
        'template(name="parts" type="string" string="%structured-data%|%msgid%|%msg%\\n")\n'
        f'action(type="omfile" file="{stored}" template="parts")\n',
        encoding="utf-8",
    )
    running = subprocess.Popen([RSYSLOG, "-n", "-f", str(settings), "-i", str(tmp_path / "pid"), "-M", MODULES])
    try:
        configured(soc=soc(port, certificate))
        until = real_time.monotonic() + 20
        send()
        while only().next_index < 1200:
            assert real_time.monotonic() < until, only().error
            actions.try_now(only())
            send()
        while stored.read_text().count("\n") < 1200:
            assert real_time.monotonic() < until
            real_time.sleep(0.05)
    finally:
        running.terminate()
        running.wait(10)
    lines = stored.read_text(encoding="utf-8").splitlines()
    read = [line.split("|", 2) for line in lines]
    assert [json.loads(said)["metadata"]["sequence"] for _, _, said in read] == list(range(1200))
    assert read[41][0] == '[meta sequenceId="42"][origin software="callwarden"]'
    assert {kind for _, kind, _ in read} == {"audit"}
