"""The supervisor: starts what the table says, brings back what ends, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callwarden.site.layout import Accounts, Layout
from callwarden.site.processes import TABLE, Process, Site, environment_of
from callwarden.site.supervisor import OneShotFailed, Supervisor

PROGRAMS = {
    "steady": "import time\nopen(PLACE + '/steady.%d' % os.getpid(), 'w').close()\ntime.sleep(60)\n",
    "leaver": "open(PLACE + '/leaver.%d' % os.getpid(), 'w').close()\n",
    "stubborn": """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(PLACE + '/stubborn.%d' % os.getpid(), 'w').close()
        time.sleep(60)
        """,
    "parent": """
        import subprocess, time
        child = subprocess.Popen(['sleep', '60'])
        open(PLACE + '/parent.%d' % child.pid, 'w').close()
        time.sleep(60)
        """,
    "failing": "raise ValueError('13800138000')\n",
    "quitter": "import sys\nsys.exit('The passphrase file is missing. Give another.')\n",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in PROGRAMS.items():
        body = f"import os\nPLACE = {str(tmp_path)!r}\n" + textwrap.dedent(text)
        (tmp_path / f"programs_{name}.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def supervisor(place: Path) -> Iterator[Supervisor]:
    accounts = Accounts(me := Accounts.choose().app, me)
    if os.geteuid() == 0:
        from callwarden.site.accounts import current

        accounts = Accounts(current(), current())
    layout = Layout(place / "data")
    layout.make(accounts)
    made = Supervisor(Site(layout=layout, accounts=accounts, database_url="postgresql:///none"), None)
    with made.signals():
        yield made
        made.stop()


def program(name: str, **more: object) -> Process:
    return Process(name, f"programs_{name}", **more)  # type: ignore[arg-type]


def pids(place: Path, name: str) -> list[int]:
    return sorted(int(path.suffix[1:]) for path in place.glob(f"{name}.*") if path.suffix[1:].isdigit())


def turn_until(supervisor: Supervisor, condition, *, within: float = 10) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        supervisor.tick(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_that_leaves_with_success_is_started_again(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("leaver"),))
    turn_until(supervisor, lambda: len(pids(place, "leaver")) >= 3)


def test_the_pause_before_each_new_start_grows(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("leaver"),))
    child = supervisor._children[0]
    turn_until(supervisor, lambda: len(pids(place, "leaver")) >= 3)
    assert child.pause >= 0.8


def test_a_killed_process_comes_back(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("steady"),))
    turn_until(supervisor, lambda: len(pids(place, "steady")) == 1)
    os.kill(pids(place, "steady")[0], signal.SIGKILL)
    turn_until(supervisor, lambda: len(pids(place, "steady")) == 2)


def test_what_a_killed_process_left_behind_ends_with_it(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("parent"),))
    turn_until(supervisor, lambda: len(pids(place, "parent")) == 1)
    grandchild = pids(place, "parent")[0]
    child = supervisor._children[0].running
    assert child is not None
    child.kill()
    turn_until(supervisor, lambda: not alive(grandchild))


def test_stopping_leaves_nobody_and_kills_who_does_not_listen(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("steady", count=lambda _site: 2), program("stubborn", stop_seconds=1.0)))
    turn_until(supervisor, lambda: len(pids(place, "steady")) == 2 and pids(place, "stubborn"))
    everyone = pids(place, "steady") + pids(place, "stubborn")
    begun = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - begun < 10
    assert not any(alive(pid) for pid in everyone)


def test_a_step_that_fails_says_which_and_its_log_holds_the_kind_of_error_but_no_value(
    supervisor: Supervisor, place: Path
) -> None:
    with pytest.raises(OneShotFailed) as failed:
        supervisor.run_once(program("failing"))
    assert (failed.value.name, failed.value.code) == ("failing", 1)
    text = (place / "data" / "logs" / "failing.log").read_text()
    assert "ValueError" in text
    assert "13800138000" not in text


def test_the_last_words_of_a_program_are_in_its_log(supervisor: Supervisor, place: Path) -> None:
    with pytest.raises(OneShotFailed):
        supervisor.run_once(program("quitter"))
    assert "The passphrase file is missing. Give another." in (place / "data" / "logs" / "quitter.log").read_text()


def test_a_module_that_is_not_installed_is_left_out(supervisor: Supervisor, place: Path) -> None:
    supervisor.start_all((program("nowhere"), program("steady")))
    turn_until(supervisor, lambda: len(pids(place, "steady")) == 1)
    assert len(supervisor._children) == 1


def test_the_settings_of_the_key_provider_and_the_keepers_login_reach_the_keeper_alone(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {
        "CALLWARDEN_PASSPHRASE_FILE": "/secret/passphrase",
        "CALLWARDEN_HSM_PIN_FILE": "/secret/pin",
        "CALLWARDEN_TRANSIT_TOKEN_FILE": "/secret/token",
        "CALLWARDEN_KEEPER_DATABASE_URL": "postgresql://keeper@/db",
    }
    for name, value in secret.items():
        monkeypatch.setenv(name, value)
    for process in TABLE:
        env = environment_of(process, supervisor.site)
        told = {name: env[name] for name in secret if name in env}
        assert told == (secret if process.name == "keeper" else {})
        assert ("CALLWARDEN_DATABASE_URL" in env) == (process.name != "keeper")


def test_every_process_but_the_backups_runs_under_a_role_that_sees_its_part_alone() -> None:
    """A backup copies the whole cluster; what serves people or programs never runs as the owner."""
    assert {process.name for process in TABLE if not process.role} == {"backups"}
    assert {process.role for process in TABLE if process.role} == {"cw_app", "cw_keeper", "cw_sequencer"}
