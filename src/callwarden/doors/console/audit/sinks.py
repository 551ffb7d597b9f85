"""The places that signed heads go to, as the audit page shows them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger.health import sinks
from callwarden.custody.models import CheckpointSink
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Empty, Row

KINDS = {
    "folder": _("Folder of another host"),
    "syslog": _("Syslog"),
    "mail": _("Mail to the officer"),
    "s3": _("Locked objects (S3)"),
    "witness": _("Witness"),
}
# What a sink says when it took nothing, and what to do about it.
ERRORS = {
    "not_writable": _("It cannot be written. Look at the mount."),
    "no_connection": _("It does not answer. Look at the network and at the receiver."),
    "not_trusted": _("Its certificate is not trusted. Name its authority with ?ca=/PATH."),
    "not_delivered_yet": _("No mail with a head has been delivered since. Look at the mail server."),
    "bucket_not_locked": _("The bucket keeps no locks. Make one with object lock."),
    "not_allowed": _("The object store refuses these credentials."),
    "storage_refused": _("The object store answered with an error."),
    "not_a_continuation": _("It refuses: this head does not continue what it has signed. Verify the log."),
    "knows_a_longer_log": _("It refuses: it has signed a longer log than there is. Verify the log."),
    "cosignature_wrong": _("Its signature does not hold. Is the key in its address the right one?"),
    "log_unknown_there": _("It does not know this log. Have its operator add the verification key."),
    "signature_unknown_there": _("It does not trust our signature. Have its operator add the verification key."),
    "no_proof": _("The continuation it asks for cannot be proved. Verify the log."),
}
HEADINGS = (
    _("Place"),
    _("How it stands"),
    _("Took last"),
    _("At entry"),
    _("What to do"),
)


def table() -> PlainTable:
    return PlainTable(
        caption=_("Places that signed heads go to"),
        headings=HEADINGS,
        rows=[_row(sink) for sink in sinks()],
        empty=Empty(
            _("Signed heads do not leave this host"),
            _("Whoever administers it could rewrite the log unseen. Name a place in CALLWARDEN_LEDGER_SINKS."),
            "alert-triangle",
        ),
    )


def _row(sink: CheckpointSink) -> Row:
    return Row(
        (
            _place(sink),
            _state(sink),
            sink.succeeded_at or "",
            sink.size or "",
            ERRORS.get(sink.error, _("It answered with an error; it is tried again.")) if sink.failures else "",
        )
    )


def _place(sink: CheckpointSink) -> str:
    return f"{KINDS.get(sink.kind, sink.kind)} · {sink.name.partition(':')[2]}"


def _state(sink: CheckpointSink) -> Badge:
    if sink.refused:
        return Badge(_("Refuses"), "fail", "ban")
    if sink.failures:
        return Badge(_("Fails"), "fail", "alert-triangle")
    return Badge(_("Works"), "pass", "circle-check") if sink.size else Badge.of("not_measured")
