"""What holds for every matrix, whatever people write into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from callwarden.engines.policy import Matrix, MatrixRefused
from callwarden.kernel.errors import Conflict, InvalidInput, Refused, Translatable
from callwarden.kernel.roles import separated_pairs

if TYPE_CHECKING:
    from callwarden.control.access.models import PolicyVersion

# What somebody must be able to do for the site to be run at all: (action, what the objection says).
_KEPT: tuple[tuple[str, Translatable], ...] = (
    ("administer_policy", _("Nobody could change the access rules any more.")),
    ("administer_users", _("Nobody could administer accounts any more.")),
    ("administer_keys", _("Nobody could administer keys any more.")),
    ("read_ledger", _("Nobody could read the log any more.")),
    ("approve", _("Nobody could approve anything any more.")),
)


def objections(matrix: Matrix) -> Iterator[Translatable]:
    """Why a matrix may be drafted but never put into force or into shadow.

    Source: GB/T 22239-2019 8.1.4.2, three administrators whose rights are separated.
    """
    for action, says in _KEPT:
        if not any(cell.action == action for cell in matrix.cells):
            yield says
    incompatible = {frozenset(pair) for pair in matrix.guards.incompatible}
    if not all(frozenset(pair) in incompatible for pair in separated_pairs()):
        yield _("System, security and audit administration must stay separate: no one person may join two of them.")
    if any(cell.role.startswith("job:") and cell.action in {"reveal", "play_original"} for cell in matrix.cells):
        yield _("A program may not reveal values or play originals: nobody would be there to see them.")


def is_whole(version: PolicyVersion, **_facts: Any) -> None:
    """Guard of the steps that make a version count: it is what its digest says, and may stand.

    Raises:
        Conflict: its content and its digest have parted.
        Refused: something may not stand; the message names it.
    """
    try:
        matrix = Matrix.from_data(version.matrix)
    except MatrixRefused:
        matrix = None
    if matrix is None or matrix.digest != version.digest:
        raise Conflict(
            "policy_not_draft", _("This version cannot be put into force any more. Propose the change anew.")
        )
    said = [str(one) for one in objections(matrix)]
    if said:
        raise Refused("matrix_may_not_stand", _("This matrix may not count: %(why)s"), data={"why": " ".join(said)})


def check_sample(percent: int) -> int:
    """Of how many real decisions in a hundred a shadow is asked.

    Raises:
        InvalidInput: not between 1 and 100.
    """
    if not 1 <= percent <= 100:
        raise InvalidInput("bad_sample", _("Give a share between 1 and 100 in a hundred."))
    return percent
