"""What holds for every matrix, whatever people write into it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from callwarden.engines.policy import JOB_PREFIX, Matrix, MatrixRefused
from callwarden.kernel.errors import Conflict, InvalidInput, Refused, Translatable
from callwarden.kernel.roles import BASES, Role, separated_pairs

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


_GOVERN = frozenset({"approve", "read_ledger", "administer_users", "administer_keys", "administer_policy"})
_SHIPPED = Matrix.default()
_SHIPPED_ROLES, _SHIPPED_PURPOSES = frozenset(_SHIPPED.roles), frozenset(_SHIPPED.purposes)
SHIPPED = {"roles": _SHIPPED_ROLES, "purposes": _SHIPPED_PURPOSES, "categories": frozenset(_SHIPPED.categories)}


class Lapse(StrEnum):
    """Why a purpose of a matrix is not in force."""

    RETIRED = "retired"
    UNKNOWN = "unknown"


def not_live(purposes: Iterable[str], *, retired: Collection[str], known: Collection[str]) -> dict[str, Lapse]:
    """Those of the purposes under which nothing may be allowed.

    Args:
        retired, known: slugs of the register of purposes. What is shipped may be missing there: running the system is
            no purpose of the register, until somebody writes it in and retires it.

    Source: PIPL art. 6, 47; GDPR art. 5(1)(b).
    """
    return {
        one: Lapse.RETIRED if one in retired else Lapse.UNKNOWN
        for one in purposes
        if one in retired or (one not in known and one not in _SHIPPED_PURPOSES)
    }


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
    yield from _own_objections(matrix)


def own_roles(matrix: Matrix) -> list[str]:
    """The roles a site has added: neither shipped nor those of programs."""
    shipped = {*Role.values, "service"}
    return [role for role in matrix.roles if role not in shipped and not role.startswith(JOB_PREFIX)]


def _own_objections(matrix: Matrix) -> Iterator[Translatable]:
    """What may not be said of roles and categories that the site added, nor of those it did not."""
    for role in own_roles(matrix):
        name = matrix.names.get("roles", {}).get(role)
        if name is None or name.based_on not in BASES:
            yield _("A role of your own needs a name in both languages and an ordinary role it is based on.")
        if any(cell.role == role and cell.action in _GOVERN for cell in matrix.cells):
            yield _(
                "A role of your own may see, hand out and handle, but not govern: that stays with the shipped roles."
            )
    if _SHIPPED_ROLES - set(matrix.roles) or _SHIPPED_PURPOSES - set(matrix.purposes):
        yield _("The roles and purposes that Callwarden ships with stay; take their cells away instead.")
    if SHIPPED["categories"] - set(matrix.categories):
        yield _("The kinds of data that records have stay; take their cells away instead.")


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
