"""The verifier as a package of its own: built, installed where nothing of the system is, and used there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from callwarden.engines.ledger import Signer, canonical, prove
from tests.repository.files import ROOT

from .conftest import ORIGIN, Log

SOURCE = ROOT / "packages" / "callwarden-verify"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`callwarden-verify` in an environment that has the wheel and `cryptography`, and nothing else."""
    folder = tmp_path_factory.mktemp("package")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, str(folder), str(SOURCE)], check=True, capture_output=True)
    (wheel,) = folder.glob("callwarden_verify-*.whl")
    place = folder / "venv"
    venv.create(place, with_pip=False)
    (packages,) = place.glob("lib/python*/site-packages")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--target",
            str(packages),
            wheel,
        ],
        check=True,
        capture_output=True,
    )
    # The compiled package comes from this environment: building it anew is not what is tried here.
    import cffi
    import cryptography

    for package in (cryptography, cffi):
        home = Path(package.__file__).parent
        (packages / home.name).symlink_to(home)
    for library in Path(cffi.__file__).parent.parent.glob("_cffi_backend*"):
        (packages / library.name).symlink_to(library)
    script = place / "bin" / "callwarden-verify"
    script.write_text(
        f"#!{place}/bin/python\nimport sys\nfrom callwarden_verify.command import main\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    return script


def run(command: Path, *arguments: object) -> tuple[int, str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(command), *map(str, arguments)], capture_output=True, text=True, env=environment, cwd="/"
    )
    return done.returncode, done.stdout or done.stderr


def test_nothing_of_the_system_is_there(command: Path) -> None:
    python = command.parent / "python"
    tried = "import importlib.util as u; print(u.find_spec('callwarden'), u.find_spec('django'))"
    done = subprocess.run([str(python), "-c", tried], capture_output=True, text=True, cwd="/", env={})
    assert done.stdout.strip() == "None None"


def test_an_export_and_a_proof_are_verified_and_a_changed_one_is_not(command: Path, log: Log, tmp_path: Path) -> None:
    key, folder, proof = tmp_path / "verifier.key", log.export(tmp_path / "export"), tmp_path / "7.tlog-proof"
    key.write_text(f"{log.signer.verifier}\n")
    proof.write_bytes(prove(log.tree, 7, log.checkpoint()).write())
    code, told = run(command, folder, "--key", key, "--json")
    assert (code, json.loads(told)["size"]) == (0, 700)
    assert run(command, proof, "--key", key)[0] == 0
    assert run(command, proof, "--key", str(Signer.generate(ORIGIN).verifier))[0] == 1
    bundle = folder / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert run(command, folder, "--key", key)[0] == 1
    assert run(command, tmp_path / "nowhere", "--key", key)[0] == 2


def test_a_certificate_is_verified_and_a_changed_one_is_not(command: Path, log: Log, tmp_path: Path) -> None:
    import hashlib

    text = {"id": "c-1", "records": 3}
    digest = hashlib.sha256(canonical(text)).hexdigest()
    log.tree.append(
        [canonical({"event": "lawful:erasure:certified", "data": {"digest": digest, "certificate": "c-1"}})]
    )
    proof = prove(log.tree, 700, log.checkpoint()).write().decode()
    file = tmp_path / "c-1.cw-certificate.json"
    whole = {"format": "callwarden-certificate/1", "certificate": text, "proof": proof}
    file.write_text(json.dumps(whole))
    assert run(command, file, "--key", log.signer.verifier)[0] == 0
    file.write_text(json.dumps(whole | {"certificate": text | {"records": 2}}))
    assert run(command, file, "--key", log.signer.verifier)[0] == 1


def test_a_bundle_of_evidence_is_verified_and_a_thinned_one_is_not(command: Path, log: Log, tmp_path: Path) -> None:
    import hashlib
    import zipfile

    ids = [{"log": ORIGIN, "index": 700 + number, "entry": f"e-{number}"} for number in range(2)]
    log.tree.append([canonical({"event": "record.revealed", "id": one["entry"]}) for one in ids])
    told = {"format": "callwarden-evidence/1", "asked": {"call": "c"}, "count": 2, "entries": ids}
    listed = json.dumps(told).encode()
    digest = hashlib.sha256(listed).hexdigest()
    log.tree.append([canonical({"event": "ledger:evidence:taken", "actor": "a", "data": {"digest": digest}})])
    files = {"evidence.json": listed, "taken.tlog-proof": prove(log.tree, 702, log.checkpoint()).write()}
    for number in range(2):
        files[f"entries/{number:05d}.tlog-proof"] = prove(log.tree, 700 + number, log.checkpoint()).write()
    thinned = {name: data for name, data in files.items() if name != "entries/00001.tlog-proof"}
    for name, content, expected in (("whole", files, 0), ("thinned", thinned, 1)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path, data in content.items():
                archive.writestr(path, data)
        assert run(command, tmp_path / name, "--key", log.signer.verifier)[0] == expected


def test_it_asks_for_the_standard_library_and_cryptography_alone() -> None:
    for name in ("verifier.py", "certificate_verifier.py", "evidence_verifier.py"):
        source = (ROOT / "src/callwarden/engines/ledger" / name).read_text(encoding="utf-8")
        imported = {
            line.split()[1].partition(".")[0]
            for line in source.splitlines()
            if line.lstrip().startswith(("import ", "from ")) and "import" in line and " ." not in line
        }
        outside = imported - set(sys.stdlib_module_names)
        assert outside <= {"cryptography", "callwarden", "callwarden_verify", "verifier"}
