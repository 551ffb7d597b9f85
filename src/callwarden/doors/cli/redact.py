"""`callwarden redact`: remove personal data from files and folders, or from a stream of calls. Needs no server.

Everything heavy is imported when the command runs, so that help and wrong usage answer at once.
"""

from __future__ import annotations

import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from callwarden.doors.cli.language import gettext as _

if TYPE_CHECKING:
    from callwarden.doors.cli._redact_one import Options
    from callwarden.doors.cli._redact_policy import PolicyChoice

DONE, SOME_REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130


class Cover(StrEnum):
    MUTE = "mute"
    TONE = "tone"


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


def redact_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            help=_("Recordings, words files, or folders of them. NAME.words.json or NAME.json belongs to NAME.wav."),
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help=_("Folder for the redacted calls."), show_default=False)
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help=_("Filter standard input: one call a line in, one answer a line out."))
    ] = False,
    known: Annotated[
        Path | None,
        typer.Option(
            "--known",
            metavar="FILE",
            help=_("JSON: what the customer record knows (names, phones, ids ...) by call id or file name."),
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        str,
        typer.Option("--policy", metavar="NAME|FILE", help=_("all, pci, pipl, gdpr, or a JSON file with operators.")),
    ] = "all",
    policy_key: Annotated[
        Path | None,
        typer.Option(
            "--policy-key",
            metavar="FILE",
            help=_("Secret for the hash operator, 16 bytes or more."),
            show_default=False,
        ),
    ] = None,
    mode: Annotated[
        Cover, typer.Option("--mode", help=_("What takes the place of removed sound: silence or a tone."))
    ] = Cover.MUTE,
    pad_ms: Annotated[
        float,
        typer.Option("--pad-ms", min=0, max=5_000, help=_("Sound removed before and after each span, milliseconds.")),
    ] = 250,
    both_legs: Annotated[
        bool, typer.Option("--both-legs", help=_("Remove sound from both parties, for lines with echo."))
    ] = False,
    tones_only: Annotated[
        bool,
        typer.Option(
            "--tones-only", help=_("Take recordings without words and remove keypad tones only. Speech stays in them.")
        ),
    ] = False,
    accept_truncated: Annotated[
        bool, typer.Option("--accept-truncated", help=_("Take what is there of recordings that were cut short."))
    ] = False,
    hide_names: Annotated[
        bool,
        typer.Option(
            "--hide-names", help=_("Name the outputs by tokens: recorders put telephone numbers into file names.")
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, max=256, help=_("Processes; all cores if not given."))
    ] = None,
    lang: Annotated[
        Language | None, typer.Option("--lang", help=_("Language of the messages."), show_default=False)
    ] = None,
) -> None:
    """Remove personal data from calls: text in every form, sound, and keypad tones."""
    if lang is not None:
        os.environ["CALLWARDEN_LANGUAGE"] = lang.value
    choice = _policy(policy, policy_key)
    values, values_raw = _known(known)
    if jsonl:
        if paths or out is not None:
            _usage(_("--jsonl reads standard input and writes standard output; it takes no PATH and no --out."))
        raise typer.Exit(_filter(choice, values))
    if not paths or out is None:
        _usage(_("Name at least one PATH and an output folder with --out DIR, or use --jsonl."))
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        _usage(_("There is no file or folder {name}.").format(name=_shown(missing)))
    from callwarden.doors.cli._redact_one import Options
    from callwarden.engines.redact.audio import AudioLimits

    key, digest = _keys(values_raw)
    limits = AudioLimits(accept_truncated=accept_truncated)
    options = Options(out, choice, values, mode.value, pad_ms, both_legs, tones_only, limits, hide_names, key, digest)
    raise typer.Exit(_batch(paths, options, jobs or os.cpu_count() or 1))


command = redact_command

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command("redact")(redact_command)


def _usage(message: str, command: str = "redact") -> NoReturn:
    typer.echo(f"callwarden {command}: {message}", err=True)
    raise typer.Exit(USAGE)


def _shown(path: Path) -> str:
    from callwarden.doors.cli._redact_reasons import printable

    return printable(str(path))


def _policy(name: str, key_file: Path | None, command: str = "redact") -> PolicyChoice:
    from callwarden.doors.cli._redact_document import read_json
    from callwarden.doors.cli._redact_policy import PolicyChoice
    from callwarden.doors.cli._redact_reasons import Refused
    from callwarden.engines.redact import InvalidPolicy

    try:
        key = key_file.read_bytes() if key_file is not None else None
        if Path(name).suffix == ".json":
            document = read_json(Path(name).read_bytes())
            choice = PolicyChoice(Path(name).name, document if isinstance(document, dict) else {"": ""}, key)
        else:
            choice = PolicyChoice(name, None, key)
        choice.build()
    except OSError:
        _usage(_("The policy or its key cannot be read."), command)
    except (InvalidPolicy, Refused) as error:
        _usage(_("The policy is refused: {code}.").format(code=error.code.replace("_", " ")), command)
    return choice


def _known(file: Path | None, command: str = "redact") -> tuple[dict[str, Any], bytes]:
    from callwarden.doors.cli._redact_document import read_json
    from callwarden.doors.cli._redact_reasons import Refused

    if file is None:
        return {}, b""
    try:
        raw = file.read_bytes()
        values = read_json(raw)
    except (OSError, Refused):
        values = None
    if not isinstance(values, dict):
        _usage(_("The file of known values must be a JSON object with one entry for each call id."), command)
    return values, raw


def _keys(known_raw: bytes) -> tuple[bytes, str]:
    """The user's key for manifests, and what stands for the known values in them."""
    import hashlib
    import secrets

    from callwarden.doors.cli._redact_manifest import user_key

    key = user_key()
    if key is None:
        typer.echo(_("No key for the manifest can be kept for this user: a stopped run will start anew."), err=True)
        key = secrets.token_bytes(32)
    return key, hashlib.blake2b(known_raw, key=key, digest_size=16).hexdigest()


def _batch(paths: list[Path], options: Options, jobs: int) -> int:
    from callwarden.doors.cli import _redact_batch as batch
    from callwarden.doors.cli._redact_calls import calls
    from callwarden.doors.cli._redact_manifest import Busy, Manifest
    from callwarden.doors.cli._redact_screen import Screen

    total = sum(1 for _call in calls(paths, options.out))
    if not total:
        _usage(_("There are no recordings and no words in what you named."))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen = Screen(total, hide_names=options.hide_names)
    code = None
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        with Manifest(options.out) as manifest, screen:
            batch.run(calls(paths, options.out), options, manifest, min(jobs, total), screen.report)
    except Busy:
        _usage(_("Another run is writing to this output folder. Wait for it, or choose another folder."))
    except KeyboardInterrupt:
        typer.echo(_("Stopped. Start the same command again to go on."), err=True)
        code = INTERRUPTED
    except batch.DiskFull:
        code = SOME_REFUSED
    except OSError:
        _usage(_("The output folder cannot be written."))
    screen.summary()
    return code if code is not None else SOME_REFUSED if screen.refused else DONE


def _filter(policy: PolicyChoice, known: dict[str, Any]) -> int:
    from callwarden.doors.cli import _redact_jsonl

    try:
        fine = _redact_jsonl.run(sys.stdin.buffer, sys.stdout.buffer, policy=policy.build(), known=known)
    except BrokenPipeError:
        # The reader is gone. Nothing may be flushed to it when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE if fine else SOME_REFUSED
