"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings

from tests.emptying import Emptier

# How fast examples come depends on the machine and on what else it does; nothing that must hold depends on that.
settings.register_profile("callwarden", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("callwarden")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:  # type: ignore[no-untyped-def]
    """Databases of tests are copies of the one that `tests.plugin` has laid."""
    if template := os.environ.get("CALLWARDEN_TEST_TEMPLATE"):
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Tests that really commit empty all tables afterwards; the ledger's own guard against that steps aside here.

    That the guard exists is tested in tests/custody/test_ledger.py.
    """
    with django_db_blocker.unblock():
        emptier = Emptier.install(connection)
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE custody_ledgerentry DISABLE TRIGGER never_truncated")
    yield
    if emptier is not None:
        emptier.close()
