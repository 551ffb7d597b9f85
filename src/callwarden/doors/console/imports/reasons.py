"""Why something was refused, set aside or waits, and what to do about it: one table of every reason code.

Codes of sound carry the prefix `audio_`; those of rows and words are the formats' own and keep their remedies there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.labels import field_label
from callwarden.flows.formats import REMEDIES


@dataclass(frozen=True)
class Reason:
    """What happened, and what to do."""

    says: Text
    remedy: Text = ""


REASONS: dict[str, Reason] = {
    # The gate
    "no_published_notice": Reason(
        _("The line has no published notice."), _("Publish one on the page “Lawful handling”; later calls then pass.")
    ),
    "notice_not_given": Reason(
        _("The caller was not told, or was told a version this line had not published by then."),
        _("Have the telephone system play the published notice and report its version."),
    ),
    "consent_unknown": Reason(
        _("Nobody knows whether the caller consented, and unknown means no."),
        _("Deliver the consent event while the call is in quarantine; it is then judged again."),
    ),
    "consent_refused": Reason(_("The caller said no."), _("Nothing is to be done: the call goes when its time is up.")),
    "consent_withdrawn": Reason(
        _("The caller took their consent back."), _("Nothing is to be done: the call goes when its time is up.")
    ),
    "no_contract": Reason(
        _("The purpose rests on a contract, and no customer is known for this call."),
        _("Deliver the customer record, then the call again."),
    ),
    "ground_ended": Reason(
        _("What the purpose rested on has ended."),
        _("Give the purpose another ground in the registry, or take it off the line."),
    ),
    "condition_unmet": Reason(
        _(
            "What the purpose rests on cannot be shown to hold: the balancing of interests, the provision or the"
            " workplace rules are not on record."
        ),
        _("Name them under the purpose in the registry, or take the purpose off the line."),
    ),
    "ground_not_for_callers": Reason(
        _("The purpose rests on a ground that carries no data of callers."),
        _("Give the purpose another ground in the registry, or take it off the line."),
    ),
    "no_contract_purpose": Reason(
        _("No purpose of the line rests on a contract, so customer records may not be kept."),
        _("Give the line such a purpose, or deliver the records for another line."),
    ),
    "no_purpose": Reason(_("The line serves no purpose."), _("Give the line a purpose, then deliver the call again.")),
    "unknown_recipient": Reason(
        _("The line's purposes know no such recipient."), _("Enter the recipient under its purpose, then try again.")
    ),
    "no_retention_rule": Reason(
        _("There is no rule for how long this may be kept, so it may not be kept at all."),
        _("Add a retention rule on the page “Lawful handling”."),
    ),
    # Counterparts
    "recording_missing": Reason(
        _("No recording of this call has come."), _("Deliver the recording, or correct how the mapping names it.")
    ),
    "cdr_missing": Reason(
        _("No call record names this recording."),
        _("Deliver the call records, or correct how the mapping reads names."),
    ),
    "call_known": Reason(_("This call was taken in before."), _("Nothing is to be done; the copy is not kept.")),
    "content_known": Reason(_("The same content was here before."), _("Nothing is to be done; the copy is not kept.")),
    # Lists
    "mapping_unusable": Reason(
        _("The mapping of this line cannot be used."), _("Correct the mapping, then deliver the list again.")
    ),
    "no_usable_row": Reason(
        _("No row of the list can be used."), _("Look at the rows below, correct the export and deliver it again.")
    ),
    "client_closed": Reason(
        _("The client of this line was closed, and nothing is kept for it any more."),
        _("Stop the deliveries. What was set aside goes when its time is up."),
    ),
    # Sound
    "audio_empty": Reason(
        _("The recording holds no sound."), _("Check the recorder; there is nothing to deliver again.")
    ),
    "audio_truncated": Reason(
        _("The recording is cut short: it announces more sound than there is."), _("Fetch the complete file again.")
    ),
    "audio_corrupt": Reason(_("The recording is damaged."), _("Fetch it again from its source.")),
    "audio_too_large": Reason(_("The file is larger than allowed."), _("Split it, or raise the limit.")),
    "audio_too_long": Reason(_("The recording is longer than allowed."), _("Split it, or raise the limit.")),
    "audio_unsupported": Reason(
        _("This is not a supported recording."), _("Convert it to WAV (PCM or G.711), FLAC, MP3 or Ogg Opus.")
    ),
    "audio_rate": Reason(_("The sample rate is outside 8 to 48 kHz."), _("Resample the recording.")),
    "audio_channels": Reason(
        _("The recording has more than two channels."), _("Export one file with at most two parties.")
    ),
    "spool_damaged": Reason(
        _("What lay in the spool was damaged before it could be taken in."),
        _("Check the disk, then deliver the file again."),
    ),
    # Left in a watch folder
    "unknown_file_type": Reason(
        _("Its name does not say what it holds."),
        _(
            "Recordings end in .wav, .flac, .mp3, .opus or .ogg, transcripts in .json; lists are named cdr*.csv,"
            " customers*.csv or orders*.csv."
        ),
    ),
    "file_unreadable": Reason(_("It cannot be read."), _("Give Callwarden's account read access to it.")),
    "file_too_large": Reason(_("The file is larger than allowed."), _("Split it, or raise the limit.")),
    "source_not_removed": Reason(
        _("It is taken in, but still lies there in clear, because it may not be removed."),
        _("Give Callwarden's account write access to the folder."),
    ),
    "read_back_failed": Reason(_("The disk did not keep what was written."), _("Check the disk; it is tried again.")),
    "no_line_of_this_name": Reason(
        _("It lies in no line's folder."),
        _("Rename the folder to the short name of a line, or move the files into one."),
    ),
    "not_a_file": Reason(
        _("It is a folder or a link, and neither is taken."), _("Move the files themselves into the line's folder.")
    ),
    # Words
    "words_missing": Reason(
        _("No words came with the recording, so what is spoken cannot be found and the call stays restricted."),
        _("Run the speech recogniser and deliver the words."),
    ),
    "redaction_failed": Reason(
        _("The call could not be redacted and stays restricted."), _("Deliver usable words for it.")
    ),
    "residual_found": Reason(
        _("The check of the finished output found something that should have been removed."),
        _("Nothing was shown. Keep the original restricted and report the kind of call."),
    ),
}


def reason_for(code: str, data: Mapping[str, object] | None = None) -> Reason:
    """The reason in words; a code of the formats brings its own sentence, an unknown one is shown as it is."""
    if code in REASONS:
        return REASONS[code]
    if code in REMEDIES:
        return Reason(_("It does not have the form it should have."), _filled(REMEDIES[code], data or {}))
    return Reason(code.replace("_", " ") if code else "")


def problem_text(problem: Mapping[str, object]) -> str:
    """What is wrong with one row of a list, with the field it is about."""
    data = problem.get("data")
    says = str(reason_for(str(problem.get("code", "")), data if isinstance(data, dict) else {}).remedy)
    name = str(problem.get("field", ""))
    return gettext("%(field)s: %(what)s") % {"field": field_label(name), "what": says} if name else says


def _filled(msgid: str, data: Mapping[str, object]) -> str:
    text = gettext(msgid)
    try:
        return text.format(**data)
    except (KeyError, IndexError):
        # Facts of the sentence were not kept with older rows: say it without them rather than not at all.
        return text.replace("{", "").replace("}", "")
