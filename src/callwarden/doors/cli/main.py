"""`callwarden`: the command line.

Commands are imported when they are called, so that `callwarden redact` starts fast and needs no server. To add one:
a line in COMMANDS whose module has a function `command` with typer's annotations, or a typer app `group`.

Whatever goes wrong unexpectedly prints one line: no traceback, no values, for those may be personal data.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import typer
import typer.core

from callwarden.doors.cli.language import gettext as _
from callwarden.doors.cli.language import gettext_noop


@dataclass(frozen=True)
class Entry:
    module: str
    help: str


COMMANDS: Mapping[str, Entry] = {
    "up": Entry("callwarden.site.up", gettext_noop("Start everything on this machine.")),
    "doctor": Entry("callwarden.doors.cli.doctor", gettext_noop("Check this installation and say what to mend.")),
    "redact": Entry("callwarden.doors.cli.redact", gettext_noop("Remove personal data from calls.")),
    "evaluate": Entry("callwarden.doors.cli.evaluate", gettext_noop("Measure a redaction against labels.")),
    "import": Entry("callwarden.doors.cli.import_", gettext_noop("Take a folder of recordings and records in.")),
    "service-key": Entry("callwarden.doors.cli.service_key", gettext_noop("Make, list and revoke keys of programs.")),
    "add-person": Entry("callwarden.doors.cli.person", gettext_noop("Open an account for a person.")),
    "keys": Entry("callwarden.doors.cli.keys", gettext_noop("Who holds the root key, and changing that.")),
    "index-keys": Entry("callwarden.doors.cli.index_keys", gettext_noop("The keys people are found by.")),
    "client": Entry("callwarden.doors.cli.client", gettext_noop("List and close clients.")),
    "do-not-call": Entry("callwarden.doors.cli.do_not_call", gettext_noop("Numbers that are called no more.")),
    "registry": Entry("callwarden.doors.cli.registry", gettext_noop("Purposes and kinds of data, as a file.")),
    "anonymise": Entry(
        "callwarden.doors.cli.anonymise", gettext_noop("Count people in groups, to release the counts.")
    ),
    "recovery": Entry("callwarden.doors.cli.recovery", gettext_noop("Recovery shares of the root key.")),
    "requests": Entry("callwarden.doors.cli.requests", gettext_noop("Requests of data subjects, and how they stand.")),
    "agents": Entry("callwarden.doors.cli.agents", gettext_noop("Erasures of agents, and how they stand.")),
    "backup": Entry("callwarden.site.backup", gettext_noop("Copy data and key files to their targets, read back.")),
    "restore": Entry("callwarden.site.restore", gettext_noop("Make an installation from copies, in an empty folder.")),
    "open-restored": Entry("callwarden.site.opening", gettext_noop("Open a restored store, with two people.")),
    "drill": Entry("callwarden.site.drill", gettext_noop("Practise a restore, and measure it.")),
    "scan": Entry("callwarden.site.scan", gettext_noop("Search for what an erasure left, and say where.")),
    "export-ledger": Entry("callwarden.doors.cli.ledger", gettext_noop("Write the operation log to a folder.")),
    "ledger-years": Entry("callwarden.doors.cli.ledger_years", gettext_noop("Years of the operation log.")),
    "ledger-tiles": Entry(
        "callwarden.doors.cli.ledger_tiles", gettext_noop("Copy the operation log's tiles to another place.")
    ),
    "verify": Entry("callwarden.doors.cli.verify", gettext_noop("Verify an exported ledger.")),
    "whose-copy": Entry("callwarden.doors.cli.whose_copy", gettext_noop("Say whose copy a recording or a table is.")),
    "version": Entry("callwarden.doors.cli.version", gettext_noop("Say which version this is.")),
}


def _installed(entry: Entry) -> bool:
    return importlib.util.find_spec(entry.module) is not None


class LazyCommands(typer.core.TyperGroup):
    """A group that imports a command's module only to run it or to show its own help."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in COMMANDS.items() if _installed(entry)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None or not _installed(entry):
            return None
        module = importlib.import_module(entry.module)
        if hasattr(module, "group"):  # a command with commands of its own
            module.group.info.name, module.group.info.help = cmd_name, _(entry.help)
            return typer.main.get_command(module.group)
        one = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        one.command(cmd_name, help=_(entry.help))(module.command)
        return typer.main.get_command(one)


app = typer.Typer(
    cls=LazyCommands,
    name="callwarden",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(help=_("Callwarden protects the personal data of a call centre."))
def root() -> None:
    """The root of all commands."""


def explain(error: BaseException) -> str:
    """One line for a person: the product's own errors in their words, any other by id, type and place only."""
    errors = sys.modules.get("callwarden.kernel.errors")
    if errors is not None and isinstance(error, errors.CallwardenError):
        return str(error)
    frame, trace = None, error.__traceback__
    package = Path(__file__).resolve().parents[2]
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).is_relative_to(package):
            frame = trace
        trace = trace.tb_next
    where = ""
    if frame is not None:
        where = f"{Path(frame.tb_frame.f_code.co_filename).relative_to(package)}:{frame.tb_lineno}"
    # The same fault has the same number everywhere, so that two people can tell that they speak of one thing.
    number = f"{crc32((type(error).__name__ + where).encode()):08x}"
    return _(
        "Something went wrong that should not have (error {number}: {kind} at {where}). Nothing more was done."
    ).format(number=number, kind=type(error).__name__, where=where or "?")


def main() -> None:
    """The entry point of the `callwarden` program."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        sys.stderr.write(f"callwarden: {explain(error)}\n")
        raise SystemExit(70) from None  # EX_SOFTWARE of sysexits.h
