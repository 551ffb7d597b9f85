"""The slugs of a certificate in words. A slug nobody has words for is shown as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Text
from callwarden.doors.console.residue import words as searched
from callwarden.lawful.certificates.rules import Method
from callwarden.lawful.requests.models import RequestTask

REPLICAS: dict[str, Text] = {
    "keys": _("Keys"),
    "rows": _("Sealed values in the database"),
    "objects": _("Sealed objects (recordings, transcripts)"),
    "search_index": _("Search index"),
    "links": _("Links by which the person is found"),
    "exports": _("Exports"),
    "backups": _("Backups"),
    "partners": _("Copies at partners"),
    "mentions": _("Mentions in other records"),
    "logs": _("Logs of the program"),
    "aggregates": _("Aggregates without persons"),
    "values": _("What was known of the person"),
    "record": _("Single records"),
    "memory_of_the_keeper": _("Keys in memory"),
    "account": _("The account, and which calls it took"),
    "ledger": _("Entries of the operation log"),
    "staff_records": _("Roles, rosters and training on record"),
}
METHODS: dict[str, Text] = {
    Method.ROWS_DELETED: _("Rows deleted"),
    Method.OBJECTS_DELETED: _("Objects deleted"),
    Method.KEY_DESTROYED: _("Key destroyed"),
    Method.REDACTED_AGAIN: _("Redacted again"),
    Method.ANONYMISED: _("Anonymised"),
    Method.ORDERED_AT_PARTNER: _("Ordered at the partner"),
    Method.ENDS_WITH_EPOCH: _("Unreadable when the key epochs have turned"),
}
REASONS: dict[str, Text] = {
    "unreadable_after_epoch_turn": _("They are not searched. What is in them opens with no key from that day on."),
    "no_order_by_rule": _("The end of a retention period orders nothing at partners; their agreements do."),
    "not_searched": _("They were not searched."),
    "not_measured": _("It was not measured."),
    "unreadable_when_their_keys_end": _("They are not searched. What is in them opens with no key once theirs ended."),
    "only_marked_calls": _(
        "Calls of others were gone over where they are marked as speaking of the person. What others said elsewhere"
        " lies under their keys and was not measured."
    ),
    "named_without_number": _(
        "Calls of others were gone over where a telephone number, e-mail address, document or card number the person"
        " was known by was said and recognised, or where somebody marked them. Who is spoken of by name alone is not"
        " found."
    ),
    "words_under_keys_of_callers": _(
        "What the agent said lay in the callers' transcripts. The versions with it were destroyed; the search did not"
        " look for these words."
    ),
    "kept_to_prove_who_did_what": _(
        "They name the agent by reference and hold nothing said: who did what stays provable."
    ),
    "left_by_export": _("They were handed out as files. Nothing here reaches these; ask whoever took them."),
    "given_to_the_person": _("They were handed to the person who asked, as an answer to a request."),
    "in_anonymous_release": _("They went into a release without names, which tells nothing of single people."),
    "giving_is_not_recorded": _(
        "They are registered to be given data of these lines. Whether they were given this person's is not recorded"
        " here; tell them of the erasure."
    ),
    "taken_away_by_hand": _(
        "Something was found here while its value was known. Somebody said that it was taken away; by then nothing"
        " knew the value any more, so nobody could search for it again."
    ),
}
_OF_REQUESTS: dict[str, Text] = {str(one.value): one.label for one in RequestTask.Replica}
FAULTS: dict[str, Text] = {
    "certificate_differs": _("Its text is not the one that was issued."),
    "certificate_not_issued": _("The log does not say that it was issued."),
    "note_signature": _("The signature on the log's head is wrong."),
    "proof_wrong": _("Its entry is not in the log."),
}


def replica(name: str) -> Text:
    return REPLICAS.get(name) or _OF_REQUESTS.get(name) or searched.REPLICAS.get(name, name)


def method(name: str) -> Text:
    return METHODS.get(name, name)


def reason(name: str) -> Text:
    return REASONS.get(name) or searched.WHY.get(name, name)


def fault(code: str) -> Text:
    return FAULTS.get(code, code)
