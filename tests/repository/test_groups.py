"""Tests that share something costly run on one worker. A runner that forgets this is slow and fails by chance."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="only workers have groups (-n 0 has none)")
@pytest.mark.xdist_group("a group")
def test_a_group_of_tests_is_kept_together(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@a group")
