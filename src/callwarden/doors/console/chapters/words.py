"""Names of what the access matrix is made of, for people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.control.access.queries import own_name
from callwarden.custody.categories import Category
from callwarden.doors.console.components import Text
from callwarden.doors.console.deeds import JOBS
from callwarden.doors.console.shell import ROLE_LABELS
from callwarden.flows.names import named_lazily

ACTIONS: dict[str, Text] = {
    "view_masked": _("See masked"),
    "reveal": _("Reveal"),
    "play_redacted": _("Play redacted"),
    "play_original": _("Play the original"),
    "search": _("Search"),
    "export": _("Export"),
    "share": _("Share"),
    "erase": _("Erase"),
    "hold": _("Put on hold"),
    "release_hold": _("Release a hold"),
    "import": _("Import"),
    "admit": _("Admit"),
    "redact": _("Redact"),
    "approve": _("Approve"),
    "read_ledger": _("Read stated reasons"),
    "administer_users": _("Administer people"),
    "administer_keys": _("Administer keys"),
    "administer_policy": _("Administer access"),
}
PROGRAMS: dict[str, Text] = {"service": _("Program with a key")}
CATEGORIES: dict[str, Text] = {
    **{str(category): category.label for category in Category},
    "ledger_entry": _("Operation log"),
    "administration": _("The site itself"),
}


def action_label(action: str) -> Text:
    return ACTIONS.get(action, action.replace("_", " "))


def category_label(category: str) -> Text:
    if shipped := CATEGORIES.get(category):
        return shipped
    own = own_name("categories", category)
    return named_lazily(own) if own else category.replace("_", " ")


def role_label(role: str) -> Text:
    """A role of people, or of a program."""
    if shipped := ROLE_LABELS.get(role) or PROGRAMS.get(role) or JOBS.get(role):
        return shipped
    own = own_name("roles", role)
    return named_lazily(own) if own else role
