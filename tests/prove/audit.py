"""Chapter 3a, access and logs: decided as the matrix says, on record, and found when somebody tampers.

Each group of lines lives in a file of its own, `_audit_NAME.py`, with `run(folder)` that yields (what, outcome,
measured); this module only puts them one after the other. `CALLWARDEN_PROVE_ONLY` names groups, parted by commas, to
run these alone.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterator

import tests.prove as proofs
from tests.prove._running import scratch

_PREFIX = "_audit_"


def groups() -> list[str]:
    """Names of the groups of lines, in the order they run."""
    found = (module.name for module in pkgutil.iter_modules(proofs.__path__))
    return sorted(name.removeprefix(_PREFIX) for name in found if name.startswith(_PREFIX))


def run() -> Iterator[tuple[str, str, str]]:
    only = os.environ.get("CALLWARDEN_PROVE_ONLY", "")
    wanted = only.split(",") if only else groups()
    if unknown := set(wanted) - set(groups()):
        raise ValueError(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(groups())}")
    with scratch("audit") as folder:
        for name in wanted:
            yield from importlib.import_module(f"tests.prove.{_PREFIX}{name}").run(folder)
