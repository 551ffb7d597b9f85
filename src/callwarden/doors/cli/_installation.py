"""Commands that work on an installation: Django set up, the terminal's language, refusals as one line and a code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from callwarden.doors.cli.language import CHINESE, gettext, language

DONE, REFUSED, USAGE = 0, 1, 2


class Usage(Exception):
    """The command was called in a way that cannot be meant; the text says what to do."""


@contextmanager
def installation(data_dir: Path | None = None) -> Iterator[None]:
    """Work on the installation in this folder (the configured one if not given).

    Ends the command with 2 for `Usage`, with 1 for a refusal or when the database does not answer.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    os.environ.setdefault("CALLWARDEN_LOG_LEVEL", "CRITICAL")  # a person reads the answer, not the log
    if data_dir is not None:
        os.environ["CALLWARDEN_DATA_DIR"] = str(data_dir.expanduser().absolute())
    import django

    django.setup()
    from django.db import OperationalError
    from django.utils import translation

    from callwarden.kernel.errors import CallwardenError

    code = REFUSED
    try:
        with translation.override("zh-hans" if language() == CHINESE else "en"):
            yield
        return
    except Usage as error:
        code, said = USAGE, str(error)
    except CallwardenError as error:
        said = str(error)
    except OperationalError:
        said = gettext("The database does not answer. Is `callwarden up` running?")
    typer.echo(f"callwarden: {said}", err=True)
    raise typer.Exit(code) from None
