"""Syslog of neighbours: who may bring it, what is kept of it, and that a closed connection means it was committed."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time as real_time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callwarden.control.neighbours import actions
from callwarden.control.neighbours.actions import Wish
from callwarden.control.neighbours.models import Neighbour, NeighbourEntry
from callwarden.custody.keeper import client as keeper_client
from callwarden.custody.scope import client_scope
from callwarden.doors.syslog.receiver import Listening, Receiver
from callwarden.engines.neighbours import PRESETS
from callwarden.flows import neighbours
from callwarden.kernel import clock
from callwarden.kernel.notify import DeliveryFailed
from callwarden.kernel.syslog import Message, deliver
from callwarden.kernel.syslog import Receiver as Sender
from callwarden.site.neighbours import syslog_listening
from callwarden.site.outside import BadSetting
from tests.syslog_receiver import Certificate, self_signed

DEBIAN = os.environ.get("CALLWARDEN_DEBIAN_ROOT", "")
RSYSLOG = f"{DEBIAN}/usr/sbin/rsyslogd"
MODULES = ":".join(glob.glob(f"{DEBIAN}/usr/lib/*/rsyslog"))


@pytest.fixture
def ours(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path, "theirs")


def digest_of(certificate: Certificate) -> str:
    shown = ssl.PEM_cert_to_DER_cert(Path(certificate.certificate).read_text())
    return hashlib.sha256(shown).hexdigest()


def connect(line, owner, **changes: Any) -> Neighbour:
    told = {
        "name": "CRM", "name_zh": "客户系统", "owner": owner, "quiet_minutes": 60, "mapping": PRESETS["crm"],
        "named_by": "login", "way": "local",
    }  # fmt: skip
    return actions.connect(line.client_id, "crm", "crm", Wish(**{**told, **changes}), by=owner)


@contextmanager
def receiving(certificate: Certificate | None = None, authority: str = "") -> Iterator[int]:
    stop = threading.Event()
    files = (certificate.certificate, certificate.key, authority) if certificate else ("", "", "")
    receiver = Receiver(Listening("127.0.0.1", 0, *files), stop)
    thread = threading.Thread(target=receiver.serve)
    thread.start()
    try:
        yield receiver.port
    finally:
        stop.set()
        thread.join(30)


def said(number: int) -> Message:
    told = {"at": clock.now().isoformat(), "user": "lin.li", "action": "view", "customer": f"C-{number}"}
    return Message(at=clock.now(), text=json.dumps(told), msgid="audit", app="crm", index=number)


def kept(neighbour: Neighbour) -> int:
    with client_scope(neighbour.client_id):
        return NeighbourEntry.objects.count()


def test_what_was_delivered_is_committed(line, owner, ours, theirs) -> None:
    crm = connect(line, owner, way="syslog", certificates=(digest_of(theirs),))
    with receiving(ours, theirs.certificate) as port:
        sender = Sender(
            host="127.0.0.1", port=port, ca_file=ours.certificate,
            certificate_file=theirs.certificate, key_file=theirs.key,
        )  # fmt: skip
        messages = [said(number).encode() for number in range(620)]
        # Our own sender waits for the alert that closes in order: it comes only after the commit.
        deliver(sender, [*messages, b"no syslog"], timeout_s=120)
        assert kept(crm) == 620
        deliver(sender, messages[:3], timeout_s=120)
    assert kept(crm) == 620
    crm.refresh_from_db()
    assert (crm.taken, crm.repeated, crm.refused) == (620, 3, {"not_syslog": 1})


def test_a_certificate_nobody_registered_brings_nothing(line, owner, ours, theirs, tmp_path) -> None:
    crm = connect(line, owner, way="syslog", certificates=("0" * 64,))
    stranger = self_signed(tmp_path, "stranger")
    with receiving(ours, theirs.certificate) as port:
        for shown in (theirs, stranger, None):
            files = {"certificate_file": shown.certificate, "key_file": shown.key} if shown else {}
            with pytest.raises(DeliveryFailed):
                deliver(Sender(host="127.0.0.1", port=port, ca_file=ours.certificate, **files), [said(1)], timeout_s=20)
    assert kept(crm) == 0


def test_nothing_is_lost_while_the_keeper_is_away(line, owner, monkeypatch) -> None:
    crm = connect(line, owner)
    away = [True, True]
    take = neighbours.take_lines

    def sometimes(*args: Any, **kwargs: Any) -> Any:
        if away:
            away.pop()
            raise keeper_client.KeeperUnavailable("keeper_unavailable", "away")
        return take(*args, **kwargs)

    monkeypatch.setattr(neighbours, "take_lines", sometimes)
    with receiving() as port:
        deliver(Sender(host="127.0.0.1", port=port, plain=True), [said(1), said(2)], timeout_s=60)
    assert not away
    assert kept(crm) == 2


def test_a_stream_without_lengths_is_given_up_and_the_rest_kept(line, owner) -> None:
    crm = connect(line, owner)
    with receiving() as port, socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        one = said(1).encode()
        raw.sendall(b"%d %s" % (len(one), one) + b"<13>no length\n")
        assert raw.recv(10) == b""
    assert kept(crm) == 1


@pytest.mark.parametrize(
    ("address", "files"),
    [
        ("0.0.0.0:6514", ("", "", "")),
        ("siem.example:6514", ("", "", "")),
        ("127.0.0.1", ("", "", "")),
        ("127.0.0.1:x", ("", "", "")),
        ("127.0.0.1:6514", ("/nowhere.pem", "", "")),
        ("127.0.0.1:6514", ("/nowhere.pem", "/nowhere.key", "/nowhere.ca")),
    ],
)
def test_it_listens_beyond_this_machine_only_with_tls(address, files) -> None:
    with pytest.raises(BadSetting):
        syslog_listening(address, *files)


def test_it_listens_where_it_is_set() -> None:
    assert syslog_listening("", "", "", "") == {}
    assert syslog_listening("[::1]:6514", "", "", "")["host"] == "::1"


@pytest.mark.skipif(not Path(RSYSLOG).exists(), reason="rsyslog is not installed")
def test_rsyslog_sends_as_people_run_it(line, owner, ours, theirs, tmp_path: Path) -> None:
    crm = connect(line, owner, way="syslog", certificates=(digest_of(theirs),))
    log = tmp_path / "crm.json"
    now = clock.now().isoformat()
    lines = [json.dumps({"at": now, "user": "lin.li", "action": "view", "customer": f"C-{n}"}) for n in range(300)]
    log.write_text("\n".join(lines) + "\n")
    with receiving(ours, theirs.certificate) as port:
        settings = tmp_path / "rsyslog.conf"
        settings.write_text(
            f'global(workDirectory="{tmp_path}" maxMessageSize="16k" DefaultNetstreamDriver="ossl"\n'
            f' DefaultNetstreamDriverCAFile="{ours.certificate}"\n'
            f' DefaultNetstreamDriverCertFile="{theirs.certificate}"\n'
            f' DefaultNetstreamDriverKeyFile="{theirs.key}")\n'
            'module(load="imfile")\n'
            f'input(type="imfile" file="{log}" tag="crm" ruleset="callwarden")\n'
            'template(name="whole" type="string"'
            ' string="<109>1 %timereported:::date-rfc3339% %hostname% crm - - - %msg%")\n'
            'ruleset(name="callwarden") {\n'
            f' action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="whole"\n'
            '  TCP_Framing="octet-counted" StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="anon"\n'
            '  action.resumeRetryCount="-1" action.resumeInterval="1")\n}\n',
            encoding="utf-8",
        )
        running = subprocess.Popen([RSYSLOG, "-n", "-f", str(settings), "-i", str(tmp_path / "pid"), "-M", MODULES])
        try:
            until = real_time.monotonic() + 90
            while kept(crm) < 300:
                assert real_time.monotonic() < until
                real_time.sleep(0.2)
        finally:
            running.terminate()
            running.wait(20)
    crm.refresh_from_db()
    assert crm.taken == 300
    assert crm.refused == {}
