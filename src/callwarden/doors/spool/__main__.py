"""`python -m callwarden.doors.spool`: watch the incoming folders until SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import threading

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ.setdefault("CALLWARDEN_DATABASE_ROLE", "cw_app")
    django.setup()
    from django.db import OperationalError, close_old_connections

    from callwarden.doors.spool.watcher import default_watcher
    from callwarden.kernel.errors import Unavailable

    log = logging.getLogger("callwarden.spool")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    watcher = default_watcher()
    while not stopping.is_set():
        pause = 1.0
        try:
            close_old_connections()
            watcher.look()
        except Unavailable as error:
            log.error("spool_waits", extra={"code": error.code})
            pause = float(error.retry_after)
        except (OperationalError, OSError) as error:
            log.error("spool_waits", extra={"code": type(error).__name__})
            pause = 5.0
        stopping.wait(pause)


if __name__ == "__main__":
    main()
