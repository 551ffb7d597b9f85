"""A demonstration call centre of its own: what happens in this month stays out of other tests' sight."""

from __future__ import annotations

from tests.centre import _keeper, keeper_folder
from tests.doors.console.centre.conftest import centre, db

__all__ = ["_keeper", "centre", "db", "keeper_folder"]
