"""The files of the repository, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {".py", ".mjs", ".js", ".html", ".css", ".sh", ".md", ".toml", ".yaml", ".yml", ".cedar", ".go"}


@cache
def tracked() -> tuple[Path, ...]:
    """Tracked and new files, not the ignored ones, relative to ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix in SOURCES or path.name in {"Makefile", "run"}]


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
