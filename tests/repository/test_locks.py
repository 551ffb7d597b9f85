"""What is installed is fixed by hash and comes from wherever the person's own index is: the locks name no host."""

from __future__ import annotations

import json
import re
import tomllib

from tests.repository.files import ROOT, tracked

LOCK = ROOT / "requirements" / "all.lock"


def requirements() -> dict[str, str]:
    """Name -> its lines of the lock."""
    found: dict[str, str] = {}
    name = ""
    for line in LOCK.read_text().splitlines():
        if match := re.match(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?==", line):
            name = canonical(match[1])
            found[name] = line
        elif name and line.startswith("    --hash"):
            found[name] += line
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_python_lock_names_no_host_and_no_index() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    assert not re.search(r"^--?(index|extra-index|find-links|trusted|i\b|f\b)", text, re.M)


def test_every_locked_package_has_a_hash() -> None:
    assert len(requirements()) > 50
    assert [name for name, lines in requirements().items() if "--hash=sha256:" not in lines] == []


def test_every_declared_dependency_is_locked() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *declared["project"]["dependencies"],
        *(item for extra in declared["project"]["optional-dependencies"].values() for item in extra),
        *(item for group in declared["dependency-groups"].values() for item in group),
    ]
    names = {canonical(re.split(r"[\[<>=!~; ]", item)[0]) for item in wanted}
    assert names - set(requirements()) == set()


def test_the_front_end_lock_names_no_host_but_has_checksums() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity")] == []


def test_files_that_would_name_an_index_are_not_kept() -> None:
    assert not {"uv.lock", "pip.conf", ".pypirc", "poetry.lock"} & {path.name for path in tracked()}
