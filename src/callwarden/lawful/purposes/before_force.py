"""What has to be on record before a purpose, or a change of it, may be in force. Each refuses what lacks it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.kernel import clock
from callwarden.kernel.errors import Refused
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.purposes import rules
from callwarden.lawful.purposes.entries import PurposeEntry
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.queries import uncovered_transfers


def assessed(purpose: Purpose, entry: PurposeEntry) -> Assessment | None:
    """The approved assessment that covers this content; None where there is none and the law asks for none."""
    found = _covering(purpose, entry)
    if found is None and rules.triggers(entry):
        reasons = [one.code for one in rules.triggers(entry)]
        raise Refused(
            "assessment_missing",
            _("An approved impact assessment has to cover exactly this first (PIPL art. 55; GDPR art. 35)."),
            data={"purpose": purpose.slug, "reasons": reasons},
        )
    return found


def _covering(purpose: Purpose, entry: PurposeEntry) -> Assessment | None:
    return purpose.assessments.filter(state="approved", covers=entry.digest, valid_until__gt=clock.now()).first()


def carried(purpose: Purpose, entry: PurposeEntry) -> None:
    """Refuse what rests on a ground that cannot be shown to hold today."""
    weighed, today = _covering(purpose, entry) is not None, clock.now().date()
    against = {
        place: why
        for place, one in entry.grounds.items()
        if (why := rules.why_not_carried(one.ground, rules.on_record(one, assessed=weighed), today))
    }
    if "condition_unmet" in against.values():
        raise Refused(
            "balancing_missing",
            _(
                "Legitimate interest carries once it was balanced: name the balancing and its day in the registry, or"
                " have an impact assessment approved (GDPR art. 6(1)(f))."
            ),
            data={"purpose": purpose.slug, "jurisdictions": ", ".join(sorted(against))},
        )
    if against:
        raise Refused(
            "provision_ended",
            _("The provision it rests on is no longer in force (%(jurisdictions)s). Name the one that is."),
            data={"purpose": purpose.slug, "jurisdictions": ", ".join(sorted(against))},
        )


def transferred(purpose: Purpose, entry: PurposeEntry) -> None:
    """Refuse what gives data abroad without a registered transfer."""
    if missing := uncovered_transfers(entry):
        raise Refused(
            "transfer_not_registered",
            _("Register what allows the transfer abroad to %(recipients)s first (PIPL art. 38; GDPR art. 44)."),
            data={"recipients": ", ".join(missing)},
        )
