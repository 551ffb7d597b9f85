"""The policy in force, compiled once per digest and process."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from callwarden.control.access.models import PolicyVersion
from callwarden.engines.policy import CompiledPolicy, Matrix, compile
from callwarden.kernel.errors import Unavailable


def active() -> CompiledPolicy:
    """The policy decisions are taken by now.

    Raises:
        Unavailable: there is none, or it is not what its digest says; nothing is decided then.
    """
    row = PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).values_list("id", "digest").first()
    if row is None:
        raise Unavailable(
            "no_policy", _("No access policy is in force. The security administrator has to activate one.")
        )
    compiled = _compiled(*row)
    if compiled.matrix.digest != row[1]:
        raise Unavailable(
            "policy_damaged", _("The access policy does not match its digest. Nothing is opened until it does.")
        )
    return compiled


def compiled(version: PolicyVersion) -> CompiledPolicy:
    """Any version as it would decide.

    Raises:
        MatrixRefused: a release knows more or less than the one it was written under.
    """
    return _compiled(version.pk, version.digest)


def in_shadow() -> PolicyVersion | None:
    """The version that is asked beside the one in force, without its matrix."""
    return PolicyVersion.objects.filter(state=PolicyVersion.State.SHADOW).defer("matrix").first()


@lru_cache(maxsize=8)
def _compiled(version: UUID, _digest: str) -> CompiledPolicy:
    return compile(Matrix.from_data(PolicyVersion.objects.get(pk=version).matrix))
