"""A certificate as a file that is checked without this system: its text and the proof that the log holds its digest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from callwarden.custody.ledger.heads import verifier_keys
from callwarden.custody.models import LedgerEntry
from callwarden.engines.ledger.certificate_verifier import FORMAT, verify_certificate
from callwarden.flows import trail
from callwarden.kernel.errors import NotFound
from callwarden.lawful.certificates.models import Certificate

SUFFIX: Final = ".cw-certificate.json"


def document(certificate: Certificate) -> bytes:
    """The file: `callwarden verify FILE --key KEY` checks text, digest, entry, tree and signature.

    Raises:
        NotFound: the log has not signed it yet (it takes about a second).
    """
    index = index_of(certificate)
    if index is None:
        raise NotFound("no_proof_yet", _("The proof is not ready yet. Try again in a few seconds."))
    whole = {
        "format": FORMAT,
        "certificate": json.loads(bytes(certificate.body)),
        "proof": trail.proof(index).decode(),
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def index_of(certificate: Certificate) -> int | None:
    """Number of the ledger entry that carries its digest; None while it waits for the sequencer."""
    return LedgerEntry.objects.filter(entry=certificate.entry).values_list("index", flat=True).first()


@dataclass(frozen=True)
class Checked:
    """What the independent verifier says of a certificate: codes of the faults; none means that it holds."""

    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


def checked(certificate: Certificate) -> Checked:
    """Have the independent verifier look at it, with the key that lies beside the log.

    Raises:
        NotFound: the log has not signed it yet.
    """
    file = document(certificate)
    report = verify_certificate(file, verifier_keys())
    return Checked(tuple(fault.code for fault in report.faults))


def content(certificate: Certificate) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(certificate.body))
    return told
