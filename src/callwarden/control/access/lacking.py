"""Rights that this release has its programs use and that nobody granted here, as findings that settle themselves.

A start adds them to the version in force (`actions.give_programs_what_is_new`), unless that version may not stand any
more. Until somebody has put one into force that may, the work in question is refused, and nobody would know why.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import not_live
from callwarden.engines.policy import JOB_PREFIX, Cell, Matrix
from callwarden.kernel import findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity

ACTOR: Final = "job:watch"
# Whoever remedied it cannot check it too: the start, or the version put into force, did.
REMEDIED_BY: Final = "system"
State = PolicyVersion.State
LACKING = findings.register(
    FindingKind(
        "program-lacks-rights",
        title=_("A program of this product lacks rights that this release has it use"),
        remedy=_(
            "The version of the access matrix in force may not stand any more, so the start could not add them; this"
            " work of the program is refused. Make a draft of that version: it says what keeps it from standing. Put"
            " that right, give the program the rights named here, and have two people put the draft into force. Or"
            " leave the rights out: the next start adds them."
        ),
    )
)


def ever_granted() -> frozenset[Cell]:
    """Every cell that a version in force here, or one before it, granted."""
    versions = PolicyVersion.objects.filter(state__in=(State.ACTIVE, State.SUPERSEDED))
    return frozenset().union(*(Matrix.from_data(one.matrix).cells for one in versions))


def lacking() -> dict[str, list[Cell]]:
    """Program -> shipped cells that no version ever granted it, those of purposes that are not in force left out.

    What a version granted and a later one does not was taken away by people, and is not lacking.
    """
    shipped, found = Matrix.default(), defaultdict(list)
    dead = not_live(shipped)
    for cell in sorted(shipped.cells - ever_granted()):
        if cell.role.startswith(JOB_PREFIX) and cell.purpose not in dead:
            found[cell.role].append(cell)
    return dict(found)


def report() -> list[Finding]:
    """One finding for each program that lacks something."""
    return [
        findings.report(
            LACKING.name,
            severity=Severity.HIGH,
            actor=ACTOR,
            where=program,
            data={"count": len(cells), "cells": ["/".join(cell[1:]) for cell in cells]},
        )
        for program, cells in lacking().items()
    ]


def settle() -> None:
    """Close what was granted meanwhile. Call it in the transaction that puts a version into force."""
    waiting = findings.unsettled().filter(kind=LACKING.name)
    if not waiting:
        return
    still = lacking()
    for finding in waiting:
        if finding.where not in still:
            findings.put_right(finding, actor=REMEDIED_BY)
            findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
