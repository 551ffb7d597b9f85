"""Sigma files: pySigma, in an environment of its own, reads them; its queries are run over exported entries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import django

from tests.prove._audit_ledger import _installed

PYSIGMA = ("pysigma>=2,<3", "pysigma-backend-sqlite>=2.1,<3")
Line = tuple[str, str, str]


def run(folder: Path) -> Iterator[Line]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callwarden.site.settings")
    django.setup()
    from tests.control.alerts import sigma_cases

    what = "pySigma reads every Sigma file; each rule sees its entries as exported, and none that come close"
    place = _installed(folder / "sigma", *PYSIGMA)
    if place is None:
        yield what, "not measured", f"{' '.join(PYSIGMA)} could not be installed"
        return
    wrong = sigma_cases.wrong(sigma_cases.judged(str(place / "bin/python")))
    told = f"{len(list(sigma_cases.rules()))} rules and correlations, {len(sigma_cases.cases())} that raise something"
    yield what, "fail" if wrong else "pass", "; ".join(wrong[:3]) or told
