"""The codes of a search's report in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.doors.console.components import Text

REPLICAS: dict[str, Text] = {
    "tables": _("Every column of every table"),
    "search_index": _("Search index"),
    "caches": _("Caches"),
    "database_files": _("Files of the database, byte by byte"),
    "write_ahead_log": _("The database's own log, pages unpacked"),
    "objects": _("Recordings and transcripts in storage, names and content"),
    "spool": _("Arrivals and watched folders"),
    "temporary": _("Temporary files"),
    "logs": _("Log files"),
    "data_folder": _("The rest of the data folder"),
    "exports": _("Exports: handed over, none is kept here"),
    "backups": _("Backups, by the keys that would open them"),
}
WHAT: dict[str, Text] = {
    "value": _("A value in the open"),
    "speech": _("Words they said"),
    "sound": _("Sound of a recording"),
    "token": _("Keyed tokens"),
    "key": _("Wrapped keys"),
    "ciphertext": _("Ciphertext"),
    "row": pgettext_lazy("what a search found", "Rows or objects of their own"),
}
WHY: dict[str, Text] = {
    "gone_before_the_search": _("The values had been destroyed already; the search was for random ids."),
    "forgets_by_itself": _("Keys in the keeper's memory are not searched; it forgets them within minutes."),
    "end_with_their_keys": _("Copies are sealed and lie elsewhere. They end with their keys."),
    "control_not_found": _("What was planted for the search was not found, so its answer counts for nothing."),
    "not_readable": _("This account may not read the database's files. Run “callwarden scan last” as root."),
    "on_another_host": _("The database lies on another host. Search its files there."),
    "columns_of_others": _("Columns that only the keeper or the sequencer reads."),
    "not_cleared_away": _("Dead rows could not be cleared away first."),
    "no_program": _("The program that unpacks pages is missing."),
    "on_hold": _("On hold: kept, and so not searched for."),
    "too_many": _("More records than one search opens; for these ids alone were searched for."),
    "over_the_limit": _("Content beyond what one search reads; names were looked at."),
    "unreadable": _("Could not be read."),
    "no_record": _("There is no record that a token could be planted beside."),
}


def why(code: str) -> Text:
    """Why something was not covered; a refusal of the door is told as what it is."""
    return WHY.get(code) or _("Could not be opened (%(code)s).") % {"code": code}
