"""Recovery shares: k bring the root back, k - 1 tell nothing, and nothing wrong is taken for right."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from callwarden.engines.seal import InvalidInput, Key, PassphraseFile, ProviderRefused, Suite, recovery
from callwarden.engines.seal.providers.passphrase import Cost, RootSecret

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
CONTEXT = ("epochs", "one")


@pytest.fixture(params=list(Suite), ids=lambda suite: suite.name)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> PassphraseFile:
    return PassphraseFile.create(tmp_path / "root.key", "a passphrase of the tests", suite=request.param, cost=CHEAP)


def test_any_three_of_five_bring_the_same_root_back(root: PassphraseFile) -> None:
    shares = recovery.split(root, threshold=3, shares=5)
    assert [len(share.split()) for share in shares] == [recovery.WORDS] * 5
    wrapped = root.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    for three in itertools.permutations(shares, 3):
        back = PassphraseFile.in_memory(recovery.combine(three))
        assert back.unwrap(wrapped, CONTEXT) == key
        assert back.verify_key == root.verify_key
        assert back.status() == root.status()


def test_two_of_five_are_refused_and_so_are_four(root: PassphraseFile) -> None:
    shares = recovery.split(root, threshold=3, shares=5)
    for few in (shares[:2], shares[:4], [], shares[:1]):
        with pytest.raises(InvalidInput):
            recovery.combine(few)


def test_shares_of_two_exports_do_not_mix(root: PassphraseFile) -> None:
    first, second = (recovery.split(root, threshold=2, shares=3) for _export in range(2))
    with pytest.raises((InvalidInput, ProviderRefused)):
        recovery.combine([first[0], second[1]])


def test_one_share_twice_is_not_two(root: PassphraseFile) -> None:
    shares = recovery.split(root, threshold=2, shares=3)
    with pytest.raises(InvalidInput):
        recovery.combine([shares[0], f"  {shares[0].upper()} "])


def test_the_shares_bring_a_new_file_under_a_new_passphrase(root: PassphraseFile, tmp_path: Path) -> None:
    shares = recovery.split(root, threshold=2, shares=2)
    wrapped = root.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    new = tmp_path / "new.key"
    PassphraseFile.restore(new, recovery.combine(shares), "another passphrase", cost=CHEAP)
    assert PassphraseFile.open(new, "another passphrase").unwrap(wrapped, CONTEXT) == key
    with pytest.raises(ProviderRefused):
        PassphraseFile.restore(new, recovery.combine(shares), "another passphrase", cost=CHEAP)


@pytest.mark.parametrize(("threshold", "shares"), [(1, 3), (0, 1), (4, 3), (2, 17), (-1, 5)])
def test_one_person_alone_is_never_enough(root: PassphraseFile, threshold: int, shares: int) -> None:
    with pytest.raises(InvalidInput):
        recovery.split(root, threshold=threshold, shares=shares)


SECRET = RootSecret(Key(Suite.AES_256_GCM, bytes(range(32))), bytes(range(32, 64)))
LINES = recovery.split(PassphraseFile.in_memory(SECRET), threshold=2, shares=3)


@given(at=st.integers(0, recovery.WORDS - 1), word=st.sampled_from(WORDLIST))
def test_any_wrong_word_is_noticed(at: int, word: str) -> None:
    words = LINES[0].split()
    changed = " ".join([*words[:at], word, *words[at + 1 :]])
    if words[at] != word:
        with pytest.raises(InvalidInput):
            recovery.read_share(changed)


@given(st.text(max_size=600))
def test_anything_else_is_refused_in_words(line: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        recovery.read_share(line)
    assert line not in str(caught.value) or len(line) < 4


def test_shares_of_another_secret_are_refused() -> None:
    (short,) = generate_mnemonics(1, [(2, 3)], bytes(16))
    with pytest.raises(InvalidInput):
        recovery.read_share(short[0])
    (other,) = generate_mnemonics(1, [(2, 3)], bytes(recovery.SECRET_BYTES))
    with pytest.raises(ProviderRefused):
        recovery.combine(other[:2])


def test_a_secret_does_not_print_itself() -> None:
    shown = repr(SECRET)
    assert SECRET.seed.hex() not in shown
    assert repr(SECRET.seed) not in shown
    assert SECRET.key.raw.hex() not in shown


def test_a_root_in_memory_has_no_passphrase_to_change() -> None:
    with pytest.raises(ProviderRefused):
        PassphraseFile.in_memory(SECRET).change_passphrase("whatever it was", "another passphrase")
