"""The verifier finds every change, names it, and stands alone."""

from __future__ import annotations

import ast
import gzip
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwarden.engines.ledger import Checkpoint, ProofRefused, Signer, TlogProof, TreeView, canonical, export, prove
from callwarden.engines.ledger._tiles import read_bundle, write_bundle
from callwarden.engines.ledger.verifier import TEXTS, Report, render, verify_export, verify_proof

from .conftest import ORIGIN, Log, PlainFolder, make_log

VERIFIER = Path(sys.modules[verify_export.__module__].__file__ or "")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def check(log: Log, folder: Path, **options: object) -> Report:
    return verify_export(folder, [str(log.signer.verifier)], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 700, 65_536, 66_000])
def test_an_untouched_export_verifies(size: int, tmp_path: Path) -> None:
    log = make_log(size)
    report = check(log, log.export(tmp_path))
    assert report.verified, report.faults
    assert (report.size, report.root, report.origin) == (size, log.tree.root().hex(), ORIGIN)


def test_every_flipped_bit_and_every_truncation_is_refused(tmp_path: Path) -> None:
    log = make_log(4)
    folder = log.export(tmp_path)
    for file in files(folder):
        whole = file.read_bytes()
        for at in range(len(whole)):
            changes = [whole[:at], *(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for bit in range(8))]
            for changed in changes:
                file.write_bytes(changed)
                report = check(log, folder)
                assert report.code == 1, (file, at)
                assert report.faults
        file.write_bytes(whole)
    assert check(log, folder).verified


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_bit_flipped_anywhere_in_a_tree_of_three_levels_is_refused(seed: int, large: tuple[Log, Path]) -> None:
    log, folder = large
    pick = random.Random(seed)
    file = pick.choice(files(folder))
    whole = file.read_bytes()
    at = pick.randrange(len(whole))
    try:
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << pick.randrange(8)]) + whole[at + 1 :])
        assert check(log, folder).code == 1
    finally:
        file.write_bytes(whole)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, Path]:
    """Over 65,536 entries, so that a third level exists."""
    log = make_log(66_000)
    return log, log.export(tmp_path_factory.mktemp("large"))


@pytest.mark.parametrize("at", range(8))
def test_a_missing_file_is_named(at: int, log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path)
    file = files(folder)[at]
    file.unlink()
    report = check(log, folder)
    assert report.code == 1
    assert file.relative_to(folder).as_posix() in report.faults[-1].text()


def test_an_altered_entry_is_found_at_its_index(log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path)
    bundle = folder / "tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":300', b'"n":301'))
    report = check(log, folder)
    assert report.faults[0].code == "entry_altered"
    assert report.faults[0].data == {"index": 300}


def drop(entries: list[bytes]) -> list[bytes]:
    return entries[:300] + entries[301:]


def insert(entries: list[bytes]) -> list[bytes]:
    return [*entries[:300], canonical({"event": "invented"}), *entries[300:]]


def swap(entries: list[bytes]) -> list[bytes]:
    return [*entries[:300], entries[301], entries[300], *entries[302:]]


def edit(entries: list[bytes]) -> list[bytes]:
    return [*entries[:300], canonical({"event": "record.viewed", "n": 300}), *entries[301:]]


def cut(entries: list[bytes]) -> list[bytes]:
    return entries[:-1]


rewriters = pytest.mark.parametrize("rewrite", [drop, insert, swap, edit, cut])


def rebuilt(log: Log, rewrite: Callable[[list[bytes]], list[bytes]], signer: Signer) -> Log:
    other = make_log(0, signer)
    other.tree.append(rewrite(list(log.tree.entries(0, log.tree.size))))
    return other


@rewriters
def test_rewritten_entries_with_tiles_to_match_fail_at_the_signed_root(
    rewrite: Callable[[list[bytes]], list[bytes]], log: Log, tmp_path: Path
) -> None:
    """An administrator of the database can make all of this fit, but for the signature."""
    other = rebuilt(log, rewrite, log.signer)
    folder = other.export(tmp_path)
    (folder / "checkpoint").write_bytes(log.checkpoint())
    report = check(log, folder)
    assert report.code == 1
    assert report.faults


