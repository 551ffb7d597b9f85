"""The contract, and what is special about a key server, on a real OpenBao over TLS."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from callwarden.engines.seal import InvalidInput, Key, KeyProvider, ProviderRefused, ProviderUnavailable, Suite
from callwarden.engines.seal.providers.transit import TransitKeys
from tests.engines.seal import provider_contract
from tests.keyservers import OpenBao, _free_port

CONTEXT = provider_contract.CONTEXT
pytestmark = pytest.mark.xdist_group("openbao")


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = OpenBao(tmp_path_factory.mktemp("bao"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def token_file(bao: OpenBao) -> Path:
    return bao.make_keys("callwarden")


@pytest.fixture
def server(bao: OpenBao, token_file: Path) -> TransitKeys:
    return bao.keys("callwarden", token_file)


class TestTransit(provider_contract.KeyProviderContract):
    @pytest.fixture
    def provider(self, server: TransitKeys) -> KeyProvider:
        return server

    @pytest.fixture
    def stranger(self, bao: OpenBao) -> KeyProvider:
        return bao.keys("stranger", bao.make_keys("stranger"))

    @pytest.fixture
    def unavailable(self, bao: OpenBao, token_file: Path) -> KeyProvider:
        return TransitKeys(f"https://127.0.0.1:{_free_port()}", "callwarden", token_file, ca_file=bao.ca_file)


def test_a_server_nobody_vouches_for_gets_no_token(bao: OpenBao, token_file: Path) -> None:
    unvouched = TransitKeys(bao.address, "callwarden", token_file)
    assert unvouched.status().detail == "certificate"
    by_another_name = TransitKeys(f"https://localhost:{bao.port}", "callwarden", token_file, ca_file=bao.ca_file)
    assert by_another_name.status().detail == "certificate"


@pytest.mark.parametrize(
    "address",
    ["http://vault.example.test:8200", "http://192.0.2.7:8200", "ftp://127.0.0.1", "127.0.0.1:8200", "https://h/path"],
)
def test_an_address_that_would_send_keys_in_clear_is_refused(address: str, token_file: Path) -> None:
    with pytest.raises(InvalidInput):
        TransitKeys(address, "callwarden", token_file)


def test_a_revoked_token_is_refused_and_a_renewed_one_works_at_once(bao: OpenBao) -> None:
    file = bao.make_keys("renewed")
    opened = bao.keys("renewed", file)
    wrapped = opened.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    bao.ask("POST", "auth/token/revoke", {"token": file.read_text().strip()})
    with pytest.raises(ProviderRefused):
        opened.unwrap(wrapped, CONTEXT)
    assert opened.status().detail == "permission"
    bao.make_keys("renewed")
    assert opened.unwrap(wrapped, CONTEXT) == key


def test_a_token_that_others_can_read_is_not_used(bao: OpenBao, token_file: Path, tmp_path: Path) -> None:
    wide = tmp_path / "token"
    wide.write_text(token_file.read_text())
    wide.chmod(0o640)
    assert bao.keys("callwarden", wide).status().detail == "token_file"


def test_a_sealed_server_is_away_not_gone(bao: OpenBao, token_file: Path) -> None:
    opened = bao.keys("callwarden", token_file)
    wrapped = opened.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    bao.seal()
    with pytest.raises(ProviderUnavailable):
        opened.unwrap(wrapped, CONTEXT)
    assert not opened.status().available
    bao.stop()
    with pytest.raises(ProviderUnavailable):
        opened.unwrap(wrapped, CONTEXT)
    bao.start()
    assert opened.unwrap(wrapped, CONTEXT) == key


def test_the_servers_own_rotation_keeps_old_wraps_readable(bao: OpenBao) -> None:
    opened = bao.keys("turned", bao.make_keys("turned"))
    before = opened.status().key_id
    wrapped = opened.wrap(key := Key.generate(Suite.AES_256_GCM), CONTEXT)
    bao.ask("POST", "transit/keys/turned/rotate")
    later = opened.wrap(key, CONTEXT)
    assert opened.unwrap(wrapped, CONTEXT) == opened.unwrap(later, CONTEXT) == key
    assert opened.status().key_id == before
    bao.ask("POST", "transit/keys/turned/config", {"min_decryption_version": 2})
    with pytest.raises(ProviderRefused):
        opened.unwrap(wrapped, CONTEXT)


def test_a_missing_key_is_never_made_by_asking_for_it(bao: OpenBao, token_file: Path) -> None:
    file = bao.make_keys("missing")
    for name in ("missing", "missing-sign"):
        bao.ask("POST", f"transit/keys/{name}/config", {"deletion_allowed": True})
        bao.ask("DELETE", f"transit/keys/{name}")
    opened = bao.keys("missing", file)
    with pytest.raises(ProviderRefused):
        opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    assert bao.ask("GET", "transit/keys/missing")[0] == 404


def test_a_root_that_was_replaced_wraps_nothing(bao: OpenBao) -> None:
    opened = bao.keys("replaced", bao.make_keys("replaced"))
    opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    for name in ("replaced", "replaced-sign"):
        bao.ask("POST", f"transit/keys/{name}/config", {"deletion_allowed": True})
        bao.ask("DELETE", f"transit/keys/{name}")
    bao.make_keys("replaced")
    with pytest.raises(ProviderRefused):
        opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    assert opened.status().detail == "root_replaced"


@pytest.mark.parametrize("options", [{"exportable": True}, {"type": "chacha20-poly1305"}, {"derived": True}], ids=str)
def test_a_key_that_could_leave_the_server_or_is_of_another_sort_is_not_used(
    bao: OpenBao, options: dict[str, object]
) -> None:
    name = "-".join(options)
    opened = bao.keys(name, bao.make_keys(name, **options))
    with pytest.raises(ProviderRefused):
        opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"HTTP/1.1 200 OK\r\nX: ", b"no http at all\n"]
)
def test_something_else_at_the_address_is_no_provider(answer: bytes, token_file: Path) -> None:
    """It answers, and then keeps the line open: the wait has an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def serve() -> None:
            for _call in range(2):
                peer, _address = listener.accept()
                peer.sendall(answer)
                held.append(peer)

        threading.Thread(target=serve, daemon=True).start()
        port = listener.getsockname()[1]
        opened = TransitKeys(f"http://127.0.0.1:{port}", "callwarden", token_file, seconds=0.5)
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
        assert not opened.status().available
        assert time.monotonic() - begun < 5
        for peer in held:
            peer.close()


def test_no_error_repeats_the_token_or_what_the_server_said(bao: OpenBao, token_file: Path) -> None:
    opened = bao.keys("callwarden-of-nobody", token_file)
    with pytest.raises(ProviderRefused) as caught:
        opened.wrap(Key.generate(Suite.AES_256_GCM), CONTEXT)
    said = f"{caught.value} {caught.value.data} {caught.value.__cause__}"
    assert token_file.read_text().strip() not in said
    assert "permission denied" not in said
