"""The places that signed heads go to, as the audit page shows them."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger.health import heads_stay_here, sinks, unwitnessed
from callwarden.custody.ledger.sinks.addresses import name_of, stays_here
from callwarden.custody.models import CheckpointSink
from callwarden.doors.console.chapters.plain import PlainTable
from callwarden.doors.console.components import Badge, Empty, Row, Text

KINDS = {
    "folder": _("Folder of another disk or host"),
    "here": _("Folder of this machine"),
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


def warning() -> tuple[str, Text] | None:
    """Tone and text of what whoever decides should know about where signed heads go; None while all is well."""
    if unwitnessed():
        return "fail", _(
            "No place takes signed heads of the operation log, so acts of two people are refused. Have the "
            "administrator look at the page “Audit”: it says which place fails and why. Each act can be "
            "carried out again afterwards."
        )
    if heads_stay_here() and not settings.DEMO:
        return "warn", _(
            "Signed heads of the operation log stay on this machine: whoever administers it could rewrite the log "
            "unseen. Set CALLWARDEN_LEDGER_SINKS to a place on another machine, then start again."
        )
    return None


def table() -> PlainTable:
    here = {name_of(address) for address in settings.LEDGER_SINKS if stays_here(address)}
    return PlainTable(
        caption=_("Places that signed heads go to"),
        headings=HEADINGS,
        rows=[_row(sink, here=sink.name in here) for sink in sinks()],
        empty=Empty(
            _("Signed heads do not leave this host"),
            _("Whoever administers it could rewrite the log unseen. Name a place in CALLWARDEN_LEDGER_SINKS."),
            "alert-triangle",
        ),
    )


def _row(sink: CheckpointSink, *, here: bool) -> Row:
    return Row(
        (
            _place(sink, here=here),
            _state(sink),
            sink.succeeded_at or "",
            sink.size or "",
            _to_do(sink, here=here),
        )
    )


def _to_do(sink: CheckpointSink, *, here: bool) -> Text:
    if sink.failures:
        return ERRORS.get(sink.error, _("It answered with an error; it is tried again."))
    return _("Name a place on another machine as well, in CALLWARDEN_LEDGER_SINKS.") if here else ""


def _place(sink: CheckpointSink, *, here: bool) -> str:
    return f"{KINDS['here'] if here else KINDS.get(sink.kind, sink.kind)} · {sink.name.partition(':')[2]}"


def _state(sink: CheckpointSink) -> Badge:
    if sink.refused:
        return Badge(_("Refuses"), "fail", "ban")
    if sink.failures:
        return Badge(_("Fails"), "fail", "alert-triangle")
    return Badge(_("Works"), "pass", "circle-check") if sink.size else Badge.of("not_measured")
