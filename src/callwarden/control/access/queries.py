"""The policy in force, compiled once per digest and process."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from callwarden.control.access import rules
from callwarden.control.access.models import PolicyVersion
from callwarden.control.grants.models import AccessGrant
from callwarden.engines.policy import JOB_PREFIX, CompiledPolicy, Matrix, compile
from callwarden.kernel.errors import Translatable, Unavailable
from callwarden.kernel.models import User
from callwarden.kernel.roles import own_roles

_SLUGS: Final = ArrayField(CharField())


def active() -> CompiledPolicy:
    """The policy decisions are taken by now.

    Raises:
        Unavailable: there is none, or it is not what its digest says; nothing is decided then.
    """
    row = _with_register(PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE), "id", "digest").first()
    if row is None:
        raise Unavailable(
            "no_policy", _("No access policy is in force. The security administrator has to activate one.")
        )
    compiled = _compiled(*row[:2])
    if compiled.matrix.digest != row[1]:
        raise Unavailable(
            "policy_damaged", _("The access policy does not match its digest. Nothing is opened until it does.")
        )
    return _living(compiled, *row[2:])


def compiled(version: PolicyVersion) -> CompiledPolicy:
    """Any version as it would decide.

    Raises:
        MatrixRefused: a release knows more or less than the one it was written under.
    """
    read = vars(version)
    if "retired" not in read:  # what is in shadow was read together with the register
        read = vars(_beside_register(PolicyVersion.objects.filter(pk=version.pk).defer("matrix")).get())
    return _living(_compiled(version.pk, version.digest), read["retired"], read["known"])


def not_live(matrix: Matrix) -> dict[str, rules.Lapse]:
    """Purposes of a matrix that are retired or not in the register: nothing is allowed under them."""
    retired, known = _with_register(PolicyVersion.objects.order_by()).first() or ((), ())
    return rules.not_live(matrix.purposes, retired=retired, known=known)


def _living(compiled: CompiledPolicy, retired: Collection[str], known: Collection[str]) -> CompiledPolicy:
    purposes = compiled.matrix.purposes
    return compiled.living(set(purposes) - set(rules.not_live(purposes, retired=retired, known=known)))


# Slugs of the register that are retired, and all of them, as one statement with the version reads them.
_register: list[Combinable] = []


def purposes_from(*, retired: Combinable, known: Combinable) -> None:
    """Say where the register of purposes is read; without it only what is shipped is in force."""
    _register[:] = [retired, known]


def _with_register(versions: QuerySet[PolicyVersion], *names: str) -> QuerySet[PolicyVersion, tuple[Any, ...]]:
    return _beside_register(versions).values_list(*names, "retired", "known")


def _beside_register(versions: QuerySet[PolicyVersion]) -> QuerySet[PolicyVersion]:
    retired, known = _register or [Value([], output_field=_SLUGS), Value([], output_field=_SLUGS)]
    return versions.annotate(retired=retired, known=known)


def in_shadow() -> PolicyVersion | None:
    """The version that is asked beside the one in force, without its matrix."""
    return _beside_register(PolicyVersion.objects.filter(state=PolicyVersion.State.SHADOW)).defer("matrix").first()


@dataclass(frozen=True)
class OwnName:
    """What a site calls a role or a kind of data that it added."""

    name: str
    name_zh: str


def own_name(part: str, slug: str) -> OwnName | None:
    """The newest name of one that the site added (`roles`, `categories`), drafts included; None where it has none."""
    if slug in rules.SHIPPED[part] or slug.startswith(JOB_PREFIX):
        return None
    newest = PolicyVersion.objects.filter(**{f"matrix__names__{part}__has_key": slug}).order_by("-version").first()
    if newest is None:
        return None
    name = newest.matrix["names"][part][slug]
    return OwnName(name["en"], name["zh"])


def still_used(matrix: Matrix) -> list[Translatable]:
    """What is in use now and would be missing under this matrix, one sentence each."""
    lost: list[Translatable] = []
    for own in own_roles():
        holders = User.objects.filter(roles__contains=[own.slug]).count()
        if own.slug not in matrix.roles and holders:
            lost.append(
                format_lazy(
                    _("{count} people hold the role “{name}”; give them another first."), count=holders, name=own.slug
                )
            )
    live = AccessGrant.objects.filter(state__in=(AccessGrant.State.ASKED, AccessGrant.State.LIVE))
    for purpose in sorted(set(live.values_list("purpose", flat=True)) - set(matrix.purposes)):
        lost.append(
            format_lazy(_("A grant of access is for the purpose “{name}”; wait for its end or end it."), name=purpose)
        )
    return lost


@lru_cache(maxsize=8)
def _compiled(version: UUID, _digest: str) -> CompiledPolicy:
    return compile(Matrix.from_data(PolicyVersion.objects.get(pk=version).matrix))
