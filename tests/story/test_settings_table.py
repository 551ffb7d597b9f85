"""The guides list every variable that the program reads, with its true default."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "callwarden"
GUIDES = [ROOT / "docs/guides/operate.md", ROOT / "docs/guides/operate.zh-CN.md"]
READERS = {"env", "env_flag", "env_number", "env_days_by_jurisdiction"}
NAME = re.compile(r"CALLWARDEN_([A-Z][A-Z_]*[A-Z])\Z")
ROW = re.compile(r"^\| `CALLWARDEN_([A-Z_]+)` \| (.*?) \| (.+) \|$", re.MULTILINE)


def read_in_settings() -> dict[str, object]:
    """Name -> default for each variable that the settings read; None where the default is computed."""
    found: dict[str, object] = {}
    trees = (ast.parse((SOURCE / "site" / name).read_text(encoding="utf-8")) for name in ("settings.py", "outside.py"))
    for node in (node for tree in trees for node in ast.walk(tree)):
        if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in READERS and node.args):
            continue
        if isinstance(node.args[0], ast.Constant):
            found[node.args[0].value] = constant(node.args[1]) if len(node.args) > 1 else ""
    return found


def constant(node: ast.expr) -> object:
    """The value of an expression made of constants and arithmetic; None for any other."""
    plain = (ast.Constant, ast.BinOp, ast.operator)
    if not all(isinstance(part, plain) for part in ast.walk(node)):
        return None
    return eval(compile(ast.Expression(node), "settings", "eval"))


def read_elsewhere() -> set[str]:
    """Names that other modules take from the environment or hand to their children in it."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "environ" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (named := NAME.match(node.value)):
                found.add(named[1])
    return found


def logins() -> set[str]:
    """Names composed of a database role; see site/processes.py."""
    return {f"{role.removeprefix('cw_').upper()}_DATABASE_URL" for role in settings.DATABASE_ROLES}


@pytest.fixture(params=GUIDES, ids=lambda path: path.stem)
def guide(request: pytest.FixtureRequest) -> str:
    return Path(request.param).read_text(encoding="utf-8")


def test_every_variable_is_listed_and_none_that_is_not_read(guide: str) -> None:
    listed = {name for name, _default, _meaning in ROW.findall(guide)}
    internal = set(re.findall(r"`CALLWARDEN_([A-Z_]+)`", guide.rsplit("\n\n", 1)[-1]))
    read = set(read_in_settings()) | read_elsewhere() | logins()
    assert len(read) > 30
    assert listed & internal == set()
    assert listed | internal == read


def test_defaults_are_those_of_the_program(guide: str) -> None:
    shown = {name: default.strip("`") for name, default, _meaning in ROW.findall(guide)}
    numbers = {name: value for name, value in read_in_settings().items() if isinstance(value, int | float)}
    assert len(numbers) > 10
    assert {name: float(shown[name]) for name in numbers} == numbers
    texts = {name: value for name, value in read_in_settings().items() if isinstance(value, str) and value}
    assert {name: shown[name] for name in texts if name in shown} == {n: v for n, v in texts.items() if n in shown}
    assert {"HOSTS", "TIME_ZONE", "LOG_LEVEL", "REDACTION_PROFILE"} <= set(texts) & set(shown)


def test_both_guides_list_the_same_variables_in_the_same_order() -> None:
    first, second = ([row[0] for row in ROW.findall(path.read_text(encoding="utf-8"))] for path in GUIDES)
    assert first == second
