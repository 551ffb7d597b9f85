"""People of a small call centre, and a ledger that can be read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from callwarden.kernel import clock, journal
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.events import Event
from callwarden.kernel.journal import Entry
from callwarden.kernel.models import User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Ledger(list[Entry]):
    """What was written, in order; entries of rolled-back transactions included."""

    def write(self, entry: Entry) -> UUID:
        self.append(entry)
        return uuid4()

    @property
    def events(self) -> list[Event]:
        return [entry.event for entry in self]


@contextmanager
def refused(kind: type[CallwardenError], code: str) -> Iterator[pytest.ExceptionInfo[CallwardenError]]:
    """The block must end with an error of this kind and code."""
    with pytest.raises(kind) as info:
        yield info
    assert info.value.code == code


@pytest.fixture(autouse=True)
def ledger() -> Iterator[Ledger]:
    written = Ledger()
    with journal.using(written.write):
        yield written


@pytest.fixture
def time() -> Iterator[clock.FrozenClock]:
    """Monday noon, standing still."""
    with clock.frozen(NOON) as frozen:
        yield frozen


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes people: `person("agent")`, `person("data_protection_officer", email="...")`."""

    def make(*roles: str, **fields: object) -> User:
        return User.objects.create(username=f"u{uuid4().hex[:12]}", roles=list(roles), **fields)

    return make
