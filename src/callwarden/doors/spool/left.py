"""Saying which files are left in the watch folders: a list for the console, and a finding as long as there are any."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.doors.spool.models import LeftFile
from callwarden.flows.formats import shown_name
from callwarden.kernel import clock, findings
from callwarden.kernel.findings import FindingKind
from callwarden.kernel.models import Finding, Outcome, Severity
from callwarden.kernel.tokens import keyed

ACTOR: Final = "door:spool"
WHERE: Final = "site:spool"
FILES_LEFT = findings.register(
    FindingKind(
        "files-left",
        title=_("Files lie in the watch folders in clear and are not taken in"),
        remedy=_("Open the imports: each file that was left is listed with what to do."),
    )
)


@dataclass(frozen=True)
class Left:
    """A file that is left where it is, and why."""

    path: Path
    line: UUID | None
    code: str


def say(incoming: Path, left: Iterable[Left]) -> None:
    """Make this watcher's part of the list exactly this one, in one commit."""
    watcher = keyed("spool.watcher", _here(incoming))
    wanted = {keyed("spool.left", f"{_here(incoming)}:{one.path}"): one for one in left}
    with transaction.atomic():
        LeftFile.objects.filter(watcher=watcher).exclude(path__in=list(wanted)).delete()
        for token, one in wanted.items():
            told = {"line_id": one.line, "shown": shown_name(one.path.name)[:255], "code": one.code}
            first = {**told, "watcher": watcher, "seen_at": clock.now()}
            LeftFile.objects.update_or_create(path=token, defaults=told, create_defaults=first)
        if count := LeftFile.objects.count():
            findings.report(FILES_LEFT.name, severity=Severity.MEDIUM, actor=ACTOR, where=WHERE, data={"count": count})
        else:
            _check_remedied()


def _here(incoming: Path) -> str:
    return f"{socket.gethostname()}:{incoming}"


def _check_remedied() -> None:
    """That nothing lies there any more is the passing check, by somebody else than whoever put it right."""
    for finding in Finding.objects.filter(kind=FILES_LEFT.name, where=WHERE, state=Finding.State.VERIFYING):
        findings.check(finding, outcome=Outcome.PASS, actor=ACTOR, evidence="seen:0")
