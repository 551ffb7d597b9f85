"""A real keeper whose root lies elsewhere: it is chosen once, its absence stops opening and nothing else."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
import time

import pytest

from callwarden.custody import intake
from callwarden.custody.epochs import open_client
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.keeper.client import KeeperUnavailable
from callwarden.custody.models import Line, Record
from callwarden.custody.open import open_record
from callwarden.engines.seal import PassphraseFile
from callwarden.kernel.models import Session
from tests.centre import PASSPHRASE, KeeperProcess, database_url
from tests.custody.test_locks import SOUND, grant_for, login, put_sound, record, sign_in
from tests.keyservers import OpenBao
from tests.roots import CACHE_SECONDS, at, bao, in_token, in_transit

__all__ = ["at", "bao", "login", "record"]  # fixtures
pytestmark = pytest.mark.xdist_group("openbao")
_numbers = itertools.count()


@pytest.fixture
def keeper(at: KeeperProcess, bao: OpenBao) -> KeeperProcess:
    """Replaces the common keeper for the fixtures of records: this one's root is with the key server."""
    at.environment |= in_transit(bao, f"site-{next(_numbers)}")
    at.start()
    return at


def arrive(line: Line, content: bytes) -> intake.Received:
    arrival = intake.Arrival(line=line, kind="recording", name="a.wav", shown="a.wav", door="spool")
    return intake.receive(io.BytesIO(content), arrival)


def test_without_the_key_server_calls_come_in_and_nothing_opens_until_it_is_back(
    keeper: KeeperProcess, bao: OpenBao, record, login
) -> None:
    intake.ensure_day_keys()
    pid = keeper.pid
    assert open_record(grant_for(record, login), record).readall() == SOUND
    bao.stop()
    try:
        time.sleep(CACHE_SECONDS)
        with pytest.raises(KeeperUnavailable):
            open_record(grant_for(record, login), record)
        assert not keeper_client.status()["ready"]
        assert not arrive(record.line, b"taken in meanwhile").duplicate
    finally:
        bao.start()
    assert open_record(grant_for(record, login), record).readall() == SOUND
    assert keeper.pid == pid


def test_a_keeper_that_starts_while_the_key_server_is_away_waits_for_it(
    keeper: KeeperProcess, bao: OpenBao, record, login
) -> None:
    keeper.stop()
    bao.stop()
    try:
        keeper.start(ready=False)
        with pytest.raises(KeeperUnavailable):
            open_record(grant_for(record, login), record)
    finally:
        bao.start()
    assert open_record(grant_for(record, login), record).readall() == SOUND


def test_cached_keys_open_until_their_time_is_over_and_no_longer(at: KeeperProcess, bao: OpenBao) -> None:
    at.environment |= in_transit(bao, "cached") | {"CALLWARDEN_KEY_CACHE_SECONDS": "4"}
    at.start()
    record, login = make_record()
    open_record(grant_for(record, login), record)
    last_asked = time.monotonic()
    bao.stop()
    try:
        assert open_record(grant_for(record, login), record).readall() == SOUND
        assert time.monotonic() - last_asked < 4
        time.sleep(max(0.0, last_asked + 4 - time.monotonic()))
        with pytest.raises(KeeperUnavailable):
            open_record(grant_for(record, login), record)
    finally:
        bao.start()


def make_record() -> tuple[Record, Session]:
    client = open_client(slug="acme", name="Acme", name_zh="艾克米", actor="system")
    line = Line.objects.create(client=client, slug="service-zh", name="Service", languages=["zh"], direction="inbound")
    return put_sound(line), sign_in()


def test_a_root_in_a_token_opens_records_over_a_restart(at: KeeperProcess) -> None:
    at.environment |= in_token()
    at.start()
    record, login = make_record()
    keeper_client.probe()
    at.stop()
    at.start()
    assert open_record(grant_for(record, login), record).readall() == SOUND
    assert keeper_client.root()["kind"] == "pkcs11"
    assert not (at.keys / "root.key").exists()


def refused_start(at: KeeperProcess, **environment: str) -> str:
    """The last words of a keeper that does not start."""
    run = subprocess.run(
        [sys.executable, "-m", "callwarden.custody.keeper"],
        env={
            **os.environ,
            "CALLWARDEN_DATABASE_URL": database_url(),
            "CALLWARDEN_KEEPER_SOCKET": str(at.socket),
            "CALLWARDEN_KEYS_DIR": str(at.keys),
            "CALLWARDEN_DATA_DIR": str(at.folder),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    return run.stderr


def test_keys_of_one_provider_are_never_mixed_with_another_by_a_changed_setting(
    at: KeeperProcess, bao: OpenBao
) -> None:
    at.start()
    before = keeper_client.root()
    at.stop()
    at.environment |= in_transit(bao, "mixed")
    at.start()
    assert keeper_client.root() == before | {"configured": "transit"}


def test_another_root_under_the_same_settings_is_refused(at: KeeperProcess, bao: OpenBao) -> None:
    at.environment |= in_transit(bao, "one-root")
    at.start()
    at.stop()
    at.environment |= in_transit(bao, "another-root")
    at.start(ready=False)
    assert keeper_client.root()["detail"] == "root_replaced"
    with pytest.raises(KeeperUnavailable):
        keeper_client.probe()


def test_another_root_file_or_none_is_refused(at: KeeperProcess) -> None:
    at.start()
    at.stop()
    (at.keys / "root.key").unlink()
    assert "cannot open its key provider" in refused_start(at)
    assert not (at.keys / "root.key").exists()
    PassphraseFile.create(at.keys / "root.key", PASSPHRASE)
    assert "not the root these keys are wrapped under" in refused_start(at)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CALLWARDEN_KEY_PROVIDER": "paper"}, "CALLWARDEN_KEY_PROVIDER"),
        ({"CALLWARDEN_KEY_PROVIDER": "transit"}, "CALLWARDEN_TRANSIT_ADDRESS"),
        ({"CALLWARDEN_KEY_PROVIDER": "pkcs11"}, "CALLWARDEN_HSM_MODULE"),
        ({"CALLWARDEN_KEY_CACHE_SECONDS": "for ever"}, "CALLWARDEN_KEY_CACHE_SECONDS"),
        ({"CALLWARDEN_KEY_CACHE_SECONDS": "1e9"}, "CALLWARDEN_KEY_CACHE_SECONDS"),
        ({"CALLWARDEN_UNLOCK": "shares"}, "shares"),
        (
            {
                "CALLWARDEN_KEY_PROVIDER": "transit",
                "CALLWARDEN_TRANSIT_ADDRESS": "http://192.0.2.1:8200",
                "CALLWARDEN_TRANSIT_KEY": "k",
                "CALLWARDEN_TRANSIT_TOKEN_FILE": "/nowhere",
            },
            "https",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_cannot_be_right_stop_the_start_and_say_which(
    at: KeeperProcess, environment: dict[str, str], named: str
) -> None:
    assert named in refused_start(at, **environment)
    assert not (at.keys / "provider.json").exists()
