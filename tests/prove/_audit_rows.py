"""The log's tables on a real database, changed by its owner in every way we know, judged by what “Verify” does.

Exports and proofs, changed by whoever holds a copy, are in `_audit_ledger`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of


def run(_folder: Path) -> Iterator[Line]:
    yield line_of(
        "Rows, columns, heads, years, details and tiles of a log changed at random: each found, and nothing else",
        ["tests/custody/ledger/test_mutations.py"],
        ROW_MUTATIONS="2430",
    )
