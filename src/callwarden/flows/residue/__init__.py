"""What an erasure left: searched for in every place that may hold a copy, by the product itself.

    erased, scan = residue.erase(client, subject, actor=..., reason="request")       # gather, destroy, search, note
    report = residue.latest_of(subject)                                              # for a certificate
    residue.scan_of(report), residue.not_covered_of(report)                          # as a certificate takes them
    report.outcome, report.covered, report.not_covered, report.found, report.ends_on, report.digest

Values are opened by a Permit of the job `erasure`, stay in its memory, and are written nowhere; without them the search
is for random ids, and the report says so. A replica whose planted control was not found is not measured.
"""

from callwarden.flows.residue.actions import FOUND, erase, last, latest_of, note, search_again, waiting
from callwarden.flows.residue.certificate import not_covered_of, scan_of
from callwarden.flows.residue.marks import Marks, gather
from callwarden.flows.residue.reach import Reach, provide
from callwarden.flows.residue.report import NotCovered, Place, Replica, ScanReport
from callwarden.flows.residue.scan import scan

__all__ = [
    "FOUND",
    "Marks",
    "NotCovered",
    "Place",
    "Reach",
    "Replica",
    "ScanReport",
    "erase",
    "gather",
    "last",
    "latest_of",
    "not_covered_of",
    "note",
    "provide",
    "scan",
    "scan_of",
    "search_again",
    "waiting",
]
