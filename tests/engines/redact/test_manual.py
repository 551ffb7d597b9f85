"""The manual in the package's docstring is true."""

from __future__ import annotations

import doctest

from callwarden.engines import redact


def test_the_examples_of_the_manual_run_as_written() -> None:
    outcome = doctest.testmod(redact)
    assert outcome.attempted >= 3
    assert outcome.failed == 0
