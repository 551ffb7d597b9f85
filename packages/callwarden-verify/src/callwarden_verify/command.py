"""`callwarden-verify PATH --key KEY`: a folder is an export, a JSON file a certificate, a zip file evidence."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from callwarden_verify import certificate_verifier, evidence_verifier, verifier, years_verifier


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 verified, 1 not verified, 2 could not be checked."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    paths = [word for word in given if not word.startswith("-")]
    certificate = any(certificate_verifier.is_certificate(path) for path in paths[:1])
    if certificate:
        return certificate_verifier.main(given)
    if any(evidence_verifier.is_bundle(path) for path in paths[:1]):
        return evidence_verifier.main(given)
    years = any(years_verifier.is_years(path) for path in paths[:1])
    return years_verifier.main(given) if years else verifier.main(given)


if __name__ == "__main__":
    sys.exit(main())
