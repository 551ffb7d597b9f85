"""One entry for an enquiry into the log, however many pages of its answer are turned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from django.utils.crypto import salted_hmac

from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import log_reading
from callwarden.kernel import clock
from callwarden.kernel.structural import Value

NAME: Final = "log_enquiries"
# Seconds after which the same question is a new enquiry.
LASTS: Final = 900
# How many enquiries a session remembers; who asks more at once is entered more often than needed, never less.
MOST: Final = 50


def enter(request: ConsoleRequest, part: str, asked: Mapping[str, str], *, rows: int, **facts: Value) -> None:
    """Enter that the viewer reads the log, unless the same enquiry of this session stands there already.

    Call it when the rows are at hand and before they are drawn. The session keeps a keyed digest of what was asked.

    Args:
        asked: filters and their values; the log gets the names of those in use.

    Raises:
        Unavailable: it cannot be entered, so nothing may be shown.
    """
    used = {name: value for name, value in asked.items() if value}
    code = salted_hmac("callwarden.log_enquiry", json.dumps([part, sorted(used.items())])).hexdigest()[:32]
    now = clock.now().timestamp()
    before = {known: at for known, at in request.session.get(NAME, {}).items() if 0 <= now - at < LASTS}
    if code in before:
        return
    log_reading.enter(request.actor, part=part, filters=used, rows=rows, **facts)
    request.session[NAME] = dict([*before.items(), (code, now)][-MOST:])
