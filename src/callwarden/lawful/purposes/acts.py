"""What two people decide on: purposes put into force or changed, laxer rules, transfers, what a line serves."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act, ActKind, Execution
from callwarden.kernel.errors import Conflict
from callwarden.kernel.roles import Role
from callwarden.lawful.purposes import actions
from callwarden.lawful.purposes.entries import RuleEntry
from callwarden.lawful.purposes.models import CategoryRule, Purpose, PurposeRevision, Transfer
from callwarden.lawful.purposes.queries import entry_of

ACTIVATE: Final = "lawful:purpose:activate"
CHANGE: Final = "lawful:purpose:change"
RELAX: Final = "lawful:category:relax"
TRANSFER: Final = "lawful:transfer:register"
SERVE: Final = "lawful:line:serve"
ROLES: Final = (Role.DPO, Role.SECURITY_ADMIN)


def activation(purpose: Purpose) -> Act:
    """The act of putting a draft into force exactly as it is now."""
    return Act(ACTIVATE, {"purpose": purpose.slug, "content": entry_of(purpose).digest})


def alteration(revision: PurposeRevision) -> Act:
    """The act of letting a proposed revision take the place of the purpose as it is now."""
    before = entry_of(Purpose.objects.get(pk=revision.purpose_id)).digest
    return Act(
        CHANGE,
        {
            "purpose": revision.purpose_id,
            "revision": str(revision.pk),
            "content": revision.digest,
            "instead_of": before,
        },
    )


def relaxation(rule: CategoryRule, *, level: int, sensitive: bool, never_store: bool) -> Act:
    """The act of letting a rule for a kind of data ask for less care. Its provision stays as it is."""
    return Act(
        RELAX,
        {
            "category": rule.category,
            "jurisdiction": rule.jurisdiction,
            "level": level,
            "sensitive": sensitive,
            "never_store": never_store,
            "before": [str(rule.level), str(rule.sensitive), str(rule.never_store)],
        },
    )


def registration(transfer: Transfer) -> Act:
    """The act of letting a transfer abroad count."""
    return Act(
        TRANSFER,
        {
            "transfer": str(transfer.pk),
            "recipient": str(transfer.recipient_id),
            "jurisdiction": transfer.jurisdiction,
            "mechanism": transfer.mechanism,
            "until": transfer.valid_until.isoformat() if transfer.valid_until else None,
        },
    )


def service(line: Line, purpose: Purpose, *, serves: bool, core: bool = False) -> Act:
    """The act of letting a line serve a purpose, or serve it no more."""
    return Act(SERVE, {"line": str(line.pk), "purpose": purpose.slug, "serves": serves, "core": core})


def _activate(execution: Execution) -> Purpose:
    given = execution.parameters
    purpose = Purpose.objects.get(pk=str(given["purpose"]))
    by = execution.by.actor
    return actions.activate(purpose, digest=str(given["content"]), actor=by, approval=execution.approval)


def _change(execution: Execution) -> Purpose:
    given = execution.parameters
    revision = PurposeRevision.objects.get(pk=str(given["revision"]))
    if revision.digest != given["content"]:
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return actions.apply(
        revision, instead_of=str(given["instead_of"]), actor=execution.by.actor, approval=execution.approval
    )


def _relax(execution: Execution) -> CategoryRule:
    given = execution.parameters
    rule = CategoryRule.objects.select_for_update().get(
        category=str(given["category"]), jurisdiction=str(given["jurisdiction"])
    )
    if [str(rule.level), str(rule.sensitive), str(rule.never_store)] != given["before"]:
        raise Conflict("changed_meanwhile", _("Somebody else changed this meanwhile. Look at it again, then decide."))
    wanted = RuleEntry(
        int(str(given["level"])), bool(given["sensitive"]), bool(given["never_store"]), rule.provision, rule.certainty
    )
    return actions.write_rule(
        rule.category, rule.jurisdiction, wanted, actor=execution.by.actor, approval=execution.approval
    )


def _transfer(execution: Execution) -> Transfer:
    transfer = Transfer.objects.get(pk=str(execution.parameters["transfer"]))
    if registration(transfer).parameters != dict(execution.parameters):
        raise Conflict("act_changed", _("This is not exactly what was approved. Ask for approval again."))
    return actions.register_transfer(transfer, actor=execution.by.actor, approval=execution.approval)


def _serve(execution: Execution) -> object:
    given = execution.parameters
    line, purpose = Line.objects.get(pk=str(given["line"])), Purpose.objects.get(pk=str(given["purpose"]))
    by, approval = execution.by.actor, execution.approval
    if given["serves"]:
        return actions.serve(line, purpose, core=bool(given["core"]), actor=by, approval=approval)
    return actions.stop_serving(line, purpose, actor=by, approval=approval)


for _name, _title, _run in (
    (ACTIVATE, _("Put a purpose into force"), _activate),
    (CHANGE, _("Change a purpose in force"), _change),
    (RELAX, _("Ask for less care with a kind of data"), _relax),
    (TRANSFER, _("Register a transfer abroad"), _transfer),
    (SERVE, _("Change which purposes a line serves"), _serve),
):
    approvals.register(ActKind(_name, title=_title, roles=ROLES, quorum=1, run=_run))
