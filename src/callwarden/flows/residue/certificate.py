"""A report as a certificate of erasure tells of it."""

from __future__ import annotations

from typing import Final

from callwarden.flows.residue.report import ScanReport
from callwarden.lawful.certificates.rules import NotCovered, Scan

# What certificates call the copies that a replica of the search speaks of.
_ALSO: Final = {"tables": ("rows",), "backups": ("keys",)}


def scan_of(report: ScanReport) -> Scan:
    """What was searched, with its control found, and how much was found there."""
    covered = [name for one in report.covered for name in (one, *_ALSO.get(one, ()))]
    return Scan(covered=tuple(covered), found=report.found, report=report.digest)


def not_covered_of(report: ScanReport) -> tuple[NotCovered, ...]:
    """What a certificate has to say it does not cover, each once; a certificate hides none of it."""
    told = {(one.what, one.why): NotCovered(one.what, one.why) for one in report.not_covered}
    return tuple(told.values())
