"""Redaction that call centres can rely on: the figures that were asked for, each with what was measured.

Texts (made up here with a seed nobody has seen, and the sets that `DATA` names), sound, a folder killed and resumed, a
stream of anything at all, corrections, pace. Each group of lines is a file of its own, `_redaction_NAME.py`, with
`run()`; `CALLWARDEN_PROVE_ONLY` names groups, parted by commas, to run these alone.

A set, program or package that is not there is told as not measured. What takes long has a size of its own:
`CALLWARDEN_PROVE_CALLS`, `CALLWARDEN_PROVE_SPEECH_MINUTES`, `CALLWARDEN_PROVE_FOLDER_MB`,
`CALLWARDEN_PROVE_FUZZ_MINUTES`; a smaller one is said beside the figure.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator

from tests.prove._pytest import Line

GROUPS = ("text", "sound", "folder", "fuzz", "corrections", "pace")


def run() -> Iterator[Line]:
    only = os.environ.get("CALLWARDEN_PROVE_ONLY", "")
    for name in only.split(",") if only else GROUPS:
        yield from importlib.import_module(f"tests.prove._redaction_{name}").run()
