"""Publishing the notice to staff: the act two people decide on."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict, InvalidInput
from callwarden.kernel.roles import Role
from callwarden.lawful.notices.rules import shortcomings
from callwarden.lawful.staff.actions import publish
from callwarden.lawful.staff.models import StaffNotice
from callwarden.lawful.staff.rules import digest_of

PUBLISH: Final = "lawful:staff_notice:publish"


def publication(notice: StaffNotice) -> Act:
    """The act of telling staff exactly this text from now on."""
    return Act(PUBLISH, {"notice": str(notice.pk), "text": digest_of(notice.version, notice.text_en, notice.text_zh)})


def whole(notice: StaffNotice) -> StaffNotice:
    """The notice, when it tells in both languages all that has to be told.

    Raises:
        InvalidInput: a section or a language is missing, or something is still to be filled in.
    """
    if any(shortcomings(notice.text_en, notice.text_zh)):
        raise InvalidInput(
            "notice_incomplete",
            _("The notice is not complete. Fill in what the page names as missing, then ask again."),
        )
    return notice


def _publish(execution: Execution) -> StaffNotice:
    notice = StaffNotice.objects.select_for_update().get(pk=str(execution.parameters["notice"]))
    if digest_of(notice.version, notice.text_en, notice.text_zh) != execution.parameters["text"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return publish(whole(notice), actor=execution.by.actor)


approvals.register(
    ActKind(
        PUBLISH, title=_("Publish the notice to staff"), roles=(Role.DPO, Role.SECURITY_ADMIN), quorum=1, run=_publish
    )
)
