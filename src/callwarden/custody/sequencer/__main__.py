"""Run the sequencer until SIGTERM. Environment as for every Callwarden process, with role cw_sequencer."""

from __future__ import annotations

import os
import signal

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ.setdefault("CALLWARDEN_DATABASE_ROLE", "cw_sequencer")
    django.setup()
    from callwarden.custody.ledger.sequencer import run

    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    run(lambda: bool(stopping))


if __name__ == "__main__":
    main()
