"""`python -m callwarden.doors.syslog`: take in syslog of neighbouring systems until SIGTERM."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ.setdefault("CALLWARDEN_DATABASE_ROLE", "cw_app")
    django.setup()
    from django.conf import settings

    from callwarden.doors.syslog.receiver import Listening, Receiver

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    where: dict[str, Any] = settings.NEIGHBOUR_SYSLOG
    Receiver(Listening(**where), stopping).serve()


if __name__ == "__main__":
    main()
