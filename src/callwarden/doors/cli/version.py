"""`callwarden version`."""

from __future__ import annotations

import platform
from importlib.metadata import version

import typer


def command() -> None:
    typer.echo(f"callwarden {version('callwarden')} (Python {platform.python_version()})")
