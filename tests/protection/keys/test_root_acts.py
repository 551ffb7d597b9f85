"""Handing out shares of the root and changing who holds it: two people, exactly this, once, all or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import threading
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection
from typer.testing import CliRunner

from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.change import NEXT, rewrap, settle
from callwarden.custody.keeper.client import KeeperUnavailable, RootRefused
from callwarden.custody.keeper.providers import InForce, in_force, remember, wrapped_names
from callwarden.custody.models import LedgerPending
from callwarden.doors.cli.main import app
from callwarden.engines.seal import Key, PassphraseFile, ProviderRefused, ProviderUnavailable, Suite, recovery
from callwarden.engines.seal.providers.passphrase import Cost, RootSecret
from callwarden.kernel import approvals
from callwarden.kernel.approvals import Act
from callwarden.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, User
from callwarden.protection.keys import actions
from callwarden.protection.keys.rules import CHANGE_PROVIDER
from tests.centre import PASSPHRASE, KeeperProcess
from tests.custody.test_key_provider import make_record
from tests.custody.test_locks import SOUND, grant_for, open_record
from tests.keyservers import OpenBao
from tests.roots import at, bao, in_token, in_transit

__all__ = ["at", "bao"]  # fixtures
pytestmark = pytest.mark.xdist_group("openbao")
PASSWORD = "a password of the officer"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
def officer(at: KeeperProcess) -> User:
    person = User(username="officer", roles=["security_administrator"])
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def second(at: KeeperProcess) -> User:
    return User.objects.create(username="second", roles=["data_protection_officer"])


@pytest.fixture
def site(at: KeeperProcess, monkeypatch: pytest.MonkeyPatch) -> KeeperProcess:
    """A keeper with a passphrase root; the command line works on its key folder, in English."""
    monkeypatch.setenv("CALLWARDEN_KEYS_DIR", str(at.keys))
    monkeypatch.setenv("CALLWARDEN_LANGUAGE", "en")
    at.start()
    return at


def run(*arguments: str, typed: str = ""):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, list(arguments), input=typed)


def approved_export(officer: User, second: User, *, threshold: int = 2, shares: int = 3) -> UUID:
    asked = actions.ask_to_export_shares(threshold=threshold, shares=shares, requester=officer, reason="ceremony")
    approvals.approve(asked.pk, by=second)
    return asked.pk


def open_root(site: KeeperProcess) -> PassphraseFile:
    return PassphraseFile.open(site.keys / "root.key", PASSPHRASE)


def entries(event: Event) -> list[dict[str, object]]:
    told = [json.loads(bytes(row.body)) for row in LedgerPending.objects.order_by("id")]
    return [entry for entry in told if entry["event"] == event]


# Shares


def test_shares_are_handed_out_once_and_bring_the_root_back(site, officer, second) -> None:
    approval = approved_export(officer, second)
    lines = actions.export_shares(approval, root=open_root(site), threshold=2, shares=3, by=officer)
    assert recovery.combine(lines[1:]).key_id == keeper_client.root()["root"]
    (entry,) = entries(Event.KEY_SHARES_EXPORTED)
    assert entry["approval"] == str(approval)
    with pytest.raises(Conflict):
        actions.export_shares(approval, root=open_root(site), threshold=2, shares=3, by=officer)
    assert Approval.objects.get(pk=approval).state == "executed"


def test_nobody_hands_out_shares_alone(site, officer, second) -> None:
    asked = actions.ask_to_export_shares(threshold=2, shares=3, requester=officer, reason="ceremony")
    with pytest.raises(Refused):
        approvals.approve(asked.pk, by=officer)
    with pytest.raises(Conflict):
        actions.export_shares(asked.pk, root=open_root(site), threshold=2, shares=3, by=officer)
    with pytest.raises(NotFound):
        actions.export_shares(uuid4(), root=open_root(site), threshold=2, shares=3, by=officer)
    assert entries(Event.KEY_SHARES_EXPORTED) == []


@pytest.mark.parametrize(("threshold", "shares"), [(2, 4), (3, 3)])
def test_other_terms_than_were_approved_give_nothing(site, officer, second, threshold: int, shares: int) -> None:
    approval = approved_export(officer, second)
    with pytest.raises(Conflict):
        actions.export_shares(approval, root=open_root(site), threshold=threshold, shares=shares, by=officer)
    assert Approval.objects.get(pk=approval).state == "approved"


def test_another_root_than_was_approved_gives_nothing(site, officer, second, tmp_path: Path) -> None:
    approval = approved_export(officer, second)
    other = PassphraseFile.create(tmp_path / "other.key", PASSPHRASE, cost=CHEAP)
    with pytest.raises(Conflict):
        actions.export_shares(approval, root=other, threshold=2, shares=3, by=officer)


def test_an_approval_for_something_else_gives_nothing(site, officer, second) -> None:
    act = Act("kernel:deadline:waive", {"deadline": str(uuid4()), "rule": "r"})
    kinds = {kind.name for kind in approvals.kinds()}
    other = act if act.kind in kinds else Act(CHANGE_PROVIDER, {"root": "a", "to": "transit", "new_root": "b"})
    asked = approvals.request(other, requester=officer, reason="something else")
    with pytest.raises(NotFound):
        actions.export_shares(asked.pk, root=open_root(site), threshold=2, shares=3, by=officer)


def test_the_console_cannot_use_an_export_up(site, officer, second) -> None:
    approval = approved_export(officer, second)
    act = approvals.act_of(Approval.objects.get(pk=approval))
    with pytest.raises(Conflict):
        approvals.execute(approval, act, by=officer)
    assert Approval.objects.get(pk=approval).state == "approved"


def test_one_share_that_is_enough_cannot_be_asked_for(site, officer) -> None:
    for threshold, shares in ((1, 5), (6, 5), (2, 40)):
        with pytest.raises(InvalidInput):
            actions.ask_to_export_shares(threshold=threshold, shares=shares, requester=officer, reason="ceremony")


# The command line


def test_the_command_shows_shares_only_to_who_proves_to_be_who_they_say(site, officer, second) -> None:
    approval = str(approved_export(officer, second))
    asked = ("recovery", "export-shares", "--threshold", "2", "--shares", "3", "--approval", approval, "--as")
    for name, typed in (
        ("officer", f"wrong password\n{PASSPHRASE}\n"),
        ("nobody", f"{PASSWORD}\n{PASSPHRASE}\n"),
        ("officer", f"{PASSWORD}\nnot the passphrase\n"),
        ("officer", f"{PASSWORD}\n"),
    ):
        refused = run(*asked, name, typed=typed)
        assert refused.exit_code == 2, refused.output
        assert refused.stdout == ""
        assert PASSPHRASE not in refused.output
        assert PASSWORD not in refused.output
    shown = run(*asked, "officer", typed=f"{PASSWORD}\n{PASSPHRASE}\n")
    assert shown.exit_code == 0, shown.output
    assert recovery.combine(shown.stdout.splitlines()[:2]).key_id == keeper_client.root()["root"]
    again = run(*asked, "officer", typed=f"{PASSWORD}\n{PASSPHRASE}\n")
    assert again.exit_code == 1
    assert again.stdout == ""


def test_check_tells_right_shares_from_wrong_ones_and_writes_nothing(site, officer, second, tmp_path: Path) -> None:
    lines = actions.export_shares(
        approved_export(officer, second), root=open_root(site), threshold=2, shares=3, by=officer
    )
    keeper_client.tokens(uuid4(), "phone", ["1"])
    before = folder_content(site.keys)
    right = run("recovery", "check", typed="\n".join(lines[:2]) + "\n")
    assert right.exit_code == 0, right.output
    assert f"tried on {len(wrapped_names(site.keys))} keys" in right.stdout
    assert wrapped_names(site.keys) != []
    other = recovery.split(PassphraseFile.create(tmp_path / "o", PASSPHRASE, cost=CHEAP), threshold=2, shares=2)
    words = lines[1].split()
    for typed in (other, [lines[0]], [lines[0], lines[0]], [lines[0], other[1]], [lines[0], " ".join(words[::-1])], []):
        wrong = run("recovery", "check", typed="".join(f"{line}\n" for line in typed))
        assert wrong.exit_code == 2, wrong.output
        assert not any(word in wrong.output for word in [" ".join(words[:3])])
    assert folder_content(site.keys) == before


def folder_content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_lost_root_file_comes_back_under_a_new_passphrase(site, officer, second) -> None:
    record, login = make_record()
    lines = actions.export_shares(
        approved_export(officer, second), root=open_root(site), threshold=2, shares=3, by=officer
    )
    typed = "\n".join([*lines[1:], "a new passphrase of the site"]) + "\n"
    assert run("recovery", "restore", typed=typed).exit_code == 2  # there is one
    site.stop()
    (site.keys / "root.key").unlink()
    restored = run("recovery", "restore", typed=typed)
    assert restored.exit_code == 0, restored.output
    (site.keys / "passphrase").write_text("a new passphrase of the site\n")
    site.start()
    assert open_record(grant_for(record, login), record).readall() == SOUND


def test_shares_of_another_root_restore_nothing_here(site, tmp_path: Path) -> None:
    site.stop()
    (site.keys / "root.key").unlink()
    other = recovery.split(PassphraseFile.create(tmp_path / "o", PASSPHRASE, cost=CHEAP), threshold=2, shares=2)
    assert run("recovery", "restore", typed="\n".join([*other, "a new passphrase"]) + "\n").exit_code == 2
    assert not (site.keys / "root.key").exists()


def test_a_keeper_without_passphrase_is_unlocked_by_shares_and_locked_again_when_it_ends(site, officer, second) -> None:
    record, login = make_record()
    lines = actions.export_shares(
        approved_export(officer, second), root=open_root(site), threshold=2, shares=3, by=officer
    )
    site.stop()
    (site.keys / "root.key").unlink()
    (site.keys / "passphrase").unlink()
    site.environment["CALLWARDEN_UNLOCK"] = "shares"
    site.start(ready=False)
    assert keeper_client.root()["detail"] == "locked"
    with pytest.raises(KeeperUnavailable):
        open_record(grant_for(record, login), record)
    secret = RootSecret(Key.generate(Suite.AES_256_GCM), bytes(32))
    wrong = recovery.split(PassphraseFile.in_memory(secret), threshold=2, shares=2)
    for given in (wrong, lines, [], ["words"], lines[:1]):
        with pytest.raises(RootRefused):
            keeper_client.unlock(given)
    unlocked = run("recovery", "unlock", typed="\n".join(lines[:2]) + "\n")
    assert unlocked.exit_code == 0, unlocked.output
    assert open_record(grant_for(record, login), record).readall() == SOUND
    assert not (site.keys / "root.key").exists()
    with pytest.raises(RootRefused):
        keeper_client.change_provider(to="pkcs11", new_root="x", approval=uuid4())
    site.stop()
    site.start(ready=False)
    assert keeper_client.root()["detail"] == "locked"


# Changing the provider


def approved_change(to: str, officer: User, second: User) -> UUID:
    asked = actions.ask_to_change_provider(to=to, requester=officer, reason="moving the root")
    approvals.approve(asked.pk, by=second)
    return asked.pk


def test_the_root_moves_to_a_server_to_a_token_and_back_and_everything_still_opens(
    site, bao: OpenBao, officer, second
) -> None:
    record, login = make_record()
    first, client = keeper_client.root()["root"], uuid4()
    token = keeper_client.tokens(client, "phone", ["13800138000"])
    site.stop()
    site.environment |= in_transit(bao, "moved") | in_token() | {"CALLWARDEN_KEY_PROVIDER": "passphrase"}
    site.start()
    pid = site.pid
    for to in ("transit", "pkcs11", "passphrase"):
        approval = approved_change(to, officer, second)
        before = set(wrapped_names(site.keys))
        assert actions.change_provider(approval, to=to, by=officer) == len(before)
        assert keeper_client.root()["kind"] == to
        assert set(wrapped_names(site.keys)) == before
        assert not (site.keys / NEXT).exists()
        assert open_record(grant_for(record, login), record).readall() == SOUND
        assert keeper_client.tokens(client, "phone", ["13800138000"]) == token
        with pytest.raises(Conflict):
            actions.change_provider(approval, to=to, by=officer)
    assert keeper_client.root()["root"] == first
    assert site.pid == pid
    assert [entry["data"]["to"] for entry in entries(Event.KEY_ROOT_CHANGED)] == ["transit", "pkcs11", "passphrase"]


def test_the_keeper_sees_for_itself_that_two_people_agreed(site, bao: OpenBao, officer, second) -> None:
    site.stop()
    site.environment |= in_transit(bao, "agreed") | {"CALLWARDEN_KEY_PROVIDER": "passphrase"}
    site.start()
    asked = actions.ask_to_change_provider(to="transit", requester=officer, reason="moving the root")
    new_root = str(asked.parameters["new_root"])
    for approval in (asked.pk, uuid4()):
        with pytest.raises(RootRefused):
            keeper_client.change_provider(to="transit", new_root=new_root, approval=approval)
    by_hand(asked.pk)  # without anybody's vote
    with pytest.raises(RootRefused):
        keeper_client.change_provider(to="transit", new_root=new_root, approval=asked.pk)
    approval = approved_change("transit", officer, second)
    with pytest.raises(RootRefused):
        keeper_client.change_provider(to="transit", new_root="0" * 32, approval=approval)
    assert in_force(site.keys).kind == "passphrase"


def by_hand(approval: UUID) -> None:
    """What somebody does who has taken over a web process."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_approval SET state = 'approved' WHERE id = %s", [approval])


