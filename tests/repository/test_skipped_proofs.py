"""A line of a proof whose tests were skipped was not measured, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prove._pytest import judged, line_of

PASSES = "def test_it() -> None:\n    pass\n"
SKIPS = "import pytest\n\n\ndef test_tool() -> None:\n    pytest.skip('xmlsec1 is not here')\n"
FAILS = "def test_wrong() -> None:\n    assert False\n"


def test_a_skipped_test_is_never_a_pass() -> None:
    report = "..s\nSKIPPED [1] tests/doors/test_saml.py:31: xmlsec1 is not here\n2 passed, 1 skipped in 0.10s"
    assert judged(0, report, "2 passed, 1 skipped") == (
        "not measured",
        "2 passed, 1 skipped; skipped: tests/doors/test_saml.py:31: xmlsec1 is not here",
    )


def test_all_passed_is_a_pass_and_a_failure_stays_one() -> None:
    assert judged(0, "..\n2 passed in 0.10s", "2 passed")[0] == "pass"
    assert judged(1, "SKIPPED [1] a.py:1: no Go\n1 failed, 1 skipped in 0.10s", "1 failed")[0] == "fail"


def test_nothing_run_is_not_a_pass() -> None:
    assert judged(0, "3 deselected in 0.10s", "3 deselected")[0] == "not measured"


@pytest.mark.parametrize(
    ("source", "outcome", "told"),
    [
        pytest.param(PASSES, "pass", "1 passed", id="passed"),
        pytest.param(PASSES + SKIPS, "not measured", "xmlsec1 is not here", id="one-skipped"),
        pytest.param(SKIPS, "not measured", "xmlsec1 is not here", id="all-skipped"),
        pytest.param(PASSES + SKIPS + FAILS, "fail", "test_wrong", id="one-failed"),
    ],
)
def test_what_pytest_itself_reports_is_understood(tmp_path: Path, source: str, outcome: str, told: str) -> None:
    file = tmp_path / "test_made.py"
    file.write_text(source, encoding="utf-8")
    _what, came, measured = line_of("made", [str(file)])
    assert came == outcome
    assert told in measured
