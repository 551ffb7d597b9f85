"""The recovery ceremony as its guide tells it: every command of the page, on a running Callwarden."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.test_up import Up, kill_whatever_is_left

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "docs/guides/recovery-ceremony.md", ROOT / "docs/guides/recovery-ceremony.zh-CN.md"]
PASSWORD = "a long password of the officer"
NEW_PASSPHRASE = "another passphrase of the site"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("up"), pytest.mark.timeout(600)]

# What the second person does in the console, with the same functions the page calls.
APPROVE = """
import django; django.setup()
from callwarden.kernel import approvals
from callwarden.kernel.models import User
(waiting,) = approvals.pending_for(User.objects.get(username="second"))
approvals.approve(waiting.pk, by=User.objects.get(username="second"))
"""


@pytest.fixture
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="callwarden-ceremony-"))
    folder.chmod(0o711)
    made = Up(folder / "data")
    try:
        made.await_summary()
        yield made
    finally:
        made.stop()
        kill_whatever_is_left(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def commands(guide: Path) -> list[list[str]]:
    return [shlex.split(line) for line in re.findall(r"^    (callwarden .+)$", guide.read_text("utf-8"), re.MULTILINE)]


def python(up: Up, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLWARDEN_")}
    environment |= {
        "CALLWARDEN_DATA_DIR": str(up.data),
        "CALLWARDEN_LANGUAGE": "en",
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
    }
    return subprocess.run(
        [sys.executable, *arguments], env=environment, input=typed, capture_output=True, text=True, timeout=120
    )


def run(up: Up, command: list[str], *, typed: str, **values: str) -> str:
    """Run one command of the guide with its capital letters filled in; what it printed."""
    done = python(up, "-m", "callwarden", *(values.get(word, word) for word in command[1:]), typed=typed)
    assert done.returncode == 0, done.stderr
    assert NEW_PASSPHRASE not in done.stdout + done.stderr
    return done.stdout


def root_of(up: Up) -> dict[str, object]:
    """What the keeper says of the root, as soon as it answers."""
    deadline = time.monotonic() + 60
    while (told := python(up, "-m", "callwarden", "keys", "show")).returncode != 0:
        assert time.monotonic() < deadline, told.stderr
    found: dict[str, object] = json.loads(told.stdout)
    return found


def outcome(up: Up, check: str) -> str:
    body = json.loads(python(up, "-m", "callwarden", "doctor", "--json").stdout)
    found: str = body["checks"][check]["outcome"]
    return found


def test_both_languages_tell_the_same_commands() -> None:
    assert commands(GUIDES[0]) == commands(GUIDES[1])


@pytest.mark.long
def test_the_commands_of_the_guide_do_what_it_says(up: Up, tmp_path: Path) -> None:
    ask, export, check, restore, start, unlock = commands(GUIDES[0])
    for name, role in (("officer", "security_administrator"), ("second", "data_protection_officer")):
        added = python(
            up, "-m", "callwarden", "add-person", name, "--role", role, "--password-stdin", typed=f"{PASSWORD}\n"
        )
        assert added.returncode == 0, added.stderr
    passphrase = (up.data / "keys" / "passphrase").read_text().strip()

    number = run(up, ask, typed=f"{PASSWORD}\n", OFFICER="officer").strip()
    approved = python(up, "-c", APPROVE)
    assert approved.returncode == 0, approved.stderr
    shares = run(up, export, typed=f"{PASSWORD}\n{passphrase}\n", NUMBER=number, OFFICER="officer").splitlines()
    assert len(shares) == 5
    three = "".join(f"{share}\n" for share in shares[2:])
    assert "bring back the root in force" in run(up, check, typed=three)
    logged = up.logs()
    assert not any(" ".join(share.split()[4:8]) in logged for share in shares)
    assert passphrase not in logged

    # root.key and its passphrase are lost.
    up.stop()
    for name in ("root.key", "passphrase"):
        (up.data / "keys" / name).unlink()
    new = tmp_path / "new"
    new.write_text(NEW_PASSPHRASE)
    new.chmod(0o600)
    run(up, restore, typed=three, NEW=str(new))
    shutil.copy(new, up.data / "keys" / "passphrase")
    owner = (up.data / "keys" / "root.key").stat()
    os.chown(up.data / "keys" / "passphrase", owner.st_uid, owner.st_gid)
    up.restart()
    assert up.ready()

    # Without root.key on the machine.
    up.stop()
    for name in ("root.key", "passphrase"):
        (up.data / "keys" / name).unlink()
    assert start[:2] == ["callwarden", "up"]
    up.options, up.typed = tuple(start[2:]), "".join(f"{share}\n" for share in shares[:3])
    up.restart()
    assert up.ready()
    assert not list((up.data / "keys").glob("root.key*"))
    assert not (up.data / "keys" / "passphrase").exists()
    assert outcome(up, "root") == "pass"
    os.kill(up.pid_of("keeper"), 9)
    assert root_of(up)["detail"] == "locked"
    assert outcome(up, "root") == "fail"
    assert "open until the keeper ends" in run(up, unlock, typed=three)
    up.await_ready()
    assert outcome(up, "root") == "pass"


@pytest.mark.long
def test_wrong_shares_start_nothing_and_are_told(up: Up) -> None:
    up.stop()
    up.options, up.typed = ("--unlock", "shares"), "these are no words of a share\n"
    up.output = ""
    up.process = up._start()
    said, _ = up.process.communicate(timeout=60)
    assert up.process.returncode == 2
    assert "no recovery share" in said
    assert "these are no words" not in said