@rewriters
def test_a_log_rewritten_and_signed_by_another_key_is_refused(
    rewrite: Callable[[list[bytes]], list[bytes]], log: Log, tmp_path: Path
) -> None:
    other = rebuilt(log, rewrite, Signer.generate(ORIGIN))
    report = check(log, other.export(tmp_path))
    assert report.faults[0].code == "note_unsigned"


@rewriters
def test_a_log_rewritten_with_the_stolen_key_fails_against_a_checkpoint_kept_elsewhere(
    rewrite: Callable[[list[bytes]], list[bytes]], log: Log, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(log.checkpoint())
    other = rebuilt(log, rewrite, log.signer)
    if rewrite is not cut:
        other.add(50)
    folder = other.export(tmp_path / "export")
    assert check(log, folder).verified
    report = check(log, folder, older=[kept])
    assert report.code == 1
    assert report.faults[0].code == ("older_larger" if rewrite is cut else "older_differs")


@pytest.mark.parametrize("older", [0, 1, 255, 256, 257, 511, 512, 600, 699, 700])
def test_a_log_that_only_grew_continues_every_older_checkpoint(older: int, tmp_path: Path) -> None:
    log = make_log(older)
    kept = tmp_path / "kept"
    kept.write_bytes(log.checkpoint())
    log.add(700 - older)
    report = check(log, log.export(tmp_path / "export"), older=[kept])
    assert report.verified
    assert report.older == [older]


def test_a_split_view_is_found_by_whoever_holds_the_other_head(tmp_path: Path) -> None:
    signer = Signer.generate(ORIGIN)
    one, two = make_log(300, signer), make_log(300, signer)
    one.add(10, "record.revealed")
    two.add(10, "record.viewed")
    kept = tmp_path / "kept"
    kept.write_bytes(one.checkpoint())
    report = check(two, two.export(tmp_path / "export"), older=[kept])
    assert report.faults[0].code == "older_differs"


def test_files_beyond_the_checkpoint_are_refused_unless_the_log_is_live(log: Log, tmp_path: Path) -> None:
    note = log.checkpoint()
    folder = log.export(tmp_path)
    log.add(200)
    for path, data in log.store.files.items():
        if not (folder / path).exists():
            PlainFolder(folder).put(path, data)
    assert (folder / "checkpoint").read_bytes() == note
    report = check(log, folder)
    assert {fault.code for fault in report.faults} == {"file_stray"}
    assert check(log, folder, live=True).verified
    (folder / "tile/notes.txt").write_text("x")
    assert check(log, folder, live=True).faults[0].code == "file_extra"


def test_an_export_made_after_the_log_grew_still_verifies(log: Log, tmp_path: Path) -> None:
    note = log.checkpoint()
    log.add(1000)
    assert check(log, log.export(tmp_path, note)).verified


def test_what_cannot_be_checked_is_not_called_wrong(log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path / "export")
    for report in (
        verify_export(folder, ["not a key"]),
        verify_export(tmp_path / "nowhere", [str(log.signer.verifier)]),
        check(log, folder, older=[tmp_path / "nothing"]),
        verify_proof(tmp_path / "nothing", [str(log.signer.verifier)]),
    ):
        assert report.code == 2
        assert not report.verified


def test_without_a_key_nothing_verifies(log: Log, tmp_path: Path) -> None:
    assert verify_export(log.export(tmp_path), []).code == 1


@pytest.fixture
def proof(log: Log) -> bytes:
    return prove(TreeView(log.store, 700), 123, log.checkpoint()).write()


def test_a_proof_file_verifies_by_itself_and_no_changed_byte_does(log: Log, proof: bytes) -> None:
    keys = [str(log.signer.verifier)]
    report = verify_proof(proof, keys)
    assert report.verified
    assert (report.index, report.entry) == (123, log.tree.entry(123).decode())
    for at in range(len(proof)):
        for changed in [
            proof[:at],
            *(proof[:at] + bytes([proof[at] ^ 1 << bit]) + proof[at + 1 :] for bit in range(8)),
        ]:
            assert not verify_proof(changed, keys).verified, at


def test_a_proof_without_its_entry_needs_it_given(log: Log, tmp_path: Path) -> None:
    keys = [str(log.signer.verifier)]
    bare = prove(TreeView(log.store, 700), 123, log.checkpoint(), with_entry=False).write()
    assert verify_proof(bare, keys).faults[0].code == "no_entry"
    assert verify_proof(bare, keys, entry=log.tree.entry(123)).verified
    assert verify_proof(bare, keys, entry=log.tree.entry(124)).faults[0].code == "proof_wrong"


def test_a_packed_proof_is_the_same_proof(log):
    plain = prove(log.tree, 123, log.checkpoint())
    packed, keys = plain.write(packed=True), [str(log.signer.verifier)]
    assert gzip.decompress(packed) == plain.write()
    assert len(packed) < len(plain.write())
    assert TlogProof.parse(packed) == plain
    assert verify_proof(packed, keys).verified
    for cut in range(len(packed)):
        assert not verify_proof(packed[:cut], keys).verified
        with pytest.raises(ProofRefused):
            TlogProof.parse(packed[:cut])


def test_a_packed_proof_that_unpacks_to_more_than_a_proof_is_refused(log):
    bomb = gzip.compress(b"c2sp.org/tlog-proof@v1\n" + bytes(64 << 20))
    assert [fault.code for fault in verify_proof(bomb, [str(log.signer.verifier)]).faults] == ["proof_malformed"]
    with pytest.raises(ProofRefused):
        TlogProof.parse(bomb)


def test_a_given_entry_that_differs_from_the_carried_one_is_said(log: Log, proof: bytes) -> None:
    report = verify_proof(proof, [str(log.signer.verifier)], entry=log.tree.entry(124))
    assert report.faults[0].code == "entry_differs"


def test_the_verifier_imports_only_the_standard_library_and_cryptography() -> None:
    modules = set()
    for node in ast.walk(ast.parse(VERIFIER.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add((node.module or "").split(".")[0])
    assert modules - set(sys.stdlib_module_names) == {"cryptography"}


def run(program: Path, *arguments: object, lang: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"LANG": lang, "PYTHONUTF8": "1"},
        cwd=program.parent,
    )


def test_a_copy_of_the_file_works_alone_in_both_languages(log: Log, proof: bytes, tmp_path: Path) -> None:
    program = Path(shutil.copy(VERIFIER, tmp_path / "check.py"))
    folder = log.export(tmp_path / "export")
    key = tmp_path / "key"
    key.write_text(f"{log.signer.verifier}\n")
    done = run(program, folder, "--key", key)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "VERIFIED", "")
    done = run(program, folder, "--key", log.signer.verifier, lang="zh_CN.UTF-8")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "验证通过")
    (tmp_path / "one.tlog-proof").write_bytes(proof)
    assert run(program, tmp_path / "one.tlog-proof", "--key", key).returncode == 0
    done = run(program, folder, "--key", Signer.generate(ORIGIN).verifier, "--json")
    assert (done.returncode, json.loads(done.stdout)["faults"][0]["code"]) == (1, "note_unsigned")
    done = run(program, tmp_path / "nowhere", "--key", key)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_every_text_exists_in_both_languages_with_the_same_blanks() -> None:
    for english, chinese in TEXTS.values():
        blanks = [sorted(part.split("}")[0] for part in text.split("{")[1:]) for text in (english, chinese)]
        assert blanks[0] == blanks[1]
        assert english != chinese


def test_an_entry_cannot_steer_the_terminal_it_is_shown_on() -> None:
    assert "\x1b" not in render(Report(code=0, origin="x", index=0, entry="\x1b[2J"), "en")


def test_an_export_needs_every_file_of_the_tree(log: Log, tmp_path: Path) -> None:
    del log.store.files["tile/0/001"]
    with pytest.raises(Exception, match="tile/0/001"):
        export(log.store, log.checkpoint(), PlainFolder(tmp_path))
    assert not (tmp_path / "checkpoint").exists()


def test_a_checkpoint_over_a_size_the_entries_do_not_have_is_refused(log: Log, tmp_path: Path) -> None:
    folder = log.export(tmp_path)
    bundle = folder / "tile/entries/002.p/188"
    shorter = write_bundle(read_bundle(bundle.read_bytes(), 188, "x")[:-1])
    bundle.write_bytes(shorter)
    assert check(log, folder).faults[0].code == "bundle_count"
    (folder / "checkpoint").write_bytes(Checkpoint(ORIGIN, 699, log.tree.root()).sign(log.signer))
    assert check(log, folder).code == 1
