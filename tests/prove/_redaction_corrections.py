"""What a reviewer corrects: walked through in the browser, carried into text, sound and search, and counted after."""

from __future__ import annotations

from collections.abc import Iterator

from tests.prove._database import Databases
from tests.prove._pytest import Line, line_of
from tests.prove._running import scratch

_WALKS = (
    (
        "In the browser, zh and en: a reviewer hides words by keyboard, sees what a mark rests on, asks another person",
        ["tests/doors/console/centre/test_checking_in_browser.py"],
    ),
    (
        "A correction reaches words, sound and search; giving back takes two; each stays as a case without its value",
        ["tests/flows/test_checking.py"],
    ),
    ("Cases of corrections are run against the rules of today", ["tests/doors/cli/test_evaluate.py", "-k", "correct"]),
)


def run() -> Iterator[Line]:
    with scratch("corrections") as folder, Databases(folder) as databases:
        for what, arguments in _WALKS:
            yield line_of(what, arguments, database=databases.environment("corrections"))
