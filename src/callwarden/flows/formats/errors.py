"""What can be wrong with a file, and what to do about it.

Every fault has a stable ``code``, the name of the field (ours, never a value of the file) and structural ``data``: line
numbers, limits, column names of the mapping. Nothing that stood in a row is ever repeated, so that an error may be
logged, shown and sent.

`REMEDIES` holds one English sentence per code. A door translates it with ``gettext(error.msgid).format(**error.data)``.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass


def _(text: str) -> str:
    """Mark a sentence for the message catalogue; translating is left to the door that shows it."""
    return text


REMEDIES: Mapping[str, str] = {
    # the file as a whole
    "empty_file": _("The file is empty. Export it again."),
    "too_large": _("The file is larger than {limit} bytes. Split it and deliver the parts one by one."),
    "too_many_rows": _("The file has more than {limit} rows. Split it and deliver the parts one by one."),
    "missing_column": _(
        "The file has no column named “{column}”. Correct the column name in the mapping or the export."
    ),
    "duplicate_column": _("The column “{column}” occurs more than once. Give every column a name of its own."),
    "utf16_without_mark": _("The file looks like UTF-16 without a byte order mark. Save it as UTF-8."),
    # one row
    "encoding": _("The line is not valid {encoding}. Export the file again as UTF-8 or GB18030."),
    "nul": _("The line contains NUL characters, so it was damaged on the way. Export the file again."),
    "control_character": _("The field contains control characters. Remove them and deliver the row again."),
    "unclosed_quote": _("A quotation mark is opened and not closed. Write quotation marks inside a field twice."),
    "quoting": _("The quotation marks of the line do not match. Write quotation marks inside a field twice."),
    "line_too_long": _("The line is longer than {limit} characters. Check the line ends of the export."),
    "wrong_columns": _(
        "The line has {found} fields, the header has {expected}. Check the delimiter and the quotation marks."
    ),
    "missing_value": _("The field is required and is empty. Fill it in and deliver the row again."),
    "unknown_value": _("The value is not in the value table of the mapping. Add it there or correct the row."),
    "formula": _("The field begins like a spreadsheet formula. Deliver the plain value."),
    "bad_identifier": _("Identifiers are 1 to {limit} visible characters without slashes. Correct the row."),
    "bad_time": _("The time fits none of the formats {formats}. Correct the format in the mapping or the row."),
    "time_gap": _(
        "This local time does not exist in the zone {zone}: the clocks went forward. Deliver times with an offset."
    ),
    "times_out_of_order": _("The call ends or is answered before it starts. Check which columns the mapping names."),
    "bad_seconds": _("A length is given in seconds, for example 75 or 75.5. Correct the row."),
    "bad_number": _("This is not a telephone number. Numbers have at most {limit} digits, with an optional plus sign."),
    "bad_file_name": _(
        "This is not the plain name of a recording. Give the file name, or several joined by “{separator}”."
    ),
    "bad_window": _("Payment times are written START-END in seconds or h:mm:ss, joined by “;”. Correct the row."),
    "duplicate_row": _("The same row stands already on line {first}. It is taken once; remove the copy."),
    "duplicate_call": _("Line {first} already has another row with this call number. Keep one row per call."),
    # customers and orders
    "duplicate_customer": _("Line {first} already has this customer number. Keep one row per customer."),
    "duplicate_order": _("Line {first} already has this order number. Keep one row per order."),
    "unknown_customer": _("No row of the customer file has this customer number. Deliver the customer first."),
    "bad_email": _("This is not an e-mail address. Correct the row; several are joined by “;”."),
    "bad_card": _("Card numbers have 12 to 19 digits. Correct the row; several are joined by “;”."),
    "bad_id_number": _("Identity numbers have 4 to 32 letters and digits. Correct the row."),
    "bad_date": _("Dates are written YYYY-MM-DD. Correct the row."),
    "bad_language": _("Languages are written like zh-CN or en. Correct the row."),
    "bad_flag": _("Use yes or no."),
    "bad_amount": _("Amounts are written like 1299.00, with at most {places} decimal places. Correct the row."),
    "bad_currency": _("Currencies are three letters of ISO 4217, like CNY. Correct the row."),
    "bad_status": _("A status is one of {allowed}. Correct the row."),
    "too_long": _("The field is longer than {limit} characters. Shorten it."),
    "too_many_values": _("The field has more than {limit} values. Keep the ones in use."),
    # mapping
    "mapping_not_yaml": _(
        "The mapping is not readable YAML (line {line}). Compare it with the guide on spool formats."
    ),
    "mapping_invalid": _("The mapping is wrong at {at}: {reason}. Compare it with the guide on spool formats."),
    # words
    "not_json": _("The words file is not valid JSON (byte {at}). Deliver it again."),
    "not_utf8": _("The words file is not UTF-8. Deliver it as UTF-8."),
    "too_deep": _("The words file is nested too deeply. Deliver one of the shapes in the guide on spool formats."),
    "unknown_shape": _(
        "The words file has none of the known shapes. Deliver one of those in the guide on spool formats."
    ),
    "wrong_type": _("The value at {at} should be {expected}. Deliver the words file again."),
    "too_many_turns": _("The words file has more than {limit} turns. Deliver one file per call."),
    "too_many_words": _("The words file has more than {limit} words. Deliver one file per call."),
    "text_too_long": _("The text at {at} is longer than {limit} characters. Deliver it in shorter turns."),
    "bad_text": _(
        "The text at {at} contains characters that are not valid Unicode or are control characters. Deliver it again."
    ),
    "ends_before_it_starts": _("The times at {at} end before they start. Deliver the words file again."),
    "no_words": _("The words file holds no turn. Deliver it again, or deliver the recording alone."),
    "words_after_the_end": _(
        "The words go on for {excess_ms} ms after the end of the recording. Deliver the words of this recording."
    ),
    "words_too_fast": _(
        "The times at {at} are too close together; they may be seconds instead of milliseconds. Correct the unit."
    ),
    "words_stop_early": _(
        "The words take up only {share} % of the recording; their times may be in another unit. Correct the unit."
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: code, our name of the field, and structural data only."""

    code: str
    field: str = ""
    data: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def msgid(self) -> str:
        """The English sentence before its data is put in; the key of the message catalogue."""
        return REMEDIES[self.code]

    @property
    def remedy(self) -> str:
        """What to do about it, in English."""
        return self.msgid.format(**self.data)


