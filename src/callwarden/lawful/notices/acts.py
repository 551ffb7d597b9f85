"""Publishing a notice from the console: the act two people decide on."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.roles import Role
from callwarden.lawful.notices.actions import publish
from callwarden.lawful.notices.documents import text_digest
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import shortcomings

PUBLISH: Final = "lawful:notice:publish"


def publication(notice: Notice) -> Act:
    """The act of telling callers exactly this text from now on."""
    return Act(PUBLISH, {"notice": str(notice.pk), "line": str(notice.line_id), "text": text_digest(notice).hex()})


def whole(notice: Notice) -> Notice:
    """The notice, when it tells in both languages all that has to be told.

    Raises:
        InvalidInput: a section or a language is missing, or something is still to be filled in.
    """
    if any(shortcomings(notice.text_en, notice.text_zh, notice.script_en, notice.script_zh)):
        raise InvalidInput(
            "notice_incomplete",
            _("The notice is not complete. Fill in what the page names as missing, then ask again."),
        )
    return notice


def _publish(execution: Execution) -> Notice:
    notice = Notice.objects.select_for_update().get(pk=str(execution.parameters["notice"]))
    if text_digest(notice).hex() != execution.parameters["text"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return publish(whole(notice), actor=execution.by.actor)


approvals.register(
    ActKind(PUBLISH, title=_("Publish a notice"), roles=(Role.DPO, Role.SECURITY_ADMIN), quorum=1, run=_publish)
)
