"""Go's golang.org/x/mod/sumdb, the first implementation of the formats, agrees on every accept and every refusal."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Log, make_log

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callwarden/debian"
SOURCE = Path(__file__).parent / "interop" / "main.go"


def found(*candidates: Path | str | None) -> Path | None:
    return next((Path(item) for item in candidates if item and Path(item).exists()), None)


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("go"))


def build(folder: Path) -> Path:
    """The Go program, built; skips where Go or its module is not there."""
    go = found(shutil.which("go"), CACHE / "usr/lib/go-1.19/bin/go")
    if go is None:
        pytest.skip("needs Debian package golang-go")
    path = found("/usr/share/gocode", CACHE / "usr/share/gocode")
    if path is None or not (path / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs Debian package golang-golang-x-mod-dev")
    settings = {"GO111MODULE": "off", "GOPATH": str(path), "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    if go.is_relative_to(CACHE):
        settings["GOROOT"] = str(CACHE / "usr/lib/go-1.19")
    program = folder / "interop"
    subprocess.run(
        [str(go), "build", "-o", str(program), str(SOURCE)],
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
    )
    return program


@dataclass
class Go:
    program: Path

    def __call__(self, folder: Path, log: Log, older: int, *indices: int) -> dict[str, object] | None:
        """What Go makes of the export; None when it refuses it."""
        done = subprocess.run(
            [str(self.program), str(folder), str(log.signer.verifier), str(older), *map(str, indices)],
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.fixture
def go(go_verifier: Path) -> Go:
    return Go(go_verifier)


def base64_of(hashes: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(value).decode() for value in hashes]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 65_537, 70_000])
def test_go_computes_the_same_root_and_proofs_from_our_tiles(size: int, go: Go, tmp_path: Path) -> None:
    log = make_log(size)
    folder = log.export(tmp_path)
    older = max(1, size // 3)
    indices = sorted({0, size // 2, size - 1})
    seen = go(folder, log, older, *indices)
    assert seen == {
        "size": size,
        "root": base64.b64encode(log.tree.root()).decode(),
        "older_root": base64.b64encode(log.tree.root(older)).decode(),
        "inclusion": {str(index): base64_of(log.tree.inclusion_proof(index)) for index in indices},
        "consistency": base64_of(log.tree.consistency_proof(older)),
    }


@pytest.mark.parametrize(
    "path",
    ["checkpoint", "tile/entries/000", "tile/entries/002.p/188", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"],
)
def test_go_refuses_one_flipped_bit_as_we_do(path: str, go: Go, log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path)
    assert go(folder, log, 300, 5) is not None
    data = bytearray((folder / path).read_bytes())
    data[len(data) // 2] ^= 4
    (folder / path).write_bytes(data)
    assert go(folder, log, 300, 5) is None


def test_go_refuses_another_key(go: Go, log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path)
    assert go(folder, make_log(1), 300, 5) is None
