"""Why a call was refused and what to do about it, in the reader's language. Never a word of the call itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from callwarden.doors.cli.language import gettext
from callwarden.doors.cli.language import gettext as _
from callwarden.flows.formats import REMEDIES


class Refused(Exception):
    """A call that is not processed: a code and facts about its form, nothing of its content."""

    def __init__(self, code: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.data = dict(data or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.code, self.data))


def explain(code: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and remedy for a code of `Refused` or of the engines' errors; ``words.*`` are those of words files."""
    if code.startswith("words."):
        return gettext(REMEDIES[code.removeprefix("words.")]).format(**data), ""
    return (
        _of_files(code)
        or _of_sound(code, data)
        or _of_words(code)
        or (
            _("The words are not a transcript. At {at}: {fault}.").format(at=data.get("at", "?"), fault=_fault(code)),
            _("Compare the file with the shape described in the guide and export it again."),
        )
    )


def _fault(code: str) -> str:
    """What stands where it should not, by the text engine's codes."""
    return {
        "not_text": _("text is expected"),
        "invalid_unicode": _("the text is not valid Unicode"),
        "not_a_time": _("a time of zero or more is expected"),
        "ends_before_it_starts": _("it ends before it starts"),
        "not_a_confidence": _("a confidence from 0 to 1 is expected"),
        "not_a_channel": _("a channel number from 0 is expected"),
        "not_an_object": _("an object is expected"),
        "not_an_array": _("a list is expected"),
    }.get(code, code.replace("_", " "))


def _of_files(code: str) -> tuple[str, str] | None:
    return {
        "no_words": (
            _("There are no words for this recording, so spoken data cannot be found."),
            _("Put NAME.words.json beside it, or pass --tones-only to remove keypad tones and nothing else."),
        ),
        "no_turns": (
            _("The words beside this recording are empty, so spoken data cannot be found."),
            _("Run the speech recogniser again, or pass --tones-only to remove keypad tones and nothing else."),
        ),
        "ambiguous": (
            _("Several recordings here have the same name."),
            _("Keep one of them, or give them different names."),
        ),
        "duplicate_name": (
            _("Another call in this run writes to the same output name."),
            _("Redact the folders one by one, each into an output folder of its own."),
        ),
        "unreadable": (
            _("The file cannot be read."),
            _("Check that it still exists and that you may read it."),
        ),
        "unwritable": (
            _("The output cannot be written."),
            _("Check that the output folder exists and that you may write to it."),
        ),
        "disk_full": (
            _("The disk of the output folder is full."),
            _("Free some space and start again; finished calls are kept."),
        ),
        "crashed": (
            _("This file brought the decoder down."),
            _("Set it aside, and convert it to WAV with another program before you try again."),
        ),
        "internal": (
            _("Something went wrong that should not have; nothing was written for this call."),
            _("Report the file's format and this message; do not send the file."),
        ),
    }.get(code)


def _of_sound(code: str, data: Mapping[str, Any]) -> tuple[str, str] | None:
    return {
        "empty": (_("The recording holds no sound."), _("Check the recorder, or remove the file.")),
        "truncated": (
            _("The recording is cut short: it announces more sound than there is."),
            _("Fetch the complete file again, or pass --accept-truncated to take what is there."),
        ),
        "corrupt": (_("The recording is damaged."), _("Fetch it again from its source.")),
        "too_large": (_("The file is larger than allowed."), _("Split it.")),
        "too_long": (_("The recording is longer than allowed."), _("Split it.")),
        "unsupported": (
            _("This is not a supported recording ({format}).").format(format=data.get("format", "?")),
            _("Convert it to WAV (PCM or G.711), FLAC, MP3 or Ogg Opus."),
        ),
        "rate": (_("The sample rate is outside 8 to 48 kHz."), _("Resample the recording.")),
        "channels": (
            _("The recording has more than two channels."),
            _("Export one file with at most two parties."),
        ),
        "mismatch": (
            _("The words name times beyond the end of the recording."),
            _("Pair the recording with its own words."),
        ),
    }.get(code)


def _of_words(code: str) -> tuple[str, str] | None:
    return {
        "not_utf8": (_("The words are not UTF-8."), _("Save the file as UTF-8.")),
        "not_json": (_("The words are not JSON."), _("Export them again as JSON; NaN and Infinity are not JSON.")),
        "too_deep": (_("The JSON is nested too deeply."), _("Compare it with the shape described in the guide.")),
        "words_too_large": (_("The words are larger than allowed."), _("Split the call.")),
        "not_a_call": (
            _("The JSON is not a call: an object with a list of turns is expected."),
            _("Compare it with the shape described in the guide."),
        ),
        "not_tones": (
            _("The keypad times beside the words are not a list of channel, start_ms and end_ms."),
            _("Compare it with the shape described in the guide."),
        ),
        "residual_found": (
            _("The check of the finished output found something that should have been removed."),
            _("Nothing was written. Keep the original restricted and report the kind of call."),
        ),
        "sound_residual": (
            _("The check of the finished recording failed."),
            _("Nothing was written. Keep the original restricted and report its format."),
        ),
    }.get(code)


def printable(name: str) -> str:
    """A file name that cannot steer a terminal: control and format characters become U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in name)
