"""Brings the database to the state this version needs. One machine at a time, however many start at once."""

from __future__ import annotations

import django
from django.core.management import call_command
from django.db import connection

from callwarden.site import schema

_LOCK = 0x0CA11_0001  # any number that nothing else here locks


def main() -> None:
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            schema.lay(connection.connection)
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            _policy()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _policy() -> None:
    """Decisions need a policy from the first minute on: the shipped one until people put their own into force.

    Programs get what this release newly has them do.
    """
    from callwarden.control.access.actions import ensure_default, give_programs_what_is_new

    ensure_default()
    give_programs_what_is_new()


if __name__ == "__main__":
    main()
