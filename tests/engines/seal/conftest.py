"""Keys for the tests of sealing."""

from __future__ import annotations

import pytest

from callwarden.engines.seal import Key, Suite


@pytest.fixture(params=list(Suite), ids=lambda suite: suite.name)
def key(request: pytest.FixtureRequest) -> Key:
    return Key.generate(request.param)
