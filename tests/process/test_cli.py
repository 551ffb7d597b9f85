"""The command line: fast, in the reader's language, and silent about values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from callwarden.doors.cli import main
from callwarden.site import up


def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callwarden", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": ":".join(sys.path), **env},
    )


def test_version_needs_no_server_and_no_django() -> None:
    assert call("version").stdout.startswith("callwarden 0")


def test_every_command_has_help_text_and_a_module_with_a_command() -> None:
    listed = call("--help").stdout
    for name, entry in main.COMMANDS.items():
        if main._installed(entry):
            assert name in listed
            assert entry.help in listed


def test_an_unknown_command_is_refused_with_a_hint() -> None:
    refused = call("destroy-everything")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_an_unexpected_error_prints_one_line_without_the_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> None:
        raise ValueError("13800138000")

    monkeypatch.setattr(main, "app", breaks)
    with pytest.raises(SystemExit) as left:
        main.main()
    error = capsys.readouterr().err
    assert left.value.code == 70
    assert len(error.splitlines()) == 1
    assert "ValueError" in error
    assert "13800138000" not in error


def test_the_same_fault_has_the_same_number_and_another_has_another() -> None:
    def fault(kind: type[Exception]) -> str:
        try:
            raise kind("x")
        except Exception as error:
            return main.explain(error)

    assert fault(ValueError) == fault(ValueError)
    assert fault(ValueError) != fault(KeyError)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_listening_beyond_this_machine_without_a_certificate_is_refused(host: str, tmp_path: Path) -> None:
    refused = call("up", "--host", host, "--data-dir", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "--tls-cert" in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_needs_no_certificate(host: str) -> None:
    up._require_safe_binding(host, None, None)


def test_a_key_without_its_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("x")
    refused = call("up", "--tls-key", str(tmp_path / "key.pem"))
    assert refused.returncode == 2
    assert "together" in refused.stderr


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = call("up", "--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "--port" in refused.stderr


def test_an_unknown_process_is_refused_and_the_known_are_named() -> None:
    refused = call("up", "--only", "web,telephone")
    assert refused.returncode == 2
    assert "telephone" in refused.stderr
    assert "sequencer" in refused.stderr
