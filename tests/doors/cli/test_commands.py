"""The commands there are: each says what it is for, in both languages, and the program lists it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from callwarden.doors.cli.main import COMMANDS

# Every command and option with its help, as a terminal of this language gets it.
_WALK = """
import json, click, typer
from callwarden.doors.cli.main import app, COMMANDS

def walk(command, name):
    yield name, command.help or ""
    for one in command.params:
        if one.name != "help":
            yield f"{name} {one.opts[0]}", getattr(one, "help", None) or ""
    for sub, below in getattr(command, "commands", {}).items():
        yield from walk(below, f"{name} {sub}")

root = typer.main.get_command(app)
context = click.Context(root)
found = [pair for name in root.list_commands(context) for pair in walk(root.get_command(context, name), name)]
print(json.dumps(found))
"""
_HAN = re.compile(r"[\u4e00-\u9fff]")


def run(language: str, *arguments: str) -> str:
    env = os.environ | {"CALLWARDEN_LANGUAGE": language, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, check=True, timeout=120
    ).stdout


@pytest.fixture(scope="module")
def helps() -> dict[str, dict[str, str]]:
    return {language: dict(json.loads(run(language, "-c", _WALK))) for language in ("en", "zh_CN")}


def test_every_command_is_there(helps):
    assert set(COMMANDS) == {name for name in helps["en"] if " " not in name}
    assert helps["en"].keys() == helps["zh_CN"].keys()


def test_every_command_and_every_option_says_what_it_is_for(helps):
    assert [name for name, says in helps["en"].items() if not says or _HAN.search(says)] == []


def test_and_says_it_in_chinese(helps):
    assert [name for name, says in helps["zh_CN"].items() if not _HAN.search(says)] == []


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_program_lists_every_command_with_its_help(helps, language):
    listed = dict(_listed(run(language, "-m", "callwarden", "--help")))
    for name in COMMANDS:
        assert listed[name] == helps[language][name]


def _listed(page: str) -> Iterator[tuple[str, str]]:
    for line in page.splitlines():
        if found := re.fullmatch(r"\s{2}(\S+)\s{2,}(\S.*)", line):
            yield found[1], found[2]
