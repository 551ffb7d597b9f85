"""Entries of the operation log in the forms that security systems read: OCSF 1.8 as JSON, and CEF.

    >>> body = {"id": "6f1e", "at": "2026-03-02T12:00:00.000+00:00", "event": "people:sign_in:failed", "actor": "a-7"}
    >>> meant = Meaning(Kind.AUTHENTICATION, LOGON, Weight.LOW, failed=True)
    >>> told = record(body, 41, meant, log="callwarden.local/1f")
    >>> told["class_uid"], told["type_uid"], told["status_id"], told["metadata"]["sequence"]
    (3002, 300201, 2, 41)
    >>> cef(body, 41, meant, name="Sign-in failed", version="1.0").split("|")[:6]
    ['CEF:0', 'Callwarden', 'Callwarden', '1.0', 'people:sign_in:failed', 'Sign-in failed']

Promised: nothing is added to what the entry says, so nothing personal comes in; `metadata.sequence` (OCSF) and `cn1`
(CEF) are the leaf index, so that a receiver sees gaps and repeats; what has no place in a class stands in `unmapped`.
Not promised: any judgement. What an event means is decided by the caller.

Source: Open Cybersecurity Schema Framework 1.8.0; ArcSight Common Event Format, revision 25.
"""

from callwarden.engines.siem._cef import cef
from callwarden.engines.siem._meaning import Kind, Meaning, Weight
from callwarden.engines.siem._ocsf import OCSF_VERSION, record

LOGON, LOGOFF = 1, 2
"""Activities of `Kind.AUTHENTICATION`."""

__all__ = ["LOGOFF", "LOGON", "OCSF_VERSION", "Kind", "Meaning", "Weight", "cef", "record"]
