"""`python -m tests.prove NAME`: run one demonstration and print what was shown. Without a name, say which there are."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from rich.console import Console
from rich.table import Table

import tests.prove as proofs

OUTCOMES = {"pass": "green", "fail": "red", "not measured": "yellow", "not applicable": "dim"}


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(proofs.__path__) if not module.name.startswith("_"))


def main(arguments: list[str]) -> int:
    console = Console()
    if len(arguments) != 1 or arguments[0] not in names():
        console.print("make prove NAME=… with one of: " + (", ".join(names()) or "(none yet)"), markup=False)
        return 0 if not arguments else 2
    shown: list[tuple[str, str, str]] = []
    table = Table("What was shown", "Outcome", "Measured", title=arguments[0])
    # A proof takes up to an hour: each line is told as it comes, and all of them as a table in the end.
    for what, outcome, measured in importlib.import_module(f"tests.prove.{arguments[0]}").run():
        if outcome not in OUTCOMES:
            raise ValueError(f"{outcome!r} is no outcome; use one of {', '.join(OUTCOMES)}")
        console.print(f"{outcome}: {what}", markup=False)
        shown.append((what, outcome, measured))
        table.add_row(what, f"[{OUTCOMES[outcome]}]{outcome}[/]", measured)
    console.print(table)
    # Nothing shown is nothing proved.
    return 1 if not shown or any(outcome == "fail" for _what, outcome, _measured in shown) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
