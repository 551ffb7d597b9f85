"""The keys' page tells the promise and what moves, and lets those who decide begin, pause and end, never one alone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.models import Epoch, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.kernel.models import Approval
from callwarden.protection.keys import epochs, runs

PAGE = "/protection/keys/"


def newest(client) -> Epoch:
    with client_scope(client.id):
        return Epoch.objects.filter(client=client).order_by("-number").first()


@pytest.fixture
def epoch(centre, client) -> Epoch:
    return newest(client)


def text(answer) -> str:
    return answer.content.decode()


def test_the_promise_is_the_sum_of_what_the_site_is_set_to(person, epoch, settings):
    settings.EPOCH_DAYS, settings.OVERLAP_DAYS, settings.KEY_BACKUP_DAYS = 20, 5, 3
    page = text(person("auditor").get(PAGE))
    assert "28 days" in page
    for part in ("20 days", "5 days", "3 days"):
        assert part in page


def test_the_page_says_that_the_root_can_be_used_and_whose_it_is(person, epoch):
    page = text(person("system_administrator").get(PAGE))
    assert "opened by a passphrase" in page
    assert "Can be used" in page


def test_whoever_decides_turns_an_epoch_and_follows_the_run(person, client, epoch):
    officer = person("data_protection_officer")
    answer = officer.post(reverse("console:keys_turn", args=[client.pk]), follow=True)
    assert "The next epoch has begun" in text(answer)
    assert newest(client).number == epoch.number + 1
    run = KeyRun.objects.get()
    assert run.actor == officer.user.actor
    officer.post(reverse("console:keys_pause", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == KeyRun.State.PAUSED
    assert "Paused" in text(officer.get(reverse("console:keys_runs")))
    officer.post(reverse("console:keys_resume", args=[run.pk]))
    runs.carry_on(run.pk, seconds=20)
    run.refresh_from_db()
    assert run.state == KeyRun.State.DONE


def test_a_second_turn_at_once_is_refused_in_words(person, client, epoch):
    officer = person("security_administrator")
    path = reverse("console:keys_turn", args=[client.pk])
    officer.post(path)
    assert "moving already" in text(officer.post(path, follow=True))
    assert KeyRun.objects.count() == 1


def test_an_old_key_ends_early_only_by_two_people(person, client, epoch):
    officer = person("data_protection_officer")
    run = epochs.start_turn(client.pk, actor="job:keys")
    runs.carry_on(run.pk, seconds=20)
    path = reverse("console:keys_end", args=[epoch.pk])
    assert path in text(officer.get(PAGE))
    assert officer.post(path, {"reason": ""}).status_code == 422
    officer.post(path, {"reason": "the old key may be known"})
    asked = Approval.objects.get()
    with client_scope(client.id):
        assert Epoch.objects.get(pk=epoch.pk).state == Epoch.State.RETIRED
    decide = reverse("console:approval_decide", args=[asked.pk])
    carry_out = reverse("console:approval_carry_out", args=[asked.pk])
    yes = {"decision": "approve", "digest": asked.digest}
    for path in (decide, carry_out):
        officer.post(path, yes)
        with client_scope(client.id):
            assert Epoch.objects.get(pk=epoch.pk).state == Epoch.State.RETIRED, "not by the one who asked alone"
    person("security_administrator").post(decide, yes)
    officer.post(carry_out, yes)
    with client_scope(client.id):
        assert Epoch.objects.get(pk=epoch.pk).state == Epoch.State.DESTROYED


def test_others_see_and_cannot_change(person, client, epoch):
    auditor = person("auditor")
    page = text(auditor.get(PAGE))
    assert reverse("console:keys_turn", args=[client.pk]) not in page
    for path in (
        reverse("console:keys_turn", args=[client.pk]),
        reverse("console:keys_reindex", args=[client.pk, "phone"]),
        reverse("console:keys_end", args=[epoch.pk]),
    ):
        assert auditor.post(path).status_code == 403
    assert not KeyRun.objects.exists()


def test_an_unknown_epoch_or_client_is_told(person, epoch):
    officer = person("data_protection_officer")
    nowhere = "00000000-0000-0000-0000-000000000000"
    assert officer.get(reverse("console:keys_end", args=[nowhere])).status_code == 404
    answer = officer.post(reverse("console:keys_reindex", args=[nowhere, "phone"]), follow=True)
    assert "no such client" in text(answer)


def test_an_absent_keeper_is_told_on_the_page(person, epoch, monkeypatch, tmp_path):
    auditor = person("auditor")
    monkeypatch.setenv("CALLWARDEN_KEEPER_SOCKET", str(tmp_path / "nobody.sock"))
    monkeypatch.setattr(keeper_client._local, "sock", None, raising=False)
    answer = auditor.get(PAGE)
    assert answer.status_code == 200
    assert "keeper does not answer" in text(answer)


def test_a_run_over_recordings_is_told_in_objects_and_bytes(person, client, epoch):
    now = epoch.opened_at
    KeyRun.objects.create(
        client=client, kind=KeyRun.Kind.REENCRYPT, version=2, total=40, done=12, items_total=10, items=3,
        bytes_total=5 * 2**20, bytes=2**20, failed=2, actor="system", entry=epoch.pk, started_at=now, moved_at=now,
    )  # fmt: skip
    page = text(person("auditor").get(reverse("console:keys_runs"))).replace("\xa0", " ")
    for told in ("12 of 40", "3 of 10", "1.0 MB of 5.0 MB", "Cannot be opened"):
        assert told in page
