"""Publishing a notice from the console: the act two people decide on."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role
from callwarden.lawful.notices.actions import publish, text_digest
from callwarden.lawful.notices.models import Notice

PUBLISH: Final = "lawful:notice:publish"


def publication(notice: Notice) -> Act:
    """The act of telling callers exactly this text from now on."""
    return Act(PUBLISH, {"notice": str(notice.pk), "line": str(notice.line_id), "text": text_digest(notice).hex()})


def _publish(execution: Execution) -> Notice:
    notice = Notice.objects.select_for_update().get(pk=str(execution.parameters["notice"]))
    if text_digest(notice).hex() != execution.parameters["text"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return publish(notice, actor=execution.by.actor)


approvals.register(
    ActKind(PUBLISH, title=_("Publish a notice"), roles=(Role.DPO, Role.SECURITY_ADMIN), quorum=1, run=_publish)
)