def test_a_provider_that_is_not_set_up_cannot_be_asked_for(site, officer) -> None:
    with pytest.raises(RootRefused):
        actions.ask_to_change_provider(to="transit", requester=officer, reason="moving the root")
    with pytest.raises(InvalidInput):
        actions.ask_to_change_provider(to="paper", requester=officer, reason="moving the root")
    with pytest.raises(InvalidInput):
        actions.ask_to_change_provider(to="passphrase", requester=officer, reason="moving the root")


def test_a_server_that_goes_away_in_between_changes_nothing(site, bao: OpenBao, officer, second) -> None:
    site.stop()
    site.environment |= in_transit(bao, "went-away") | {"CALLWARDEN_KEY_PROVIDER": "passphrase"}
    site.start()
    record, login = make_record()
    approval = approved_change("transit", officer, second)
    bao.stop()
    try:
        with pytest.raises((RootRefused, KeeperUnavailable)):
            actions.change_provider(approval, to="transit", by=officer)
        assert open_record(grant_for(record, login), record).readall() == SOUND
        assert keeper_client.root()["kind"] == "passphrase"
        assert Approval.objects.get(pk=approval).state == "approved"
        assert entries(Event.KEY_ROOT_CHANGED) == []
    finally:
        bao.start()
    assert actions.change_provider(approval, to="transit", by=officer) > 0


