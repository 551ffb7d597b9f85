"""Chapter 3a, access and logs: decided as the matrix says, on record, and found when somebody tampers.

Each group of lines lives in a file of its own, `_audit_NAME.py`, with `run(folder)` that yields (what, outcome,
measured). Each runs in a process of its own, as many at once as there are processors (`CALLWARDEN_TEST_AT_ONCE`), and
beside them the one that only waits. `CALLWARDEN_PROVE_ONLY` names groups, parted by commas, to run these alone.
"""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import tests.prove as proofs
from tests.prove._database import Databases
from tests.prove._running import ROOT, scratch

AT_ONCE = int(os.environ.get("CALLWARDEN_TEST_AT_ONCE", str(os.cpu_count() or 1)))
# The longest begin first; the first of all does nothing but wait.
FIRST = ("table_in_time", "kills", "leaves", "intruder")
_PREFIX = "_audit_"
Line = tuple[str, str, str]


def groups() -> list[str]:
    """Names of the groups of lines, in the order they begin."""
    found = (module.name for module in pkgutil.iter_modules(proofs.__path__))
    names = {name.removeprefix(_PREFIX) for name in found if name.startswith(_PREFIX)}
    return [*FIRST, *sorted(names - set(FIRST))]


def run() -> Iterator[Line]:
    only = os.environ.get("CALLWARDEN_PROVE_ONLY", "")
    wanted = only.split(",") if only else groups()
    if unknown := set(wanted) - set(groups()):
        raise ValueError(f"no such group: {', '.join(sorted(unknown))}; there are {', '.join(groups())}")
    told: SimpleQueue[Line | None] = SimpleQueue()
    with (
        scratch("audit") as folder,
        Databases(folder / "laid") as databases,
        ThreadPoolExecutor(AT_ONCE + ("table_in_time" in wanted)) as pool,
    ):
        for name in wanted:
            pool.submit(_group, name, folder / name, databases.environment(name), told)
        ended = 0
        while ended < len(wanted):
            line = told.get()
            if line is None:
                ended += 1
            else:
                yield line


def _group(name: str, folder: Path, database: dict[str, str], told: SimpleQueue[Line | None]) -> None:
    """Run one group and tell its lines as they come. One that breaks is a line that fails: none goes missing."""
    try:
        folder.mkdir(mode=0o711)
        with subprocess.Popen(
            [sys.executable, "-m", "tests.prove._group", f"{_PREFIX}{name}", str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | database,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            for line in process.stdout:
                what, outcome, measured = json.loads(line)
                told.put((what, outcome, measured))
        if process.returncode != 0:
            told.put((f"The group {name} runs to its end", "fail", f"ended with {process.returncode}"))
    except Exception as error:
        told.put((f"The group {name} runs to its end", "fail", type(error).__name__))
    finally:
        told.put(None)
