from __future__ import annotations

import base64
import itertools
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from callwarden.kernel import clock, deadlines, findings, incidents, jobs, notify
from callwarden.kernel.clock import FrozenClock
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import OutboxMessage, Severity, User
from callwarden.kernel.notify import BadSignature, DeliveryFailed, Template, signature, webhook
from callwarden.kernel.notify.outbox import BACKOFF_S
from callwarden.kernel.structural import NotStructural
from tests.kernel.conftest import NOON, Ledger, refused

MakePerson = Callable[..., User]
State = OutboxMessage.State
HOLD = notify.register(
    Template("test-hold", subject="A hold was set", body="Rule %(rule)s.", parameters=frozenset({"rule"}))
)
SECRET = bytes(range(32))
SECRET_TEXT = "whsec_" + base64.b64encode(SECRET).decode()


@pytest.fixture
def officer(person: MakePerson) -> User:
    return person("data_protection_officer", email="officer@example.com")


def send(to: User | str, **fields: Any) -> OutboxMessage:
    with transaction.atomic():
        return notify.send(HOLD, **{"to": to, "parameters": {"rule": "tax"}, "link": "/holds/1", **fields})


class Receiver(BaseHTTPRequestHandler):
    """Another system's end of a webhook: verifies, remembers ids, answers as told."""

    answers: ClassVar[list[int]] = []
    seen: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        type(self).seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status = type(self).answers.pop(0) if type(self).answers else 204
        self.send_response(status)
        if status == 307:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        return


