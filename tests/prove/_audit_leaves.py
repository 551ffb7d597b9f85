"""What the leaves tell somebody who has them: after a month in which people type personal values into everything.

Lived and searched in tests/doors/console/month. `CALLWARDEN_TEST_DAYS` and `CALLWARDEN_TEST_CLICKS` set how much.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.prove._running import ROOT, summary

DAYS, CLICKS = os.environ.get("CALLWARDEN_TEST_DAYS", "30"), os.environ.get("CALLWARDEN_TEST_CLICKS", "20")
TESTS = "tests/doors/console/month/test_leaves.py"
SAID = {
    "test_no_leaf_holds_a_personal_value_in_any_encoding": "No leaf holds a personal value, in any encoding",
    "test_no_leaf_holds_a_hash_that_a_list_of_numbers_undoes": "A dictionary of all values undoes no hash in a leaf",
    "test_the_search_finds_what_is_there": "Both searches find what is planted",
    "test_after_an_erasure_nothing_leads_from_a_leaf_to_the_person": "After an erasure no leaf leads to the person",
}
Line = tuple[str, str, str]


def run(_folder: Path) -> Iterator[Line]:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-s", "-n", "0", "--timeout", "0", "-p", "no:cacheprovider", TESTS],
        cwd=ROOT, capture_output=True, text=True, timeout=3500,
        env=os.environ | {"CALLWARDEN_TEST_DAYS": DAYS, "CALLWARDEN_TEST_CLICKS": CLICKS},
    )  # fmt: skip
    passed = set(re.findall(r"^PASSED \S+::(\w+)", ran.stdout, re.MULTILINE))
    lived = re.search(r"\d+ leaves.*", ran.stdout)
    yield (
        f"{DAYS} days of a centre in which everybody types personal values into every field",
        "pass" if ran.returncode == 0 and lived else "fail",
        lived[0] if lived else summary(ran),
    )
    for test, what in SAID.items():
        yield what, "pass" if test in passed else "fail", ""
