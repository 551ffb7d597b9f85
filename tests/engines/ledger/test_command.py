"""`callwarden verify` says in the reader's language what holds, and ends with a code that scripts can use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callwarden.doors.cli.main import app
from callwarden.engines.ledger import Signer, prove

from .conftest import ORIGIN, Log


@pytest.fixture
def key(log: Log, tmp_path: Path) -> Path:
    file = tmp_path / "verifier.key"
    file.write_text(f"{log.signer.verifier}\n")
    return file


def run(*arguments: object, lang: str = "en_GB.UTF-8") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["verify", *map(str, arguments)], env={"LANG": lang, "LC_ALL": lang})
    return done.exit_code, done.stdout


def test_an_export_is_verified_and_one_flipped_bit_is_not(log: Log, key: Path, tmp_path: Path) -> None:
    folder = log.export(tmp_path / "export")
    code, text = run(folder, "--key", key)
    assert (code, text.splitlines()[0]) == (0, "VERIFIED")
    bundle = folder / "tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[1000] ^= 1
    bundle.write_bytes(data)
    code, text = run(folder, "--key", key, lang="zh_CN.UTF-8")
    assert (code, text.splitlines()[0]) == (1, "验证未通过")


def test_older_checkpoints_are_held_against_the_log(log: Log, key: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(log.checkpoint())
    log.add(100)
    folder = log.export(tmp_path / "export")
    code, text = run(folder, "--key", key, "--older", kept, "--json")
    assert (code, json.loads(text)["older"]) == (0, [700])


def test_a_proof_file_is_verified(log: Log, key: Path, tmp_path: Path) -> None:
    file = tmp_path / "7.tlog-proof"
    file.write_bytes(prove(log.tree, 7, log.checkpoint()).write())
    assert run(file, "--key", key)[0] == 0
    assert run(file, "--key", str(Signer.generate(ORIGIN).verifier))[0] == 1


def test_what_cannot_be_checked_ends_with_two(key: Path, tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere", "--key", key)[0] == 2
    assert run(tmp_path, "--key", "no key")[0] == 2
    assert run(tmp_path)[0] == 2