@pytest.fixture
def receiver(settings: Settings, tmp_path: Path) -> Iterator[type[Receiver]]:
    Receiver.answers, Receiver.seen = [], []  # type: ignore[misc]
    secret = tmp_path / "secret"
    secret.write_text(SECRET_TEXT + "\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/hook"
    settings.CALLWARDEN_WEBHOOKS = {"siem": {"url": url, "secret_file": str(secret)}}
    yield Receiver
    server.shutdown()
    server.server_close()


@pytest.mark.django_db
class TestWhatAMessageMaySay:
    def test_only_structure(self, officer: User) -> None:
        for value in ("王伟", "13800138000", "the caller Wang", "wei@example.com"):
            with pytest.raises(NotStructural):
                send(officer, parameters={"rule": value})
        assert not OutboxMessage.objects.exists()

    @pytest.mark.parametrize(
        "link", ["https://evil.example/", "//evil.example/", "holds/1", "", "/calls/13800138000", "/search?q=王"]
    )
    def test_only_a_path_of_this_site(self, officer: User, link: str) -> None:
        with pytest.raises(NotStructural):
            send(officer, link=link)

    @pytest.mark.parametrize("parameters", [{}, {"rule": "tax", "more": 1}, {"other": 1}])
    def test_exactly_the_parameters_of_the_template(self, officer: User, parameters: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="exactly"):
            send(officer, parameters=parameters)

    def test_no_template_made_up_on_the_spot(self, officer: User) -> None:
        with pytest.raises(ValueError, match="not registered"), transaction.atomic():
            notify.send(Template("test-hold", subject="王伟", body="x"), to=officer, parameters={}, link="/")

    def test_it_holds_no_address(self, officer: User) -> None:
        message = send(officer)
        assert "officer@example.com" not in str(vars(message))

    def test_it_goes_to_a_person_or_an_endpoint_never_both(self, officer: User) -> None:
        send(officer)
        for change in ({"endpoint": "siem"}, {"recipient": None}, {"channel": "webhook"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                OutboxMessage.objects.update(**change)

    def test_an_endpoint_nobody_configured_is_refused_when_sending(self) -> None:
        with refused(InvalidInput, "endpoint_unknown"):
            send("siem")


@pytest.mark.django_db
class TestTellingARole:
    def tell(self, but: User | None = None) -> int:
        with transaction.atomic():
            roles = ["data_protection_officer", "auditor"]
            return notify.tell(HOLD, roles=roles, parameters={"rule": "tax"}, link="/holds/1", but=but)

    def test_everybody_in_it_who_can_be_reached_and_every_system(
        self, officer: User, person: MakePerson, receiver: type[Receiver]
    ) -> None:
        person("auditor")  # has no address
        person("agent", email="agent@example.com")
        person("auditor", email="leaver@example.com", is_active=False)
        assert self.tell() == 2
        assert {(m.recipient, m.endpoint) for m in OutboxMessage.objects.all()} == {(officer, ""), (None, "siem")}

    def test_but_not_whoever_did_it(self, officer: User) -> None:
        assert self.tell(but=officer) == 0


@pytest.mark.django_db
def test_an_approval_asked_for_an_urgent_finding_and_an_incident_tell_those_who_must_act(
    officer: User, person: MakePerson
) -> None:
    asker = person("data_protection_officer", email="asker@example.com")
    deadline = deadlines.start(
        "gdpr-33",
        about=("incident", uuid4()),
        started_at=clock.now(),
        lasts=timedelta(days=3),
        actor="system",
    )
    deadlines.ask_waiver(deadline, requester=asker, reason="x")
    assert [(m.template, m.recipient) for m in OutboxMessage.objects.all()] == [("approval-requested", officer)]
    OutboxMessage.objects.all().delete()
    finding = {"actor": "system", "where": "site:uploads"}
    findings.report("malware-scanner-missing", severity=Severity.MEDIUM, **finding)
    assert not OutboxMessage.objects.exists()
    findings.report("malware-scanner-missing", severity=Severity.HIGH, actor="system", where="site:x")
    incidents.open("leak", severity=Severity.HIGH, actor="system", summary="李娜 mailed 13800138000.")
    told = list(OutboxMessage.objects.values_list("template", "recipient__email"))
    assert sorted(told) == sorted(
        (template, address)
        for template in ("finding-opened", "incident-opened")
        for address in ("officer@example.com", "asker@example.com")
    )
    assert not any("13800138000" in str(vars(m)) for m in OutboxMessage.objects.all())


@pytest.mark.parametrize("name", notify.names())
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_template_renders_in_both_languages_with_every_parameter_filled(name: str, language: str) -> None:
    template = notify.template(name)
    rendered = notify.render(template, dict.fromkeys(template.parameters, "V"), "/x/1", language)
    assert "http://127.0.0.1:8480/x/1" in rendered.body
    assert "%(" not in rendered.subject + rendered.body
    assert "\n" not in rendered.subject


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
class TestTheOutbox:
    @pytest.fixture(autouse=True)
    def _empty_queue(self, transactional_db: None) -> None:
        sql("DELETE FROM procrastinate_jobs")  # no model of Django's, so no test empties it

    def test_a_message_leaves_only_if_its_cause_commits(self, officer: User) -> None:
        with transaction.atomic():
            send(officer)
            transaction.set_rollback(True)
        assert not OutboxMessage.objects.exists()
        assert not ProcrastinateJob.objects.exists()
        message = send(officer)
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.queue_name, job.args) == (
            "kernel.deliver_message",
            "default",
            {"message": str(message.pk)},
        )

    def test_a_message_without_a_transaction_is_refused(self, officer: User) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            notify.send(HOLD, to=officer, parameters={"rule": "tax"}, link="/")

    def test_the_clock_hands_over_what_is_due_and_queues_nothing_twice(self, officer: User) -> None:
        send(officer)
        for _minute in range(3):
            jobs.deliver_due(0)
        assert ProcrastinateJob.objects.count() == 1
        sql("UPDATE procrastinate_jobs SET status = 'succeeded'")
        jobs.deliver_due(0)
        assert ProcrastinateJob.objects.filter(status="todo").count() == 1

    def test_two_workers_never_send_the_same_message_at_once(self, receiver: type[Receiver]) -> None:
        message = send("siem")
        start = threading.Barrier(4)

        def work() -> None:
            start.wait()
            notify.deliver(message.pk)
            connection.close()

        threads = [threading.Thread(target=work) for _worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receiver.seen) == 1


@pytest.mark.django_db
class TestEmail:
    def test_without_a_mail_server_it_waits_for_one_and_says_why(self, officer: User, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = ""
        message = send(officer)
        jobs.deliver_message(str(message.pk))
        message.refresh_from_db()
        assert (message.state, message.error, message.attempts) == (State.QUEUED, "mail_not_configured", 1)

    def test_it_says_that_something_waits_and_where(self, officer: User, settings: Settings, ledger: Ledger) -> None:
        settings.CALLWARDEN_PUBLIC_URL = "https://warden.example/"
        message = send(officer)
        jobs.deliver_message(str(message.pk))
        (sent,) = mail.outbox
        assert sent.to == ["officer@example.com"]
        assert sent.subject == "A hold was set"
        assert "https://warden.example/holds/1" in sent.body
        assert str(message.pk) in sent.extra_headers["Message-ID"]
        assert OutboxMessage.objects.get().state == State.SENT
        assert ledger.events == [Event.NOTIFY_SENT]
        assert "officer" not in repr(ledger)

    def test_it_goes_to_the_address_of_the_moment(self, officer: User) -> None:
        message = send(officer)
        User.objects.update(email="new@example.com")
        notify.deliver(message.pk)
        assert mail.outbox[0].to == ["new@example.com"]

    @pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
    def test_nobody_is_written_to_who_has_no_address_or_left(self, officer: User, change: dict[str, Any]) -> None:
        message = send(officer)
        User.objects.update(**change)
        delivered = notify.deliver(message.pk)
        assert delivered is not None
        assert (delivered.state, delivered.error) == (State.FAILED, "no_address")
        assert mail.outbox == []

    def test_a_sent_message_is_not_sent_again(self, officer: User) -> None:
        message = send(officer)
        assert notify.deliver(message.pk)
        assert notify.deliver(message.pk) is None
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize(
        ("answer", "state", "error"),
        [
            (b"550 no such user officer@example.com\r\n", State.FAILED, "recipient_refused"),
            (b"450 mailbox of officer@example.com busy\r\n", State.QUEUED, "recipient_refused"),
        ],
    )
    def test_what_the_mail_server_says_decides_and_its_words_are_not_kept(
        self, officer: User, settings: Settings, answer: bytes, state: str, error: str
    ) -> None:
        class Server(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                for line in self.rfile:
                    quitting = line[:4].upper() == b"QUIT"
                    self.wfile.write(answer if line[:4].upper() == b"RCPT" else b"250 fine\r\n")
                    if quitting:
                        return

        with socketserver.TCPServer(("127.0.0.1", 0), Server) as server:
            threading.Thread(target=server.handle_request, daemon=True).start()
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_USE_TLS = False  # as on this machine alone
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
            delivered = notify.deliver(send(officer).pk)
        assert delivered is not None
        assert (delivered.state, delivered.error) == (state, error)
        assert "officer@" not in str(vars(delivered))

    def test_a_dead_mail_server_is_tried_again(self, officer: User, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        delivered = notify.deliver(send(officer).pk)
        assert delivered is not None
        assert (delivered.state, delivered.attempts, delivered.error) == (State.QUEUED, 1, "ConnectionRefusedError")


@pytest.mark.django_db
class TestWebhook:
    def test_a_receiver_can_verify_it_and_learns_structure_only(self, receiver: type[Receiver]) -> None:
        message = send("siem")
        notify.deliver(message.pk)
        ((headers, body),) = receiver.seen
        now = int(clock.now().timestamp())
        assert notify.verify(SECRET, headers, body, now=now) == str(message.pk)
        assert json.loads(body)["type"] == "test-hold"
        assert json.loads(body)["data"] == {"rule": "tax", "link": "http://127.0.0.1:8480/holds/1"}
        assert OutboxMessage.objects.get().state == State.SENT

    def test_every_try_has_the_same_id_and_body_so_a_receiver_drops_repeats(
        self, receiver: type[Receiver], time: FrozenClock
    ) -> None:
        receiver.answers[:] = [500, 204]
        message = send("siem")
        notify.deliver(message.pk)
        time.advance(timedelta(seconds=BACKOFF_S[0]))
        notify.deliver(message.pk)
        (first, body), (second, again) = receiver.seen
        assert first["webhook-id"] == second["webhook-id"]
        assert body == again
        assert first["webhook-signature"] != second["webhook-signature"]

    def test_tries_wait_longer_each_time_and_end(
        self, receiver: type[Receiver], time: FrozenClock, ledger: Ledger
    ) -> None:
        receiver.answers[:] = [503] * 20
        message, tries = send("siem"), []
        for _five_minutes in range(40 * 12):
            if notify.deliver(message.pk) is not None:
                tries.append((clock.now() - NOON).total_seconds())
            time.advance(timedelta(minutes=5))
        waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
        assert len(tries) == len(BACKOFF_S) + 1
        assert waits == sorted(waits)
        assert OutboxMessage.objects.get().state == State.FAILED
        assert ledger[-1].event is Event.NOTIFY_FAILED
        assert ledger[-1].reasons == ("http_503",)
        notify.retry(OutboxMessage.objects.get(), actor="system")
        receiver.answers.clear()
        delivered = notify.deliver(message.pk)
        assert delivered is not None
        assert delivered.state == State.SENT

    def test_gone_means_never_again(self, receiver: type[Receiver]) -> None:
        receiver.answers[:] = [410]
        delivered = notify.deliver(send("siem").pk)
        assert delivered is not None
        assert (delivered.state, delivered.error) == (State.FAILED, "http_410")

    def test_a_redirect_is_not_followed(self, receiver: type[Receiver]) -> None:
        receiver.answers[:] = [307]
        delivered = notify.deliver(send("siem").pk)
        assert delivered is not None
        assert (delivered.state, delivered.error) == (State.QUEUED, "http_307")
        assert len(receiver.seen) == 1

    @pytest.mark.parametrize(
        "url",
        [
            "http://siem.example/hook",
            "http://10.0.0.5/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https:///x",
            "siem",
        ],
    )
    def test_nothing_is_sent_in_clear_over_a_network(
        self, receiver: type[Receiver], settings: Settings, url: str
    ) -> None:
        settings.CALLWARDEN_WEBHOOKS = {"siem": {**settings.CALLWARDEN_WEBHOOKS["siem"], "url": url}}
        with pytest.raises(DeliveryFailed, match="endpoint_insecure"):
            webhook.endpoint("siem")

    @pytest.mark.parametrize("text", ["", "plain", "whsec_", "whsec_c2hvcnQ=", SECRET_TEXT[6:], "whsec_!!!"])
    def test_a_weak_or_malformed_secret_is_refused_without_being_repeated(
        self, receiver: type[Receiver], settings: Settings, text: str
    ) -> None:
        Path(settings.CALLWARDEN_WEBHOOKS["siem"]["secret_file"]).write_text(text)
        with pytest.raises(DeliveryFailed, match="secret_unreadable"):
            webhook.endpoint("siem")
        with pytest.raises(ValueError, match="whsec_ and the base64"):
            signature.decode_secret(text)


class TestSignature:
    body = b'{"type":"x"}'
    now = 1_772_000_000

    def signed(self) -> dict[str, str]:
        return signature.headers(SECRET, identifier="msg_1", timestamp=self.now, body=self.body)

    def test_it_is_the_specifications_own_example(self) -> None:
        # Test vector of the Standard Webhooks reference libraries.
        secret = signature.decode_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        made = signature.headers(
            secret, identifier="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
        )
        assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    @given(st.integers(0, 31), st.integers(1, 255))
    def test_another_key_does_not_fit(self, place: int, change: int) -> None:
        other = bytearray(SECRET)
        other[place] ^= change
        with pytest.raises(BadSignature):
            notify.verify(bytes(other), self.signed(), self.body, now=self.now)

    @given(st.integers(0, len(body) - 1), st.integers(1, 255))
    def test_a_changed_body_does_not_fit(self, place: int, change: int) -> None:
        other = bytearray(self.body)
        other[place] ^= change
        with pytest.raises(BadSignature):
            notify.verify(SECRET, self.signed(), bytes(other), now=self.now)

    @pytest.mark.parametrize(
        "change",
        [
            {"webhook-id": "msg_2"},
            {"webhook-timestamp": str(1_772_000_001)},
            {"webhook-timestamp": "soon"},
            {"webhook-signature": "v1,"},
            {"webhook-signature": "v0,abc"},
            {"webhook-signature": ""},
        ],
    )
    def test_a_changed_header_does_not_fit(self, change: dict[str, str]) -> None:
        with pytest.raises(BadSignature):
            notify.verify(SECRET, {**self.signed(), **change}, self.body, now=self.now)

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_a_missing_header_is_refused(self, name: str) -> None:
        headers = self.signed()
        del headers[name]
        with pytest.raises(BadSignature):
            notify.verify(SECRET, headers, self.body, now=self.now)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_an_old_or_early_one_is_refused(self, seconds: int) -> None:
        with pytest.raises(BadSignature):
            notify.verify(SECRET, self.signed(), self.body, now=self.now + seconds)

    def test_while_a_secret_is_changed_one_of_two_signatures_suffices(self) -> None:
        headers = self.signed()
        headers["webhook-signature"] = "v1,other " + headers["webhook-signature"]
        assert notify.verify(SECRET, headers, self.body, now=self.now) == "msg_1"
