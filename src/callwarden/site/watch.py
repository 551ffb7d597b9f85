"""`python -m callwarden.site.watch`: pass the operation log through the detectors of misuse until SIGTERM."""

from __future__ import annotations

import os
import signal
import threading

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ.setdefault("CALLWARDEN_DATABASE_ROLE", "cw_app")
    django.setup()
    from callwarden.flows.watching import run

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(stopping)


if __name__ == "__main__":
    main()
