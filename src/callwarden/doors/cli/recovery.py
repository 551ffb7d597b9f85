"""`callwarden recovery`: shares of the root key, of which some people together bring it back.

Shares and passphrases are asked for; none is ever an argument. See docs/guides/recovery-ceremony.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from callwarden.doors.cli._installation import Usage, installation
from callwarden.doors.cli._secrets import ask_passphrase, ask_shares, person
from callwarden.doors.cli.language import gettext

if TYPE_CHECKING:
    from callwarden.engines.seal.providers.passphrase import RootSecret

group = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, rich_markup_mode=None)

DataDir = Annotated[Path | None, typer.Option(help=gettext("Folder that holds all data."))]
Threshold = Annotated[int, typer.Option(help=gettext("How many shares bring the root back."))]
Shares = Annotated[int, typer.Option(help=gettext("How many shares there are."))]
By = Annotated[str, typer.Option("--as", help=gettext("Your account name; your password is asked for."))]
Approval = Annotated[UUID, typer.Option(help=gettext("Number of the approved request."))]
PassphraseFile = Annotated[
    Path | None, typer.Option(help=gettext("Read the passphrase from this file instead of asking for it."))
]


@group.command("ask-shares", help=gettext("Ask a second person for leave to hand out shares of the root key."))
def ask_shares_leave(
    threshold: Threshold,
    shares: Shares,
    by: By,
    reason: Annotated[str, typer.Option(help=gettext("Why; the other person reads it."))],
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir):
        from callwarden.protection.keys.actions import ask_to_export_shares

        asked = ask_to_export_shares(threshold=threshold, shares=shares, requester=person(by), reason=reason)
        typer.echo(str(asked.pk))
        typer.echo(gettext("Somebody else approves it in the console, under Approvals."), err=True)


@group.command("export-shares", help=gettext("Show the shares of the root key, once, with an approval for it."))
def export(
    threshold: Threshold,
    shares: Shares,
    approval: Approval,
    by: By,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    with installation(data_dir), in_words():
        from callwarden.engines.seal import PassphraseFile as RootFile
        from callwarden.protection.keys.actions import export_shares

        who = person(by)
        root = RootFile.open(_keys() / "root.key", ask_passphrase(passphrase_file))
        lines = export_shares(approval, root=root, threshold=threshold, shares=shares, by=who)
        root.close()
        _show(lines)


@group.command(help=gettext("Say whether these shares bring back the root in force. Writes nothing."))
def check(data_dir: DataDir = None) -> None:
    with installation(data_dir), in_words():
        secret = _combined()
        if secret.key_id != _root_in_force():
            raise Usage(gettext("These shares are whole, but of another root than the one in force here."))
        opened = _opens(secret)
        typer.echo(
            gettext("These shares bring back the root in force ({root}); tried on {count} keys.").format(
                root=secret.key_id, count=opened
            )
        )


@group.command(help=gettext("Write root.key anew from shares, under a new passphrase."))
def restore(passphrase_file: PassphraseFile = None, data_dir: DataDir = None) -> None:
    with installation(data_dir), in_words():
        from callwarden.custody.once import give_to_owner
        from callwarden.engines.seal import PassphraseFile as RootFile

        secret, known = _combined(), _remembered()
        if known and secret.key_id != known:
            raise Usage(gettext("These shares are whole, but of another root than the one in force here."))
        path = _keys() / "root.key"
        RootFile.restore(path, secret, ask_passphrase(passphrase_file, new=True)).close()
        descriptor = os.open(path, os.O_RDONLY)
        try:
            give_to_owner(descriptor, path.parent)
        finally:
            os.close(descriptor)
        typer.echo(gettext("root.key is written; root {root}.").format(root=secret.key_id))


@group.command(help=gettext("Open a locked root of the running installation with shares, in memory only."))
def unlock(data_dir: DataDir = None) -> None:
    with installation(data_dir):
        from callwarden.custody.keeper import client

        client.unlock(ask_shares())
        typer.echo(gettext("The root is open until the keeper ends."))


def _combined() -> RootSecret:
    from callwarden.engines.seal import recovery

    return recovery.combine(ask_shares())


def _keys() -> Path:
    from django.conf import settings

    return Path(os.environ.get("CALLWARDEN_KEYS_DIR") or settings.LAYOUT.keys)


def _remembered() -> str:
    """The root the key folder says is in force; empty when it says nothing."""
    from callwarden.custody.keeper.providers import CannotStart, in_force

    try:
        known = in_force(_keys())
    except CannotStart as error:
        raise Usage(str(error)) from None
    return known.key_id if known else ""


def _root_in_force() -> str:
    from callwarden.custody.keeper import client

    return _remembered() or str(client.root()["root"])


def _opens(secret: RootSecret) -> int:
    """How many keys of the folder this root unwraps: all, or it is an error."""
    from callwarden.custody.keeper.providers import wrapped_names
    from callwarden.engines.seal import PassphraseFile as RootFile

    root, names = RootFile.in_memory(secret), wrapped_names(_keys())
    for name in names:
        root.unwrap((_keys() / name).read_bytes(), tuple(name.split("/")))
    root.close()
    return len(names)


def _show(lines: list[str]) -> None:
    """On a terminal one share at a time, so that each holder sees their own only; otherwise one a line."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        for line in lines:
            typer.echo(line)
        return
    for number, line in enumerate(lines, 1):
        _clear_screen()
        typer.echo(gettext("Share {number} of {count}. For its holder only.").format(number=number, count=len(lines)))
        typer.echo(f"\n{line}\n")
        typer.echo(gettext("Written down and read back? Press Enter; the screen is cleared."))
        sys.stdin.readline()
    _clear_screen()


def _clear_screen() -> None:
    # ECMA-48: erase the scrollback too, which a plain clear leaves for the next holder to read.
    typer.echo("\x1b[3J\x1b[2J\x1b[H", nl=False)


@contextmanager
def in_words() -> Iterator[None]:
    """What the engine refuses, told in the terminal's language; nothing of what was typed is repeated."""
    from callwarden.engines.seal import InvalidInput, ProviderRefused, ProviderUnavailable, SealError, WrongPassphrase

    try:
        yield
    except WrongPassphrase:
        raise Usage(gettext("The passphrase does not open root.key. Type it again.")) from None
    except InvalidInput as error:
        if error.data.get("field") == "passphrase":
            raise Usage(gettext("Choose a passphrase of at least 12 characters.")) from None
        raise Usage(
            gettext("These shares do not go together. Use as many different ones of one export as are needed.")
        ) from None
    except ProviderUnavailable:
        raise Usage(gettext("root.key cannot be read or written. Run this as the owner of the key folder.")) from None
    except (ProviderRefused, SealError):
        raise Usage(
            gettext("This cannot be done with root.key as it is: it exists, is damaged, or belongs to other shares.")
        ) from None
