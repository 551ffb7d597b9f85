"""``python -m bench NAME [--json] [--rows N]``: run one benchmark and print its figures.

With ``--json`` the last line is one object, ``{"bench": NAME, "figures": {...}}``.
Exit codes: 0 done, 1 the benchmark failed, 2 no such benchmark.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import time

from rich.console import Console
from rich.table import Table

import bench


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Run one benchmark and print its figures.")
    parser.add_argument("name", help="one of: " + ", ".join(names()))
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--rows", type=int, help="how many rows to work on, where the benchmark has rows")
    chosen = parser.parse_args(arguments)
    if chosen.name not in names():
        parser.exit(2, f"There is no benchmark {chosen.name!r}. Choose one of: {', '.join(names())}.\n")

    # Progress and table are for people: standard output stays clean for the JSON line's reader.
    console = Console(stderr=chosen.json)
    module = importlib.import_module(f"bench.{chosen.name}")
    if chosen.rows is not None:
        if not hasattr(module, "ROWS") or chosen.rows < 1:
            parser.exit(2, f"{chosen.name!r} does not work on that many rows.\n")
        module.ROWS = chosen.rows
    begin = time.perf_counter()
    with console.status(f"{chosen.name} …") as status:
        figures = module.run(lambda text: status.update(f"{chosen.name}: {text} …"))
    console.print(table(chosen.name, figures, time.perf_counter() - begin))
    if chosen.json:
        print(json.dumps({"bench": chosen.name, "figures": figures}))
    return 0


def table(name: str, figures: dict[str, float], seconds: float) -> Table:
    drawn = Table(title=f"{name} ({seconds:.1f} s)", title_justify="left")
    drawn.add_column("figure")
    drawn.add_column("value", justify="right")
    for figure, value in figures.items():
        drawn.add_row(figure, shown(value))
    return drawn


def shown(value: float) -> str:
    if isinstance(value, int) or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


if __name__ == "__main__":
    sys.exit(main())
