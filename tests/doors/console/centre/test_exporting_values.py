"""Values leave as a table by two approvals, and each row says whose copy it is; calls are chosen in their list."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse
from typer.testing import CliRunner

from callwarden.control.grants.models import AccessGrant
from callwarden.custody.models import LedgerPending, Permit
from callwarden.engines import mark
from callwarden.flows.whose import whose
from callwarden.kernel.models import Approval
from tests.doors.console.centre.test_grants import REASON, whose_copy_app

pytestmark = pytest.mark.xdist_group("demo centre")


def asked(officer, calls, *, action: str = "export", uses: int = 3) -> AccessGrant:
    chosen = [call.id for call in calls["service-zh"] if call.customer_id][:3]
    query = "&".join(["scope=selection", f"action={action}", *(f"chosen={one}" for one in chosen)])
    answer = officer.post(
        f"{reverse('console:grant_ask')}?{query}",
        {**REASON, "step": "ask", "minutes": "15", "uses": str(uses), "ticket": "CS-21"},
    )
    assert answer.status_code == 302, answer.content.decode()
    return AccessGrant.objects.latest("asked_at")


def approved(grant: AccessGrant, *voters) -> None:
    approval = Approval.objects.get(pk=grant.approval)
    for one in voters:
        one.post(
            reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
        )


def test_calls_are_ticked_in_their_list_by_those_who_may_ask(enter):
    page = enter("data_protection_officer").get(reverse("console:calls"))
    assert {act.value for act in page.context["table"].picks.acts} == {"play_original", "export"}
    assert 'name="chosen"' in page.content.decode()
    assert enter("agent").get(reverse("console:calls")).context["table"].picks is None


def test_values_leave_by_two_approvals_marked_in_every_row(enter, calls, tmp_path):
    officer, leader, security = enter("data_protection_officer"), enter("team_leader"), enter("security_administrator")
    grant, exported = asked(officer, calls), Permit.objects.filter(action="export").count()
    there = reverse("console:grant_values", args=[grant.pk])
    assert officer.post(there, {"reason": REASON["reason"]}).status_code == 302  # neither approved nor begun
    approved(grant, leader, security)
    officer.post(reverse("console:grant_begin", args=[grant.pk]))
    assert leader.post(there, {"reason": REASON["reason"]}).status_code == 302  # who decided sees it, and takes nothing
    assert Permit.objects.filter(action="export").count() == exported
    before = LedgerPending.objects.count()
    answer = officer.post(there, {"reason": REASON["reason"]})
    content = b"".join(answer.streaming_content)
    assert answer["Cache-Control"] == "no-store"
    assert LedgerPending.objects.count() > before
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    permit = Permit.objects.filter(action="export").latest("issued_at")
    assert len(rows) > 5
    assert all(row[-1] == mark.code(permit.pk.bytes) for row in rows[6:])
    leaked = tmp_path / "leaked.txt"
    leaked.write_text(",".join(rows[-1]), encoding="utf-8")
    assert CliRunner().invoke(whose_copy_app(), [str(leaked)]).output.strip() == str(permit.pk)


def test_nothing_leaves_after_the_grant_was_given_back(enter, calls):
    officer, leader, security = enter("data_protection_officer"), enter("team_leader"), enter("security_administrator")
    grant = asked(officer, calls)
    approved(grant, leader, security)
    officer.post(reverse("console:grant_begin", args=[grant.pk]))
    officer.post(reverse("console:grant_end", args=[grant.pk]))
    answer = officer.post(reverse("console:grant_values", args=[grant.pk]), {"reason": REASON["reason"]})
    assert answer.status_code == 302
    assert not answer.get("Content-Disposition")


def test_each_file_is_a_use_of_the_grant_and_ends_with_it(enter, calls):
    officer, leader, security = enter("data_protection_officer"), enter("team_leader"), enter("security_administrator")
    # The matrix itself asks for no grant for what these calls are of: neither card nor identity number.
    grant = asked(officer, calls, uses=1)
    approved(grant, leader, security)
    officer.post(reverse("console:grant_begin", args=[grant.pk]))
    there = reverse("console:grant_values", args=[grant.pk])
    assert officer.post(there, {"reason": REASON["reason"]}).get("Content-Disposition")
    permit = Permit.objects.filter(action="export").latest("issued_at")
    (made,) = whose(permit.pk.bytes)
    assert made.grants == (grant.pk,)
    grant.refresh_from_db()
    assert (grant.uses, grant.openings.count()) == (1, 1)
    again = officer.post(there, {"reason": REASON["reason"]})
    assert not again.get("Content-Disposition")
    assert Permit.objects.filter(action="export").latest("issued_at") == permit
    officer.post(reverse("console:grant_end", args=[grant.pk]))
    permit.refresh_from_db()
    assert permit.revoked_at is not None
