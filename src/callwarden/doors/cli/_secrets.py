"""Asking for what must stand neither on a command line nor in a log: passphrases, shares, a person's password.

On a terminal nothing typed is shown. Without one, each is a line of standard input, in the order asked.
"""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from callwarden.doors.cli._installation import Usage
from callwarden.doors.cli.language import gettext as _

if TYPE_CHECKING:
    from callwarden.kernel.models import User


def ask(what: str, *, twice: bool = False) -> str:
    """One secret, without its line end.

    Raises:
        Usage: standard input ended.
    """
    if sys.stdin.isatty():
        typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
        return typed
    line = sys.stdin.readline()
    if not line.strip():
        raise Usage(_("Standard input ended before everything was given: {what}.").format(what=what))
    return line.strip("\r\n")


def ask_passphrase(file: Path | None, *, new: bool = False) -> str:
    """The root's passphrase: from a file that nobody else can read, or typed."""
    if file is None:
        return ask(_("New passphrase") if new else _("Passphrase of the root"), twice=new)
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise Usage(_("Others can read {file}. Set its mode to 600.").format(file=file))
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        raise Usage(_("There is no file {file} that could be read.").format(file=file)) from None


def ask_shares() -> list[str]:
    """As many recovery shares as the first one says are needed. On a terminal a mistyped one is asked for again.

    Raises:
        Usage: one cannot be read, and there is nobody to ask again.
    """
    from callwarden.engines.seal import InvalidInput, recovery

    lines: list[str] = []
    needed = recovery.LEAST
    while len(lines) < needed:
        line = ask(_("Share {number}").format(number=len(lines) + 1))
        try:
            needed = recovery.read_share(line).threshold
            lines.append(line)
        except InvalidInput:
            says = _("This is no recovery share, or a word is wrong. Type it again.")
            if not sys.stdin.isatty():
                raise Usage(says) from None
            typer.echo(says, err=True)
    return lines


def person(name: str) -> User:
    """The person of this account name, who proves to be it by their password.

    Raises:
        Usage: no such account, or not their password. Which of the two is not said.
    """
    from callwarden.kernel.models import User

    found = User.objects.filter(username=name, is_active=True).first()
    password = ask(_("Password of {name}").format(name=name))
    if found is None or not found.check_password(password):
        raise Usage(_("This is not the password of that account. People without a password use the console."))
    return found
