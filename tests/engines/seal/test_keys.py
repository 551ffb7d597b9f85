"""Keys keep to themselves, and errors carry what a program needs and nothing else."""

from __future__ import annotations

import copy
import doctest
import pickle

import pytest

from callwarden.engines import seal
from callwarden.engines.seal import InvalidInput, Key, SealError, Suite
from callwarden.engines.seal import _errors as errors


class Holder:
    def __init__(self, key: Key) -> None:
        self.key = key


def test_a_key_does_not_show_its_bytes(key: Key) -> None:
    shown = f"{key} {key!r} {[key]} {vars(Holder(key))}"
    assert key.raw.hex() not in shown
    assert repr(key.raw)[2:-1] not in shown
    assert key.suite.name in shown


def test_a_key_is_not_pickled_copied_or_hashed(key: Key) -> None:
    for act in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            act(key)
    with pytest.raises(AttributeError):
        key.note = "no room for notes"  # type: ignore[attr-defined]


def test_keys_are_equal_by_bytes_and_suite() -> None:
    raw = bytes(range(32))
    assert Key(Suite.AES_256_GCM, raw) == Key(Suite.AES_256_GCM, raw)
    assert Key(Suite.AES_256_GCM, raw) != Key(Suite.SM4_GCM, raw)
    assert Key(Suite.AES_256_GCM, raw) != Key(Suite.AES_256_GCM, raw[::-1])
    assert Key(Suite.AES_256_GCM, raw) != raw


def test_no_two_generated_keys_are_equal() -> None:
    assert len({Key.generate(Suite.SM4_GCM).raw for _ in range(1000)}) == 1000


@pytest.mark.parametrize("raw", [b"", bytes(16), bytes(31), bytes(33), "x" * 32, bytearray(32), None])
def test_only_thirty_two_bytes_make_a_key(raw: object) -> None:
    with pytest.raises(InvalidInput):
        Key(Suite.AES_256_GCM, raw)  # type: ignore[arg-type]


def all_errors(base: type[SealError] = SealError) -> list[type[SealError]]:
    return [base] + [error for child in base.__subclasses__() for error in all_errors(child)]


def test_every_error_has_a_code_of_its_own_and_is_public() -> None:
    kinds = all_errors()
    assert len({kind.code for kind in kinds}) == len(kinds) >= 12
    assert all(kind.code.startswith("seal_") and kind.__name__ in seal.__all__ for kind in kinds)
    assert {name for name, kind in vars(errors).items() if kind in kinds} == {kind.__name__ for kind in kinds}


def test_the_manual_in_the_package_is_true() -> None:
    assert doctest.testmod(seal).failed == 0
    assert doctest.testmod(seal).attempted >= 10