def test_killed_anywhere_in_a_change_the_keeper_comes_back_with_every_key(site, bao: OpenBao, officer, second) -> None:
    """kill -9 at random moments, then once more to the end."""
    site.stop()
    site.environment |= in_transit(bao, "killed") | {"CALLWARDEN_KEY_PROVIDER": "passphrase"}
    site.start()
    clients = [uuid4() for _client in range(60)]
    tokens = [keeper_client.tokens(client, "phone", ["13800138000"]) for client in clients]
    approval, chance, kills = approved_change("transit", officer, second), random.Random(20310212), 0
    for _attempt in range(8):
        caller = threading.Thread(target=_try_change, args=(approval, officer))
        caller.start()
        time.sleep(chance.uniform(0.02, 0.6))
        site.kill()
        kills += 1
        caller.join(60)
        site.start()
        assert [keeper_client.tokens(client, "phone", ["13800138000"]) for client in clients] == tokens
        assert not (site.keys / NEXT).exists()
    assert kills == 8
    if Approval.objects.get(pk=approval).state == "approved":
        actions.change_provider(approval, to="transit", by=officer)
    assert keeper_client.root()["kind"] == "transit"
    assert [keeper_client.tokens(client, "phone", ["13800138000"]) for client in clients] == tokens
    assert len(entries(Event.KEY_ROOT_CHANGED)) == 1


