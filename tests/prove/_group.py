"""`python -m tests.prove._group MODULE FOLDER`: run one group of lines in a process of its own, a JSON array a line."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(module: str, folder: Path) -> None:
    for line in importlib.import_module(f"tests.prove.{module}").run(folder):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
