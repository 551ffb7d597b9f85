"""Mappings to begin with, for systems many centres have. People change the copy, never these."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from typing import Any, Final

# OCSF 1.8.0: activities of Datastore Activity (6005), API Activity (6003) and Authentication (3002) by their captions.
_OCSF_WORDS: Final = {
    "Read": "read",
    "Query": "search",
    "List": "search",
    "Search": "search",
    "Export": "export",
    "Create": "create",
    "Write": "change",
    "Update": "change",
    "Delete": "delete",
    "Connect": "sign_in",
    "Logon": "sign_in",
    "Preview": "read",
}

PRESETS: Final[MappingOf[str, dict[str, Any]]] = {
    "ocsf": {
        "text": "json",
        "time": {"path": "time", "form": "milliseconds"},
        "who": {"path": "actor.user.name"},
        "act": {"path": "activity_name", "words": _OCSF_WORDS, "other": "other"},
        "subject": {"path": "unmapped.customer_no", "kind": "customer_no"},
        "call": {"path": "unmapped.call_id"},
        "rows": {"path": "query_info.data.rows"},
    },
    "crm": {
        "text": "json",
        "time": {"path": "at"},
        "who": {"path": "user"},
        "act": {
            "path": "action",
            "words": {
                "view": "read",
                "search": "search",
                "export": "export",
                "edit": "change",
                "create": "create",
                "delete": "delete",
                "login": "sign_in",
            },
            "other": "other",
        },
        "subject": {"path": "customer", "kind": "customer_no"},
        "call": {"path": "call_id"},
        "rows": {"path": "rows"},
    },
    # pgaudit 16+ with log_destination = jsonlog and pgaudit.log_rows = on: AUDIT: SESSION,1,1,READ,SELECT,TABLE,...
    "pgaudit": {
        "text": "json",
        "only": {"path": "message", "starts": "AUDIT: "},
        "within": {"path": "message", "after": "AUDIT: ", "text": "csv", "as": "audit"},
        "time": {"path": "timestamp"},
        "who": {"path": "user"},
        "act": {
            "path": "audit.3",
            "words": {
                "READ": "read",
                "WRITE": "change",
                "ROLE": "administer",
                "DDL": "administer",
                "FUNCTION": "other",
                "MISC": "other",
            },
            "other": "other",
        },
        "rows": {"path": "audit.9"},
        "inside": {"path": "application_name", "values": []},
    },
    # Asterisk cdr_syslog or Master.csv: accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, ...
    "asterisk": {
        "text": "csv",
        "time": {"path": "9"},
        "who": {"path": "0"},
        "act": {"path": "", "other": "call"},
        "subject": {"path": "1", "kind": "phone"},
        "call": {"path": "16"},
    },
    # FreeSWITCH mod_json_cdr.
    "freeswitch": {
        "text": "json",
        "time": {"path": "variables.start_epoch", "form": "seconds"},
        "who": {"path": "variables.dialed_user"},
        "act": {"path": "", "other": "call"},
        "subject": {"path": "variables.caller_id_number", "kind": "phone"},
        "call": {"path": "variables.uuid"},
    },
}
