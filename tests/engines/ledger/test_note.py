"""Signed notes, checkpoints and proof files: exact, and worth nothing without a trusted signature."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwarden.engines.ledger import (
    Checkpoint,
    KeyRefused,
    NoteRefused,
    ProofRefused,
    Signer,
    TlogProof,
    TreeView,
    Verifier,
    prove,
)
from callwarden.engines.ledger._note import open_note, sign_note

from .conftest import ORIGIN, Log, make_log

# The example of Go's golang.org/x/mod/sumdb/note, the first implementation of the format.
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"


def test_the_published_example_is_signed_and_opened_to_the_byte() -> None:
    signer = Signer.parse(SKEY)
    note = sign_note(TEXT, [signer])
    assert note == TEXT + b"\n" + LINE.encode()
    assert str(signer.verifier) == VKEY
    assert signer.secret() == SKEY
    text, signed_by = open_note(note, [Verifier.parse(VKEY)])
    assert text == TEXT
    assert [key.name for key in signed_by] == ["PeterNeumann"]


def test_signatures_of_unknown_keys_are_ignored_but_one_trusted_key_must_have_signed() -> None:
    ours, theirs = Signer.generate(ORIGIN), Signer.generate("witness.example/w1")
    head = Checkpoint(ORIGIN, 3, b"\x01" * 32)
    note = head.sign(ours, theirs)
    assert Checkpoint.open(note, ours.verifier) == head
    assert Checkpoint.open(head.sign(theirs, ours), ours.verifier) == head
    with pytest.raises(NoteRefused) as refused:
        Checkpoint.open(note, Signer.generate(ORIGIN).verifier)
    assert refused.value.code == "note.unsigned"


def test_a_signature_of_a_private_type_does_not_disturb() -> None:
    class OtherAlgorithm:
        name, key_id = "callwarden.example/sm2", 7

        def sign(self, text: bytes) -> bytes:
            return b"\xff" * 70

    ours = Signer.generate(ORIGIN)
    head = Checkpoint(ORIGIN, 3, b"\x01" * 32)
    assert Checkpoint.open(head.sign(ours, OtherAlgorithm()), ours.verifier) == head


def test_one_wrong_signature_of_a_trusted_key_refuses_the_note_whatever_else_is_on_it() -> None:
    one, two = Signer.generate(ORIGIN), Signer.generate("second.example")
    note = Checkpoint(ORIGIN, 3, b"\x01" * 32).sign(one, two)
    wrong = bytearray(note)
    wrong[-10] ^= 1
    with pytest.raises(NoteRefused):
        Checkpoint.open(bytes(wrong), one.verifier, two.verifier)


def test_every_bit_and_every_truncation_of_a_checkpoint_counts() -> None:
    signer = Signer.generate(ORIGIN)
    note = Checkpoint(ORIGIN, 12345, b"\xa5" * 32).sign(signer)
    for at in range(len(note)):
        for changed in [note[:at], *(note[:at] + bytes([note[at] ^ 1 << bit]) + note[at + 1 :] for bit in range(8))]:
            with pytest.raises(NoteRefused):
                Checkpoint.open(changed, signer.verifier)


def test_a_checkpoint_of_another_log_is_refused_even_when_the_key_is_trusted() -> None:
    signer = Signer.generate(ORIGIN)
    note = Checkpoint("other.example/log", 3, b"\x01" * 32).sign(signer)
    with pytest.raises(NoteRefused):
        Checkpoint.open(note, signer.verifier)
    assert Checkpoint.open(note, signer.verifier, origin="other.example/log").size == 3


@pytest.mark.parametrize("origin", ["", "two\nlines", "tab\there"])
def test_an_origin_cannot_smuggle_lines_into_a_checkpoint(origin: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint(origin, 3, b"\x01" * 32)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n03\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-3\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n3\nnot base64\n",
        f"{ORIGIN}\n٣\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    signer = Signer.generate(ORIGIN)
    with pytest.raises(NoteRefused):
        Checkpoint.open(sign_note(text.encode(), [signer]), signer.verifier)


@pytest.mark.parametrize(
    "vkey", ["", "name", VKEY[:-4], VKEY.replace("c74f20a3", "c74f20a4"), VKEY.replace("Peter", "Petra"), "a+b+c"]
)
def test_a_malformed_key_is_refused(vkey: str) -> None:
    with pytest.raises(KeyRefused):
        Verifier.parse(vkey)


def test_a_malformed_signing_key_is_refused_and_never_repeated() -> None:
    for skey in (SKEY[:-4], SKEY.replace("c74f20a3", "00000000"), "PeterNeumann"):
        with pytest.raises(KeyRefused) as refused:
            Signer.parse(skey)
        assert "AYEKFALV" not in str(refused.value) + str(refused.value.data)
    assert "AYEKFALV" not in repr(Signer.parse(SKEY))


@given(size=st.integers(1, 900), data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_proof_file_proves_its_entry_and_no_other(size: int, data: st.DataObject) -> None:
    log = make_log(size)
    index = data.draw(st.integers(0, size - 1))
    written = prove(TreeView(log.store, size), index, log.checkpoint()).write()
    proof = TlogProof.parse(written)
    assert proof.write() == written
    assert proof.extra == log.tree.entry(index)
    assert proof.verify(proof.extra, log.signer.verifier).size == size
    with pytest.raises(ProofRefused):
        proof.verify(proof.extra + b" ", log.signer.verifier)
    with pytest.raises(NoteRefused):
        proof.verify(proof.extra, Signer.generate(ORIGIN).verifier)


def test_an_entry_newer_than_the_checkpoint_cannot_be_proved(log: Log) -> None:
    note = log.checkpoint()
    log.add(1)
    with pytest.raises(ProofRefused):
        prove(log.tree, 700, note)
    with pytest.raises(ProofRefused):
        prove(log.tree, 5, note, 701)
    assert prove(log.tree, 5, note, 700) == prove(log.tree, 5, note)


def test_a_damaged_tree_gives_no_proof(log: Log) -> None:
    note = log.checkpoint()
    log.store.files["tile/entries/000"] = log.store.files["tile/entries/000"].replace(b"revealed", b"REVEALED", 1)
    with pytest.raises(ProofRefused):
        prove(TreeView(log.store, 700), 0, note)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"@v1", b"@v2"),
        lambda data: data.replace(b"index 5", b"index 05"),
        lambda data: data.replace(b"index 5", b"index"),
        lambda data: data.replace(b"extra ", b"extra !"),
        lambda data: data.replace(b"\n\n", b"\n", 1),
        lambda data: data.replace(b"index 5\n", b"index 5\nAAAA\n"),
        lambda data: data.replace(b"index 5\n", b"index 5\n" + (b"A" * 43 + b"=\n") * 64),
        lambda data: b"",
    ],
)
def test_a_malformed_proof_file_is_refused(log: Log, change) -> None:
    written = prove(log.tree, 5, log.checkpoint()).write()
    with pytest.raises((ProofRefused, NoteRefused)):
        TlogProof.parse(change(written)).verify(b"entry", log.signer.verifier)


def test_a_proof_at_a_thousand_million_entries_with_two_witnesses_fits_two_kibibytes() -> None:
    keys = [Signer.generate(ORIGIN), *(Signer.generate(f"witness{n}.example/w") for n in (1, 2))]
    note = Checkpoint(ORIGIN, 2**30, b"\x01" * 32).sign(*keys)
    assert len(TlogProof(2**30 - 1, (b"\x02" * 32,) * 30, note).write()) <= 2048
