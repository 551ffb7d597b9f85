"""From a refusal to access for a time, in the demonstration centre: asked, approved, begun, used, given back."""

from __future__ import annotations

import io
import re

import pytest
import soundfile
import typer
from django.contrib.messages import get_messages
from django.urls import reverse
from typer.testing import CliRunner

from callwarden.control.grants import actions
from callwarden.control.grants.models import AccessGrant
from callwarden.custody.models import Customer
from callwarden.custody.scope import client_scope
from callwarden.doors.cli import whose_copy
from callwarden.engines import mark
from callwarden.flows.whose import whose
from callwarden.kernel.models import Approval

pytestmark = pytest.mark.xdist_group("demo centre")

REASON = {"purpose": "complaint_handling", "reason": "The caller disputes the delivery."}


@pytest.fixture
def spot(enter, calls):
    """(leader, address of revealing the telephone number of a customer under special protection, that customer)."""
    leader = enter("team_leader")
    call = next(call for call in calls["service-zh"] if call.customer_id)
    with client_scope(call.client_id):
        Customer.objects.filter(pk=call.customer_id).update(vip=True)
    page = leader.get(reverse("console:call", args=[call.id]), {"purpose": "complaint_handling"})
    found = next(fact.value for fact in page.context["customer"].items if str(fact.label) == "Phone number")
    yield leader, found.inside.reveal_href.partition("&call=")[0], call
    with client_scope(call.client_id):
        Customer.objects.filter(pk=call.customer_id).update(vip=False)
    for grant in AccessGrant.objects.filter(state="live"):
        actions._end(grant, actor="system", reason="revoked")


def offered(answer) -> str:
    return re.search(r'action="(/access/ask/[^"]+)"', answer.content.decode())[1].replace("&amp;", "&")


def test_the_refusal_offers_to_ask_with_everything_filled_in(spot, enter):
    leader, href, _call = spot
    answer = leader.post(href, REASON, htmx=True)
    assert answer.status_code == 422
    path = offered(answer)
    assert REASON["reason"] not in path
    page = leader.post(path, {**REASON, "step": "draft"})
    assert page.status_code == 200
    assert REASON["reason"] in page.content.decode()
    given = {**REASON, "step": "ask", "minutes": "15", "uses": "2", "ticket": "CS-12"}
    asked = leader.post(path, given)
    assert asked.status_code == 302
    grant = AccessGrant.objects.latest("asked_at")
    approval = Approval.objects.get(pk=grant.approval)
    officer = enter("data_protection_officer")
    seen = officer.get(reverse("console:approval", args=[approval.pk])).content.decode()
    assert "CS-12" in seen
    assert grant.records_digest in seen
    assert reverse("console:grant", args=[grant.pk]) in seen
    why = reverse("console:approval_reason", args=[approval.pk])
    assert REASON["reason"] not in seen
    assert REASON["reason"] in officer.post(why, htmx=True).content.decode()
    assert leader.post(why).status_code == 403
    officer.post(
        reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
    )
    assert leader.post(href, REASON, htmx=True).status_code == 422
    own = leader.get(reverse("console:grant", args=[grant.pk]))
    assert own.context["may_begin"]
    leader.post(reverse("console:grant_begin", args=[grant.pk]))
    assert "revealed" in leader.post(href, REASON, htmx=True).content.decode()
    assert leader.get(reverse("console:grants")).status_code == 200
    assert "countdown" in officer.get(reverse("console:grants"), {"list": "all"}).content.decode()
    officer.post(reverse("console:grant_end", args=[grant.pk]))
    assert leader.post(href, REASON, htmx=True).status_code == 422
    assert AccessGrant.objects.get(pk=grant.pk).why_ended == "revoked"


def test_what_asking_would_not_help_is_not_offered(spot, enter):
    _leader, href, _call = spot
    answer = enter("quality_reviewer").post(href, REASON, htmx=True)
    assert "/access/ask/" not in answer.content.decode()


