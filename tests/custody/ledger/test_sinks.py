"""Signed heads leave this host by every way there is; one that is down keeps none of the others from it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwarden.custody.ledger import sinks
from callwarden.custody.ledger.health import health
from callwarden.custody.ledger.health import sinks as standing
from callwarden.custody.ledger.sinks import BadSink, Head, Sent, SinkFailed, parse
from callwarden.custody.ledger.sinks.addresses import name_of
from callwarden.custody.models import Checkpoint, CheckpointSink, Cosignature
from callwarden.engines.ledger import Checkpoint as Signed
from callwarden.engines.ledger import KeyRefused, Verifier, Witness
from callwarden.flows import trail
from callwarden.kernel import clock, structural
from tests.custody.ledger.witness import TestWitness


@pytest.fixture
def witness() -> Iterator[TestWitness]:
    made = TestWitness()
    yield made
    made.close()


def state_of(address: str) -> CheckpointSink:
    return CheckpointSink.objects.get(name=sinks.addresses.name_of(address))


def test_a_folder_gets_every_newest_head_whole(settings, tmp_path, write, sequence):
    settings.LEDGER_SINKS = [str(tmp_path / "elsewhere")]
    write(3)
    sequence()
    newest = Checkpoint.objects.get(size=3)
    assert (tmp_path / "elsewhere" / "checkpoint-000000000003").read_text() == newest.note
    assert newest.exported_at is not None
    assert not list((tmp_path / "elsewhere").glob(".*"))
    assert [row.size for row in standing()] == [3]


def test_syslog_gets_the_whole_note_in_one_counted_message(settings, receiver, write, sequence, log_folder):
    settings.LEDGER_SINKS = [f"syslog://127.0.0.1:{receiver.port}"]
    write(2)
    sequence()
    assert receiver.arrived.wait(10)
    length, _, message = receiver.got[0].partition(b" ")
    assert int(length) == len(message)
    header, _, text = message.rpartition(b" ")
    assert header.startswith(b"<109>1 ")
    assert b'size="2"' in header
    key = Verifier.parse((log_folder / "verifier.key").read_text().strip())
    assert Signed.open(base64.b64decode(text), key).size == 2


def test_a_witness_cosigns_and_what_it_signed_is_kept_checked_and_published(
    settings, witness, write, sequence, log_folder
):
    settings.LEDGER_SINKS = [witness.address]
    for count in (5, 300, 1, 44):
        write(count)
        sequence()
    kept = list(Cosignature.objects.order_by("size"))
    assert [row.size for row in kept] == [5, 305, 306, 350]
    laid = (log_folder / "tiles" / "checkpoint").read_bytes()
    assert laid.endswith(kept[-1].line.encode())
    key = Verifier.parse((log_folder / "verifier.key").read_text().strip())
    assert Signed.open(laid, key).size == 350
    assert kept[-1].line.encode() in trail.proof(17)
    assert health().exported_at is not None


def test_a_witness_that_knows_more_than_we_remember_is_asked_again_from_there(settings, witness, write, sequence):
    settings.LEDGER_SINKS = [witness.address]
    write(5)
    sequence()
    CheckpointSink.objects.update(size=0)  # what we remembered of it is lost
    write(4)
    sequence()
    assert [body.partition(b"\n")[0] for body in witness.asked] == [b"old 0", b"old 0", b"old 5", b"old 5"]
    assert state_of(witness.address).size == 9


@pytest.mark.parametrize(
    ("answer", "error", "refused"),
    [
        ((422, b""), "not_a_continuation", True),
        ((409, b"900\n"), "knows_a_longer_log", True),
        ((409, b"many\n"), "conflict", False),
        ((403, b""), "signature_unknown_there", True),
        ((404, b""), "log_unknown_there", True),
        ((500, b"oh"), "answered_with_an_error", False),
        ((200, b""), "cosignature_wrong", True),
        ((200, b"\xe2\x80\x94 other.example AAAAAAAA\n"), "cosignature_wrong", True),
    ],
)
def test_a_witness_that_says_no_is_an_alarm_and_nothing_counts_as_sent(
    settings, witness, write, sequence, answer, error, refused
):
    settings.LEDGER_SINKS = [witness.address]
    witness.answers = [answer]
    write(2)
    sequence()
    state = state_of(witness.address)
    assert (state.error, state.refused, state.size) == (error, refused, 0)
    assert Checkpoint.objects.get(size=2).exported_at is None
    assert not Cosignature.objects.exists()


def test_a_cosignature_over_another_head_or_by_another_key_is_no_cosignature(settings, witness, write, sequence):
    settings.LEDGER_SINKS = [witness.address]
    other = TestWitness()
    other.close()
    for line in (witness.cosign(b"another text\n"), other.cosign(b"x\n")):
        witness.answers.append((200, line))
    write(2)
    sequence()
    assert state_of(witness.address).error == "cosignature_wrong"


def test_a_sink_that_is_down_waits_longer_each_time_and_gets_the_newest_head_when_it_is_back(
    settings, tmp_path, write, sequence
):
    place = tmp_path / "elsewhere"
    place.write_text("a file where a folder should be")
    settings.LEDGER_SINKS = [str(place)]
    with clock.frozen(clock.now()) as time:
        pauses = []
        for _ in range(10):
            write(1)
            sequence()
            state = state_of(str(place))
            pauses.append((state.next_try_at - clock.now()).total_seconds())
            time.advance(timedelta(seconds=301))
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
        place.unlink()
        write(1)
        sequence()
    assert "checkpoint-000000000011" in {path.name for path in place.iterdir()}
    state = state_of(str(place))
    assert (state.failures, state.failing_since, state.error) == (0, None, "")


def test_a_clock_set_back_does_not_silence_a_sink(settings, tmp_path, write, sequence):
    place = tmp_path / "elsewhere"
    place.write_text("")
    settings.LEDGER_SINKS = [str(place)]
    with clock.frozen(clock.now()) as time:
        write(1)
        sequence()
        place.unlink()
        time.set(clock.now() - timedelta(days=400))
        write(1)
        sequence()
    assert state_of(str(place)).size == 2


class Hanging:
    """A sink that never answers, as a mount whose server is gone."""

    kind, name, every = "folder", "folder:hangs", 0.0

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()

    def send(self, head: Head) -> Sent:
        self.asked.set()
        self.let_go.wait(60)
        raise SinkFailed("no_connection")


class Quick:
    kind, name, every = "folder", "folder:quick", 0.0

    def __init__(self) -> None:
        self.took = threading.Event()

    def send(self, head: Head) -> Sent:
        self.took.set()
        return Sent(head.size)


class Broken(Hanging):
    name = "folder:broken"

    def send(self, head: Head) -> Sent:
        raise RuntimeError("a fault of the program")


def test_a_sink_that_hangs_or_breaks_holds_up_neither_the_log_nor_the_others(write, sequence):
    hanging, quick = Hanging(), Quick()
    delivery = sinks.Delivery([hanging, Broken(), quick])
    write(1)
    sequence()
    delivery.start()
    try:
        assert hanging.asked.wait(10)
        assert quick.took.wait(10)
        for size in range(2, 6):
            quick.took.clear()
            write(1)
            sequence()
            delivery.published()
            assert quick.took.wait(10), size
    finally:
        hanging.let_go.set()
        delivery.stop()
        for thread in delivery.threads:
            thread.join(10)
    assert Checkpoint.objects.order_by("-size").first().exported_at is not None


@pytest.mark.parametrize(
    "address",
    [
        "syslog://siem.example:514",
        "syslog+tls://",
        "ftp://example/heads",
        "s3+lock:///prefix",
        "s3+lock://bucket/x?endpoint=http://storage.example",
        "s3+lock://bucket/x?days=many",
        "witness+http://witness.example/#x",
        "witness+https://witness.example/#no-key",
        "witness+https://witness.example/",
    ],
)
def test_an_address_that_cannot_be_used_or_leaves_in_clear_is_refused_by_a_sentence(address, settings):
    with pytest.raises(BadSink) as refused:
        parse(address)
    assert "example" not in str(refused.value)
    settings.LEDGER_SINKS = [address, "/mnt/heads"]
    assert [sink.kind for sink in sinks.configured()] == ["folder"]
    with pytest.raises(BadSink):
        sinks.check_all()


def test_a_witness_key_of_another_type_or_with_a_wrong_id_is_refused(witness):
    name, key_id, raw = witness.key.split("+", 2)
    with pytest.raises(KeyRefused):
        Witness.parse(f"{name}+00000000+{raw}")
    signing = base64.b64encode(b"\x01" + base64.b64decode(raw)[1:]).decode()
    with pytest.raises(KeyRefused):
        Witness.parse(f"{name}+{key_id}+{signing}")


@given(st.text("abcdefghij/0123456789", min_size=1))
def test_the_name_of_any_place_may_stand_in_the_log(path: str) -> None:
    structural.check_text(name_of(f"/{path}"), where="place")
