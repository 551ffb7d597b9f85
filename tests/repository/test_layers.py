"""The layers of the design hold, and the check that says so does catch violations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, ForeignObjectRel

from tests.repository.files import ROOT

RANKS = {
    "kernel": 1,
    "custody": 2,
    "lawful": 3,
    "protection": 3,
    "control": 3,
    "partners": 3,
    "flows": 4,
    "doors": 5,
    "site": 6,
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
    )


def test_every_contract_holds() -> None:
    held = lint(ROOT)
    assert held.returncode == 0, held.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("planted")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("static", "locale", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


@pytest.mark.parametrize(
    ("where", "planted", "contract"),
    [
        ("kernel", "import callwarden.custody", "Layers"),
        ("custody", "import callwarden.lawful", "Layers"),
        ("lawful", "import callwarden.control", "Layers"),
        ("partners", "import callwarden.flows", "Layers"),
        ("doors", "import callwarden.site.settings", "Layers"),
        ("engines/seal", "import callwarden.engines.ledger", "Engines never import each other"),
        ("engines/redact", "from django.conf import settings", "Engines know no Django"),
        ("engines/policy", "import callwarden.kernel", "Layers"),
        ("control", "from callwarden.custody.mint import WITNESS", "Only the gate"),
        ("doors", "import callwarden.custody.keeper.store", "keeper alone"),
        (".", None, "Layers"),  # a new top-level package that belongs to no layer
    ],
)
def test_a_planted_violation_is_caught(copy: Path, where: str, planted: str | None, contract: str) -> None:
    package = copy / "src" / "callwarden"
    file = package / "loose" / "__init__.py" if planted is None else package / where / "planted_violation.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{planted or ''}\n")
    try:
        caught = lint(copy)
    finally:
        file.unlink()
        if planted is None:
            shutil.rmtree(file.parent)
    assert caught.returncode != 0
    assert contract in caught.stdout


def rank_of(module: str) -> int:
    return RANKS[module.split(".")[1]]


def related() -> list[tuple[type, type]]:
    """(model, model it refers to) for every reference the product's own models declare, also those made by string."""
    found = []
    for model in apps.get_models():
        if not model.__module__.startswith("callwarden."):
            continue
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            own = isinstance(field, Field) and not isinstance(field, ForeignObjectRel)
            if own and isinstance(target, type) and target.__module__.startswith("callwarden."):
                found.append((model, target))
    return found


def test_no_model_refers_upwards_or_across_chapters() -> None:
    assert len(related()) > 10
    wrong = [
        f"{model.__module__}.{model.__name__} -> {target.__module__}.{target.__name__}"
        for model, target in related()
        if rank_of(target.__module__) > rank_of(model.__module__)
        or (
            rank_of(target.__module__) == rank_of(model.__module__)
            and target.__module__.split(".")[1] != model.__module__.split(".")[1]
        )
    ]
    assert wrong == []


def test_engines_can_be_imported_without_django() -> None:
    program = (
        "import sys, importlib, pkgutil, callwarden.engines as e\n"
        "[importlib.import_module(m.name) for m in pkgutil.iter_modules(e.__path__, 'callwarden.engines.')]\n"
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
