"""Emergency access in the console: taken with a warning, watched, ended, and reviewed by somebody else."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.control.emergency.models import EmergencyAccess
from callwarden.kernel.models import Incident

GIVEN = {"purpose": "complaint_handling", "reason": "Somebody is threatened at the address on record."}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_from_breaking_the_glass_to_the_review(person, client, language):
    leader, officer = person("team_leader"), person("data_protection_officer")
    for one in (leader, officer):
        one.browser.cookies["django_language"] = language
    page = leader.get(reverse("console:emergency_begin"))
    assert page.context["may_begin"]
    assert page.context["form"].fields["purpose"].choices[1:]
    leader.post(reverse("console:emergency_begin"), GIVEN)
    taken = EmergencyAccess.objects.get()
    there = reverse("console:emergency", args=[taken.pk])
    assert "countdown" in leader.get(there).content.decode()
    assert GIVEN["reason"] not in leader.get(there).content.decode()
    assert leader.user.get_full_name() in officer.get(reverse("console:emergencies")).content.decode()
    leader.post(reverse("console:emergency_end", args=[taken.pk]))
    assert not leader.get(there).context["may_review"]
    assert leader.post(reverse("console:emergency_review", args=[taken.pk]), {"note": "Fine."}).status_code == 403
    assert officer.get(there).context["may_review"]
    officer.post(reverse("console:emergency_review", args=[taken.pk]), {"note": "No.", "verdict": "questioned"})
    taken.refresh_from_db()
    assert (taken.state, taken.reviewed_by) == ("questioned", officer.user)
    assert officer.get(there).status_code == 200
    assert Incident.objects.get().pk == taken.incident


def test_mistakes_and_strangers(person, client):
    leader, other, auditor = person("team_leader"), person("team_leader"), person("auditor")
    for wrong in ({"reason": "now"}, {"purpose": ""}, {"purpose": "audit"}):
        assert leader.post(reverse("console:emergency_begin"), {**GIVEN, **wrong}).status_code == 422
    assert not EmergencyAccess.objects.exists()
    assert auditor.post(reverse("console:emergency_begin"), {**GIVEN, "purpose": "audit"}).status_code == 422
    leader.post(reverse("console:emergency_begin"), GIVEN)
    assert leader.post(reverse("console:emergency_begin"), GIVEN).status_code == 422
    there = reverse("console:emergency", args=[EmergencyAccess.objects.get().pk])
    assert (other.get(there).status_code, auditor.get(there).status_code) == (404, 200)
    for role in ("agent", "system_administrator", "partner_manager", "quality_reviewer"):
        assert person(role).get(reverse("console:emergencies")).status_code == 403