def test_nobody_sees_anothers_grant_but_officers(spot, enter):
    leader, href, _call = spot
    path = offered(leader.post(href, REASON, htmx=True))
    leader.post(path, {**REASON, "step": "ask", "minutes": "15", "uses": "2", "ticket": "CS-13"})
    grant = AccessGrant.objects.latest("asked_at")
    agent, officer, auditor = enter("agent"), enter("data_protection_officer"), enter("auditor")
    there = reverse("console:grant", args=[grant.pk])
    assert (agent.get(there).status_code, officer.get(there).status_code) == (404, 200)
    assert auditor.get(there).status_code == 200
    assert not auditor.get(there).context["may_end"]
    agent.post(reverse("console:grant_begin", args=[grant.pk]))
    agent.post(reverse("console:grant_end", args=[grant.pk]))
    assert AccessGrant.objects.get(pk=grant.pk).state == "asked"
    leader.post(reverse("console:grant_end", args=[grant.pk]))
    assert AccessGrant.objects.get(pk=grant.pk).state == "dropped"
    assert enter("partner_manager").get(reverse("console:grants")).status_code == 403


@pytest.mark.parametrize(
    "query", ["", "scope=call", "scope=call&action=erase&of=1", "scope=records&action=reveal&of=x", "scope=a&of=b"]
)
def test_an_address_that_names_nothing_asks_for_nothing(enter, query):
    assert enter("team_leader").get(f"{reverse('console:grant_ask')}?{query}").status_code == 422


def test_mistakes_are_told_in_the_form(spot):
    leader, href, _call = spot
    path = offered(leader.post(href, REASON, htmx=True))
    good = {**REASON, "step": "ask", "minutes": "15", "uses": "2", "ticket": "CS-12"}
    before = AccessGrant.objects.count()
    for wrong in ({"ticket": "13800138000"}, {"minutes": "9999"}, {"uses": "0"}, {"reason": ""}, {"ticket": ""}):
        assert leader.post(path, {**good, **wrong}).status_code == 422, wrong
    assert AccessGrant.objects.count() == before


def test_a_copy_is_handed_out_by_two_approvals_and_says_whose_it_is(enter, calls, tmp_path):
    officer, leader, security = enter("data_protection_officer"), enter("team_leader"), enter("security_administrator")
    call = calls["service-zh"][0]
    page = officer.get(reverse("console:call", args=[call.id]), {"purpose": "complaint_handling"})
    path = page.context["export_href"]
    given = {**REASON, "step": "ask", "minutes": "15", "uses": "2"}
    assert officer.post(path, given).status_code == 302
    grant = AccessGrant.objects.latest("asked_at")
    approval = Approval.objects.get(pk=grant.approval)
    assert approval.kind == actions.GIVE_MANY
    for one in (leader, security):
        one.post(
            reverse("console:approval_decide", args=[approval.pk]), {"decision": "approve", "digest": approval.digest}
        )
    there = reverse("console:grant_sound", args=[grant.pk])
    assert officer.post(there, {"reason": "For the court."}).status_code == 302
    officer.post(reverse("console:grant_begin", args=[grant.pk]))
    assert leader.post(there, {"reason": "For the court."}).status_code in (302, 404)
    answer = officer.post(there, {"reason": "For the court."})
    assert answer.status_code == 200, [str(one) for one in get_messages(answer.wsgi_request)]
    assert answer["Cache-Control"] == "no-store"
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer["Content-Length"])
    (made,) = whose(mark.read(io.BytesIO(content)))
    assert (made.principal, made.action, made.grants) == (officer.user.actor, "export", (grant.pk,))
    assert str(made.permit).encode() in content[:200]
    copy = tmp_path / "copy.wav"
    copy.write_bytes(content)
    assert CliRunner().invoke(whose_copy_app(), [str(copy)]).output.strip() == str(made.permit)
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert mark.detect(samples, rate=rate) == made.permit.bytes[:6], "its tones filtered out, it still says whose it is"


def whose_copy_app() -> typer.Typer:
    app = typer.Typer()
    app.command()(whose_copy.command)
    return app
