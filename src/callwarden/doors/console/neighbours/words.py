"""Acts, reasons and parts of a mapping in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.doors.console.components import Text

ACTS: dict[str, Text] = {
    "read": pgettext_lazy("act elsewhere", "Read"),
    "search": pgettext_lazy("act elsewhere", "Searched"),
    "export": pgettext_lazy("act elsewhere", "Exported"),
    "play": pgettext_lazy("act elsewhere", "Played"),
    "create": pgettext_lazy("act elsewhere", "Created"),
    "change": pgettext_lazy("act elsewhere", "Changed"),
    "delete": pgettext_lazy("act elsewhere", "Deleted"),
    "call": pgettext_lazy("act elsewhere", "Telephoned"),
    "sign_in": pgettext_lazy("act elsewhere", "Signed in"),
    "sign_in_failed": pgettext_lazy("act elsewhere", "Sign-in failed"),
    "administer": pgettext_lazy("act elsewhere", "Administered"),
    "other": pgettext_lazy("act elsewhere", "Did something else"),
}
REASONS: dict[str, Text] = {
    "too_long": _("longer than 16 KiB"),
    "not_syslog": _("no syslog message of RFC 5424 with its length before it"),
    "not_json": _("its text is no object of JSON"),
    "not_csv": _("its text is no line of CSV"),
    "not_pairs": _("its text holds no name=value"),
    "not_meant": _("not meant for us, as the mapping says"),
    "no_time": _("no time that can be read"),
    "no_who": _("does not say who acted"),
    "no_act": _("an act the mapping does not list"),
    "bad_subject": _("names a customer by something that is no such number or address"),
    "too_old": _("older than 31 days"),
    "ahead": _("of a time that has not come yet"),
    "cut": _("ended in the middle"),
}
PRESET_NAMES: dict[str, Text] = {
    "crm": _("A customer system that logs JSON"),
    "ocsf": _("Any system that logs OCSF"),
    "pgaudit": _("PostgreSQL with pgaudit, as jsonlog"),
    "asterisk": _("Asterisk call records"),
    "freeswitch": _("FreeSWITCH call records"),
}
