"""Deputies in the console: named by oneself, voting in one's name, ended by either."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from callwarden.kernel import approvals, clock
from callwarden.kernel.approvals import Act, ActKind
from callwarden.kernel.models import Delegation, Vote

KIND = approvals.register(
    ActKind("test:lent", title="Lend", roles=("team_leader",), run=lambda _execution: None, quorum=1)
)
PAGE = "console:deputies"


def until(days: int = 3) -> str:
    return (timezone.localtime(clock.now()) + timedelta(days=days)).date().isoformat()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_deputy_is_named_decides_and_is_ended(person, language):
    away, deputy, officer = person("team_leader"), person("partner_manager"), person("data_protection_officer")
    for one in (away, deputy):
        one.browser.cookies["django_language"] = language
    assert away.post(reverse(PAGE), {"deputy": str(deputy.user.pk), "until": until()}).status_code == 302
    given = Delegation.objects.get()
    request = approvals.request(Act(KIND.name), requester=officer.user, reason="Needed.")
    assert deputy.get(reverse("console:approval", args=[request.pk])).context["may_vote"]
    deputy.post(
        reverse("console:approval_decide", args=[request.pk]), {"decision": "approve", "digest": request.digest}
    )
    assert Vote.objects.get().in_name_of == away.user
    shown = officer.get(reverse("console:approval", args=[request.pk])).content.decode()
    assert away.user.get_full_name() in shown
    assert away.user.get_full_name() in deputy.get(reverse(PAGE)).content.decode()
    deputy.post(reverse("console:deputy_end", args=[given.pk]))
    given.refresh_from_db()
    assert given.ended_at is not None


def test_a_mistake_is_told_in_the_form(person):
    away, deputy = person("team_leader"), person("partner_manager")
    for wrong in ({"until": until(90)}, {"until": until(-1)}, {"deputy": str(away.user.pk)}, {"until": "soon"}):
        given = {"deputy": str(deputy.user.pk), "until": until(), **wrong}
        assert away.post(reverse(PAGE), given).status_code == 422
    assert not Delegation.objects.exists()


def test_nobody_ends_what_is_not_theirs(person):
    away, deputy, other = person("team_leader"), person("partner_manager"), person("auditor")
    away.post(reverse(PAGE), {"deputy": str(deputy.user.pk), "until": until()})
    other.post(reverse("console:deputy_end", args=[Delegation.objects.get().pk]))
    assert Delegation.objects.get().ended_at is None
    assert person("agent").get(reverse(PAGE)).status_code == 403
