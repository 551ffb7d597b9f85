"""One small site, filled, copied and lost; each test restores from its targets, or from a damaged copy of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.protection.backup.small_site import SmallSite


@dataclass
class Lost:
    """What is left of a site whose host is gone, and what is known of what it held."""

    folder: Path
    site: SmallSite
    kept: str
    erased: str
    after_the_copy: str
    digest_of_kept: str
    unlocked_before: str
    drill: dict
    moment_after_the_copy: str


@pytest.fixture(scope="session")
def short() -> Iterator[Path]:
    """Names of sockets are short, and the database's account passes through."""
    folder = Path(tempfile.mkdtemp(prefix="cw-b-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def killed_in_the_middle(site: SmallSite) -> None:
    """A backup that is killed with -9 while it copies the database; what it left must not count nor be in the way."""
    process = subprocess.Popen([sys.executable, "-m", "callwarden", "backup"], env=site.environment)
    deadline = time.monotonic() + 60
    while not (site.data / "backup" / "staging" / "base").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait(20)
    assert site.command("backup", "--list").stdout.strip() == ""


@pytest.fixture(scope="session")
def lost(short: Path) -> Lost:
    site = SmallSite(short / "a", short / "t", key=short / "backup.key").start()
    try:
        kept, erased, *_ = site.ask("fill", records=3)
        site.ask("people")
        before = site.ask("read", record=erased)
        killed_in_the_middle(site)
        site.command("backup")
        service = site.spawn("callwarden.site.backups")
        time.sleep(4)
        moment = datetime.now(UTC).isoformat()
        time.sleep(1)
        (later,) = site.ask("fill", records=1)
        site.ask("erase", record=erased)
        site.command("drill")
        (drill,) = site.ask("drills")
        time.sleep(4)
        assert service.poll() is None
        return Lost(short, site, kept, erased, later, site.ask("sound_digest", number=0), before, drill, moment)
    finally:
        site.lose()
