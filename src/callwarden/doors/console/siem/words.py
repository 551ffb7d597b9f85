"""What went wrong with a receiver, and what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import Translatable

CAUSES: dict[str, Translatable] = {
    "unreachable": _("Nothing answers at this address. Look at the network, the port and whether it speaks TLS."),
    "certificate_refused": _(
        "Its certificate is from another authority than ca_file names, has run out, or is for another name."
    ),
    "certificate_unreadable": _("One of the certificate files on this host cannot be read. Look at path and rights."),
    "insecure": _("It would go over the network in clear. Use TLS."),
    "cut_off": _("It ended the connection while entries were on their way. Look at its own log."),
    "no_receipt": _("It did not say that it read to the end. If its kind never does, set receipt to ended or none."),
    "secret_unreadable": _("The file with its secret cannot be read, or holds none of the right form."),
    "endpoint_insecure": _("Its address is not https."),
    "not_configured": _("It is not in the file of receivers any more."),
    "http_401": _("It did not accept the signature. Do both sides have the same secret?"),
    "http_403": _("It did not accept the signature. Do both sides have the same secret?"),
    "http_404": _("There is nothing at this address of it."),
    "http_413": _("It takes no messages of this size. Raise its limit to 4 MB."),
}
_OTHER_ANSWER = _("It answered with the error %(code)s.")


def cause(code: str) -> Translatable:
    """In words; "" where nothing went wrong."""
    if not code:
        return ""
    return CAUSES.get(code) or str(_OTHER_ANSWER) % {"code": code.removeprefix("http_")}
