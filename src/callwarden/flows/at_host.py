"""What is looked at or taken away at the host's command line, past every page: entered before a byte of it is shown.

Whoever rules the host reads its files anyway. What this adds is that the ordinary way leaves an entry, with who did it
and why; the account is the one that was named, and nothing here proves that it was theirs.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import journal
from callwarden.kernel.errors import InvalidInput
from callwarden.kernel.events import Event
from callwarden.kernel.models import User
from callwarden.kernel.structural import Value

ACTOR: Final = "door:host"


@transaction.atomic(durable=True)
def enter(event: Event, *, who: str, reason: str, **facts: Value) -> UUID:
    """Write the entry, committed when this returns; what cannot be entered may not be shown.

    Args:
        who: account name of the person at the host.
        reason: in words; sealed beside the log.
        facts: further structural facts.

    Raises:
        InvalidInput: there is no such account in use, or no reason.
        Unavailable: the log or the keeper does not answer.
    """
    person = User.objects.filter(username=who, is_active=True).first()
    if person is None:
        raise InvalidInput("no_such_account", _("There is no account of this name in use. Name yours with --who."))
    if not reason.strip():
        raise InvalidInput("reason_missing", _("Say with --reason what this is for; it becomes part of the log."))
    data: dict[str, Value] = {"named": person.actor, **facts}
    entry = journal.Entry(event=event, actor=ACTOR, data=data, detail={"reason": reason.strip()})
    return journal.record(entry)
