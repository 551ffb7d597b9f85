"""A key folder that came from a copy: the keeper gives nothing out of it before two people have signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from callwarden.custody.epochs import open_client
from callwarden.custody.keeper import client as keeper
from callwarden.custody.keeper.restored import MARK, RESTORE_OPEN, close
from callwarden.custody.models import Line, Record
from callwarden.custody.open import open_record
from callwarden.custody.scope import client_scope
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.people import open_account
from tests.centre import KeeperProcess
from tests.custody.test_locks import grant_for, put_sound, sign_in

FIRST, RESTORED = "centre.example/log", "centre.example/log/restored-2031-02-14T08:30:00Z"


class Site:
    """A keeper with a key folder, and a log with a name, of this test's own; one record is stored."""

    def __init__(self, folder: Path) -> None:
        self.process = KeeperProcess(folder)
        self.keys = folder / "keys"
        (folder / "ledger").mkdir()
        self.origin = folder / "ledger" / "origin"
        self.name(FIRST)
        self.process.start()
        client = open_client(slug="acme", name="Acme", actor="system")
        line = Line.objects.create(client=client, slug="one", name="One", languages=["zh"], direction="inbound")
        self.record: Record = put_sound(line)
        self.login = sign_in()

    def name(self, origin: str) -> None:
        self.origin.write_text(origin)

    def again(self) -> None:
        self.process.stop()
        keeper._forget()
        self.process.start()

    def read(self) -> str:
        grant = grant_for(self.record, self.login)
        try:
            with client_scope(self.record.client_id):
                return "open" if open_record(grant, self.record).read(100) else "empty"
        except CallwardenError as error:
            return error.code

    def signed(self, **act: str) -> approvals.Approval:
        first = open_account("one.person", roles=["data_protection_officer"], actor="system")
        second = open_account("two.person", roles=["security_administrator"], actor="system")
        asked = approvals.request(Act(RESTORE_OPEN, act), requester=first, reason="the disk is gone")
        approvals.approve(asked.pk, by=second)
        return asked


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, transactional_db: None, settings, monkeypatch) -> Iterator[Site]:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("r")
    monkeypatch.setenv("CALLWARDEN_KEEPER_SOCKET", str(folder / "k.sock"))
    keeper._forget()
    settings.DATA_DIR = folder
    site = Site(folder)
    yield site
    site.process.stop()
    keeper._forget()


def restore(site: Site, *, act: dict[str, str] | None = None) -> None:
    """What `callwarden restore` leaves: the mark, and a log of a new name."""
    if act is None:
        (site.keys / MARK).write_text("{}")  # as it lies in the copy itself
    else:
        close(site.keys, act)
    site.name(RESTORED)
    site.again()


def act_for(origin: str) -> dict[str, str]:
    return {"restore": "7c1f", "ledger_root": "ab" * 32, "new_origin": sha256(origin.encode()).hexdigest()}


def test_a_restart_alone_closes_nothing(site: Site) -> None:
    site.again()
    assert site.read() == "open"


def test_a_folder_made_from_a_copy_is_closed_for_a_permit_that_is_good(site: Site) -> None:
    assert site.read() == "open"
    restore(site)
    assert site.read() == "restored_closed"


@pytest.mark.parametrize(
    "operation", ["mint", "rewrap", "release", "open_intake", "open_detail", "tokens", "move", "new_epoch", "reindex"]
)
def test_nothing_is_made_opened_or_moved_while_it_is_closed(site: Site, operation: str) -> None:
    restore(site)
    with pytest.raises(keeper.StoreClosed):
        keeper._ask(operation)


def test_people_can_see_how_it_is_and_what_they_do_is_logged(site: Site) -> None:
    restore(site)
    assert keeper.status()["ready"]
    assert keeper.seal_detail(client=None, entry=site.record.id, plain=b"why")


def test_without_its_mark_a_restored_folder_is_closed_by_the_name_of_its_log(site: Site) -> None:
    restore(site)
    (site.keys / MARK).unlink()
    assert site.read() == "restored_closed"
    site.again()
    assert site.read() == "restored_closed"
    site.origin.unlink()
    assert site.read() == "restored_closed"


def test_a_folder_of_before_there_were_names_is_closed_with_a_restored_log(site: Site) -> None:
    site.process.stop()
    for path in (site.keys / "origins").iterdir():
        path.unlink()
    site.name(RESTORED)
    site.again()
    assert site.read() == "restored_closed"


def test_a_name_that_was_only_written_down_does_not_count(site: Site) -> None:
    restore(site)
    (site.keys / MARK).unlink()
    (old,) = (site.keys / "origins").iterdir()
    (site.keys / "origins" / sha256(RESTORED.encode()).hexdigest()).write_bytes(old.read_bytes())
    assert site.read() != "open"


def test_two_people_open_it_for_good(site: Site) -> None:
    act = act_for(RESTORED)
    restore(site, act=act)
    asked = site.signed(**act)
    keeper.open_restored(approval=asked.pk)
    keeper.open_restored(approval=asked.pk)
    assert site.read() == "open"
    site.again()
    assert site.read() == "open"
    assert not (site.keys / MARK).exists()


def test_what_they_signed_must_be_exactly_this(site: Site) -> None:
    act = act_for(RESTORED)
    restore(site, act=act)
    asked = site.signed(**act | {"ledger_root": "cd" * 32})
    with pytest.raises(keeper.RootRefused):
        keeper.open_restored(approval=asked.pk)
    assert site.read() == "restored_closed"


def test_a_request_that_nobody_approved_opens_nothing(site: Site) -> None:
    act = act_for(RESTORED)
    restore(site, act=act)
    first = open_account("one.person", roles=["data_protection_officer"], actor="system")
    asked = approvals.request(Act(RESTORE_OPEN, act), requester=first, reason="the disk is gone")
    with pytest.raises(keeper.RootRefused):
        keeper.open_restored(approval=asked.pk)
    assert site.read() == "restored_closed"


def test_a_signature_for_one_restore_does_not_open_the_next(site: Site) -> None:
    act = act_for(RESTORED)
    restore(site, act=act)
    asked = site.signed(**act)
    site.name(f"{FIRST}/restored-2031-02-15T00:00:00Z")
    with pytest.raises(keeper.RootRefused):
        keeper.open_restored(approval=asked.pk)


def test_a_restore_that_did_not_end_cannot_be_opened(site: Site) -> None:
    restore(site)
    asked = site.signed(**act_for(RESTORED))
    with pytest.raises(keeper.RootRefused):
        keeper.open_restored(approval=asked.pk)
    (site.keys / MARK).write_text(json.dumps(["not", "an", "act"]))
    with pytest.raises(keeper.RootRefused):
        keeper.open_restored(approval=asked.pk)
