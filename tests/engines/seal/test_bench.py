"""The benchmark runner and the tampering trial, which must not flatter."""

from __future__ import annotations

import json
import random

import pytest

from bench import __main__ as runner
from bench import seal as seal_bench
from callwarden.engines.seal import Key
from tests.engines.seal.material import SEGMENT, pattern, sealed


def test_the_last_line_is_the_json_object(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_bench, "run", lambda progress: progress("half") or {"aes_ratio_64k": 0.5, "tried": 7})
    assert runner.main(["seal", "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"bench": "seal", "figures": {"aes_ratio_64k": 0.5, "tried": 7}}


def test_an_unknown_benchmark_is_named_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        runner.main(["nonsense"])
    assert end.value.code == 2
    assert "seal" in capsys.readouterr().err


def test_the_table_shows_four_digits_and_whole_numbers_whole() -> None:
    assert [runner.shown(value) for value in (0.48123, 0, 1.0, 20400, 4293.2)] == [
        "0.4812",
        "0",
        "1",
        "20,400",
        "4,293",
    ]


def test_the_trial_counts_an_unchanged_file_as_accepted(key: Key) -> None:
    """Its positive control: a trial that refused everything would prove nothing."""
    data = sealed(key, pattern(SEGMENT + 1), record=seal_bench.RECORD)
    assert seal_bench.serves(data, key)
    chance = random.Random(1)
    for _ in range(200):
        changed = seal_bench.change(data, chance)
        assert changed != data
        assert not seal_bench.serves(changed, key)
