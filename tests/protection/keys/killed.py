"""`python -m tests.protection.keys.killed STEP RUN`: carry a re-encrypt run on, and die at a step of an object."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Callable
from typing import Any

import django


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(holder: object, name: str) -> None:
    real: Callable[..., Any] = getattr(holder, name)

    def call(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        _die()

    setattr(holder, name, call)


def _before(holder: object, name: str) -> None:
    setattr(holder, name, lambda *_arguments, **_named: _die())


def _named(reseal: Any) -> None:
    _after(reseal, "_name")


def _written(reseal: Any) -> None:
    _after(reseal.objects, "create")


def _read_back(reseal: Any) -> None:
    _before(reseal, "_swap")


def _uncommitted(reseal: Any) -> None:
    """In the transaction that swaps, after its last statement."""
    _after(reseal, "_count")


def _swapped(reseal: Any) -> None:
    _after(reseal, "_swap")


def _deleted(reseal: Any) -> None:
    real = reseal.objects.clear

    def call(key: str) -> None:
        real(key)
        _die()

    reseal.objects.clear = call


STEPS = {
    "its name is said": _named,
    "it is written": _written,
    "it was read back": _read_back,
    "the swap is not committed": _uncommitted,
    "the swap is committed": _swapped,
    "the old object is deleted": _deleted,
}


def main() -> None:
    step, run = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from django.conf import settings

    settings.OBJECT_GRACE_SECONDS = 0
    from callwarden.custody import reseal
    from callwarden.protection.keys import runs

    STEPS[step](reseal)
    runs.carry_on(uuid.UUID(run), seconds=30)


if __name__ == "__main__":
    main()