class FormatError(Exception):
    """A whole file cannot be used. Base of the errors of this package; safe to log and to show.

    Args:
        code: stable name of the fault, a key of `REMEDIES`.
        file: name of the file as an operator may see it; pass it through `shown_name` first.
        data: structural data for the sentence.
    """

    def __init__(self, code: str, *, file: str = "", **data: object) -> None:
        self.fault = Fault(code, data=data)
        self.file = file
        super().__init__(f"{file}: {self.fault.remedy}" if file else self.fault.remedy)

    @property
    def code(self) -> str:
        return self.fault.code

    @property
    def data(self) -> Mapping[str, object]:
        return self.fault.data

    @property
    def msgid(self) -> str:
        return self.fault.msgid

    @property
    def remedy(self) -> str:
        return self.fault.remedy


class MappingError(FormatError):
    """The mapping file is wrong. ``data["at"]`` is the path inside it."""


class WordsError(FormatError):
    """The words file is wrong. ``data["at"]`` is a path such as ``turns[3].words[0]``."""


class WordsMisfit(WordsError):
    """The words file is well formed but cannot belong to this recording."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One row was set aside; the others go on.

    Args:
        line_no: 1-based line of the file on which the row starts; 1 is the header when the whole file is refused.
        code: stable name of the fault.
        field: our name of the field (``started_at``), empty when the whole line is meant.
        remedy: what to do about it, in English.
        data: structural data of the sentence.
        source: which file: ``cdr``, ``customers`` or ``orders``.
        whole_file: nothing of the file was read.
    """

    line_no: int
    code: str
    field: str
    remedy: str
    data: Mapping[str, object] = dataclasses.field(default_factory=dict)
    source: str = "cdr"
    whole_file: bool = False

    @property
    def msgid(self) -> str:
        return REMEDIES[self.code]

    @classmethod
    def of(cls, line_no: int, fault: Fault, *, source: str = "cdr", whole_file: bool = False) -> RowError:
        return cls(line_no, fault.code, fault.field, fault.remedy, fault.data, source, whole_file)


class Refused(Exception):
    """Carries a `Fault` out of a cell parser; it never leaves this package."""

    def __init__(self, code: str, field: str = "", **data: object) -> None:
        super().__init__(code)
        self.fault = Fault(code, field, data)


class Redacted:
    """Mixin for values that hold personal data: ``repr`` and ``str`` show the structure only."""

    __slots__ = ()
    _shown: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({shown}{', ' if shown else ''}…)"

    __str__ = __repr__


# Runs of digits; longer ones also with the signs between them by which people group telephone numbers (shorter ones are
# dates). And Chinese characters, for a recording is easily named after its caller.
_DIGITS = re.compile(r"\d(?:[ ().\-]{0,2}\d){8,}|\d{5,}")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def shown_name(name: str) -> str:
    """A file name fit for messages and logs: long digit runs, which may be telephone numbers, keep only their last two,
    and of Chinese words only their length is left. Names in Latin letters cannot be told from other words and stay.

    >>> shown_name("20261123_15433087760_in.wav"), shown_name("2026-11-23 154-3308-7760 陆听雨.wav")
    ('******23_*********60_in.wav', '*********************60 ***.wav')
    >>> shown_name("cdr-2026-11.csv")
    'cdr-2026-11.csv'
    """
    safe = "".join(character if character.isprintable() else "?" for character in name)
    safe = _HAN.sub(lambda run: "*" * len(run[0]), safe)
    return _DIGITS.sub(lambda run: "*" * (len(run[0]) - 2) + run[0][-2:], safe)