def _try_change(approval: UUID, officer: User) -> None:
    with contextlib.suppress(KeeperUnavailable, RootRefused, Conflict):
        actions.change_provider(approval, to="transit", by=officer)
    connection.close()


# The swap itself, killed at each of its steps


def make_folder(keys: Path, root: PassphraseFile) -> dict[str, Key]:
    made = {
        name: Key.generate(Suite.AES_256_GCM)
        for name in ("epochs/a.1", "epochs/a.2", "clients/c.index", "intake/i.kek")
    }
    for name, key in made.items():
        (keys / name).parent.mkdir(exist_ok=True)
        (keys / name).write_bytes(root.wrap(key, tuple(name.split("/"))))
    remember(keys, InForce("passphrase", root.status().key_id))
    return made


def roots() -> tuple[PassphraseFile, PassphraseFile]:
    old, new = (PassphraseFile.in_memory(RootSecret(Key.generate(Suite.AES_256_GCM), os.urandom(32))) for _root in "ab")
    return old, new


@pytest.mark.parametrize("step", range(1, 16))
def test_a_kill_at_any_step_leaves_all_keys_under_one_root(tmp_path: Path, step: int) -> None:
    old, new = roots()
    made = make_folder(tmp_path, old)
    child = os.fork()
    if child == 0:
        _die_at(step)
        rewrap(tmp_path, old, new, "transit")
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or step > 10, "fewer steps than this test thinks"
    settle(tmp_path)
    settle(tmp_path)
    known = in_force(tmp_path)
    assert known is not None
    assert not known.swap
    assert not (tmp_path / NEXT).exists()
    root = new if known.key_id == new.status().key_id else old
    assert {name: root.unwrap((tmp_path / name).read_bytes(), tuple(name.split("/"))) for name in made} == made


