"""Names of lines, clients, purposes and the like, which each carry one for either language."""

from __future__ import annotations

from typing import Protocol

from django.utils.functional import lazy
from django.utils.translation import get_language


class TwoNamed(Protocol):
    """Anything with an English and a Chinese name; the Chinese one may be empty."""

    @property
    def name(self) -> str: ...

    @property
    def name_zh(self) -> str: ...


def named(row: TwoNamed) -> str:
    """The name in the reader's language, as far as there is one."""
    chinese = (get_language() or "").startswith("zh")
    return (row.name_zh or row.name) if chinese else row.name


named_lazily = lazy(named, str)
