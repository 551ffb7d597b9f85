"""A file of receivers that cannot be right stops the start, with a sentence that says what to write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callwarden.site.outside import BadSetting
from callwarden.site.siem import receivers

GOOD = {"kind": "syslog", "host": "siem.example"}
HOOK = {"kind": "webhook", "url": "https://lake.example/x", "secret_file": "/etc/secret"}


def read(tmp_path: Path, told: object) -> dict[str, dict[str, object]]:
    file = tmp_path / "siem.json"
    file.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return receivers(str(file))


def test_what_is_left_out_is_safe(tmp_path: Path) -> None:
    assert receivers("") == {}
    read_back = read(tmp_path, {"soc": GOOD, "lake": HOOK})
    assert read_back["soc"]["plain"] is False
    assert (read_back["soc"]["port"], read_back["soc"]["receipt"], read_back["soc"]["format"]) == (
        6514,
        "closed",
        "ocsf",
    )
    assert read_back["lake"] == {**HOOK, "format": "ocsf"}


@pytest.mark.parametrize(
    "told",
    [
        "no json",
        [],
        {"Not A Slug": GOOD},
        {"soc": {"host": "siem.example"}},
        {"soc": {"kind": "carrier-pigeon", "host": "x"}},
        {"soc": {"kind": "syslog"}},
        {"soc": {**GOOD, "typo": 1}},
        {"soc": {**GOOD, "host": "siem example"}},
        {"soc": {**GOOD, "port": "6514"}},
        {"soc": {**GOOD, "port": 0}},
        {"soc": {**GOOD, "port": True}},
        {"soc": {**GOOD, "plain": True}},
        {"soc": {**GOOD, "plain": "no"}},
        {"soc": {**GOOD, "receipt": "maybe"}},
        {"soc": {**GOOD, "format": "xml"}},
        {"soc": {**GOOD, "ca_file": 7}},
        {"lake": {**HOOK, "url": "http://lake.example/x"}},
        {"lake": {**HOOK, "url": "ftp://lake.example/x"}},
        {"lake": {**HOOK, "url": 7}},
        {"lake": {**HOOK, "secret_file": ""}},
        {"lake": {"kind": "webhook", "url": "https://lake.example/x"}},
    ],
)
def test_what_cannot_be_right_stops_the_start(tmp_path: Path, told: object) -> None:
    with pytest.raises(BadSetting, match="CALLWARDEN_SIEM_FILE"):
        read(tmp_path, told)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="readable"):
        receivers(str(tmp_path / "none.json"))


def test_clear_text_is_for_this_machine(tmp_path: Path) -> None:
    here = {"soc": {**GOOD, "host": "127.0.0.1", "plain": True}, "lake": {**HOOK, "url": "http://localhost:9/x"}}
    assert set(read(tmp_path, here)) == {"soc", "lake"}