def _die_at(step: int) -> None:
    """Have this process killed just before its nth link or rename."""
    left = [step]
    for name in ("link", "replace"):
        true = getattr(os, name)

        def call(*arguments: object, true=true, **options: object) -> object:  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return true(*arguments, **options)

        setattr(os, name, call)


class Liar(PassphraseFile):
    """Gives another key back than it was given, once a wrap has been stored."""

    def unwrap(self, wrapped: bytes, context: tuple[str, ...]) -> Key:
        super().unwrap(wrapped, context)
        return Key.generate(Suite.AES_256_GCM)


def test_a_provider_that_gives_other_keys_back_takes_nothing_over(tmp_path: Path) -> None:
    old, new = roots()
    made = make_folder(tmp_path, old)
    before = folder_content(tmp_path)
    with pytest.raises(ProviderRefused):
        rewrap(tmp_path, old, Liar(None, new.secret(), CHEAP), "transit")
    settle(tmp_path)
    assert folder_content(tmp_path) == before
    assert {name: old.unwrap((tmp_path / name).read_bytes(), tuple(name.split("/"))) for name in made} == made


def test_a_changed_file_stops_the_change_and_stays_as_it_is(tmp_path: Path) -> None:
    old, new = roots()
    make_folder(tmp_path, old)
    (tmp_path / "epochs/a.1").write_bytes((tmp_path / "epochs/a.2").read_bytes())
    before = folder_content(tmp_path)
    with pytest.raises((ProviderRefused, ProviderUnavailable)):
        rewrap(tmp_path, old, new, "transit")
    settle(tmp_path)
    assert folder_content(tmp_path) == before


def test_no_copy_of_a_key_under_the_old_root_is_left(tmp_path: Path) -> None:
    old, new = roots()
    made = make_folder(tmp_path, old)
    before = folder_content(tmp_path)
    rewrap(tmp_path, old, new, "transit")
    after = folder_content(tmp_path)
    assert set(after) == set(before)
    assert not set(after.values()) & {before[name] for name in made}


def test_nothing_secret_is_named_in_what_people_can_read_later(site, officer, second, tmp_path: Path) -> None:
    lines = actions.export_shares(
        approved_export(officer, second), root=open_root(site), threshold=2, shares=3, by=officer
    )
    words = re.compile("|".join(re.escape(" ".join(line.split()[4:8])) for line in lines))
    told = "".join(bytes(row.body).decode() for row in LedgerPending.objects.all())
    told += "".join(str(approval.parameters) for approval in Approval.objects.all())
    assert not words.search(told)
