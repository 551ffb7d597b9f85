"""Why an arrival was not kept, or was set aside, and what to do about it, in the reader's language."""

from __future__ import annotations

from callwarden.doors.cli._redact_reasons import explain
from callwarden.doors.cli.language import gettext as _
from callwarden.flows.formats import REMEDIES


def of_quarantine(code: str) -> str:
    """Why the gate keeps a call in quarantine."""
    return {
        "consent_unknown": _("nobody knows whether the caller consented"),
        "consent_refused": _("the caller refused"),
        "consent_withdrawn": _("the caller withdrew consent"),
        "notice_not_given": _("the caller was not told the notice"),
        "no_published_notice": _("the line has no published notice"),
        "no_contract": _("no contract with the caller is on record"),
        "ground_ended": _("what the purpose rested on has ended"),
        "condition_unmet": _("what the purpose rests on is not on record"),
        "ground_not_for_callers": _("the purpose rests on a ground that carries no data of callers"),
        "no_purpose": _("the line has no purpose"),
        "no_retention_rule": _("the line has no retention rule for recordings"),
    }.get(code, code.replace("_", " "))


def of_setting_aside(code: str) -> str:
    """Why something could not be used, and the remedy."""
    if code.startswith("audio_"):
        return " ".join(filter(None, explain(code.removeprefix("audio_"), {})))
    return {
        "spool_damaged": _("What was sealed could not be read again. Import the file once more."),
        "mapping_unusable": _("The line's mapping cannot be used. Correct it, then import the list again."),
        "client_closed": _("The client was closed; nothing is kept for it any more. Keep the file yourself."),
        "no_usable_row": _("No row of the list could be used. Correct the rows below and import it again."),
    }.get(code, code.replace("_", " "))


def of_row(code: str, data: dict[str, object]) -> str:
    """What is wrong with one row of a list."""
    if code == "unknown_line":
        return _("The row names a line that does not exist.")
    msgid = REMEDIES.get(code)
    try:
        return _(msgid).format(**data) if msgid else code.replace("_", " ")
    except KeyError:
        return code.replace("_", " ")
