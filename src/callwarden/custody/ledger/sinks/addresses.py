"""Addresses of sinks, as the setting CALLWARDEN_LEDGER_SINKS has them."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.conf import settings

from callwarden.custody.ledger import heads
from callwarden.custody.ledger.sinks.folder import FolderSink
from callwarden.custody.ledger.sinks.interface import Sink
from callwarden.custody.ledger.sinks.mail import MailSink
from callwarden.custody.ledger.sinks.s3 import LockedObjectSink
from callwarden.custody.ledger.sinks.syslog import SyslogSink
from callwarden.custody.ledger.sinks.witness import WitnessSink
from callwarden.engines.ledger import KeyRefused, Witness

log = logging.getLogger("callwarden.sinks")


class BadSink(ValueError):
    """An address of a sink that cannot be used. The text says what to write and never holds the address."""


def configured() -> list[Sink]:
    """The sinks of this site, in the order of the setting. One that cannot be used keeps none of the others from it."""
    made = []
    for address in settings.LEDGER_SINKS:
        try:
            made.append(parse(address))
        except BadSink as error:
            log.critical("checkpoint_sink_unusable", extra={"sink": name_of(address), "why": str(error)})
    return made


def check_all() -> None:
    """Raises BadSink where a configured address cannot be used."""
    for address in settings.LEDGER_SINKS:
        parse(address)


def parse(address: str) -> Sink:
    """The sink an address names: a folder's path, syslog://, syslog+tls://, mail:, s3+lock:// or witness+https://.

    Raises:
        BadSink: it is none of these, or would cross the network in clear.
    """
    parts = urlsplit(address)
    scheme = parts.scheme if "://" in address or address.startswith("mail:") else "file"
    if scheme not in _MAKERS:
        raise BadSink(f"A sink is a folder or begins with one of {', '.join(sorted(_MAKERS))}.")
    try:
        return _MAKERS[scheme](name_of(address), address, parts, dict(parse_qsl(parts.query)))
    except KeyRefused as error:
        raise BadSink(f"A witness is written witness+https://HOST/PATH#KEY. {error}") from None
    except ValueError as error:
        raise error if isinstance(error, BadSink) else BadSink("A number in the address of a sink is none.") from None


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def name_of(address: str) -> str:
    """Kind and digest: tells sinks apart where their address must not stand. In letters alone, as a run of digits could
    be a telephone number and would be refused by the log."""
    scheme = urlsplit(address).scheme if "://" in address or address.startswith("mail:") else "folder"
    kind = scheme.partition("+")[0].replace("file", "folder")
    return f"{kind}:{hashlib.sha256(address.encode()).hexdigest()[:8].translate(_LETTERS)}"


def stays_here(address: str) -> bool:
    """Whether what is written there lies on the disk of the data folder, so that whoever rules this host rules it too.

    Another disk may be another host's; that cannot be told from here.
    """
    try:
        sink = parse(address)
    except BadSink:
        return False
    return isinstance(sink, FolderSink) and _disk_of(sink.folder) == _disk_of(Path(settings.DATA_DIR))


def _disk_of(path: Path) -> int:
    """Number of the file system on which it lies, or will lie once it is made."""
    for place in (path, *path.parents):
        try:
            return os.stat(place).st_dev
        except FileNotFoundError:
            continue
        except OSError:
            return -1 - hash(place)  # like no other
    return -1


Maker = Callable[[str, str, SplitResult, dict[str, str]], Sink]


def _folder(name: str, address: str, parts: SplitResult, given: dict[str, str]) -> Sink:
    path = unquote(parts.path) if parts.scheme == "file" and "://" in address else address
    return FolderSink(name, Path(path), every=float(given.get("every", 0)))


def _syslog(name: str, _address: str, parts: SplitResult, given: dict[str, str]) -> Sink:
    tls = parts.scheme == "syslog+tls"
    if not parts.hostname or not (tls or _is_here(parts.hostname)):
        raise BadSink("Syslog leaves this machine over TLS only: syslog+tls://HOST:PORT.")
    port = parts.port or (6514 if tls else 601)
    return SyslogSink(name, parts.hostname, port, tls=tls, ca=given.get("ca"), every=float(given.get("every", 0)))


def _mail(name: str, _address: str, _parts: SplitResult, given: dict[str, str]) -> Sink:
    return MailSink(name, every=float(given.get("every", 86_400)))


def _s3(name: str, _address: str, parts: SplitResult, given: dict[str, str]) -> Sink:
    endpoint = given.get("endpoint")
    if not parts.netloc:
        raise BadSink("A bucket is written s3+lock://BUCKET/PREFIX?endpoint=https://…&days=400.")
    if endpoint and not _safe(endpoint):
        raise BadSink("An object store is reached over https, or over http on this machine.")
    return LockedObjectSink(
        name,
        parts.netloc,
        parts.path.lstrip("/"),
        endpoint=endpoint,
        region=given.get("region"),
        days=float(given.get("days", 400)),
        every=float(given.get("every", 60)),
    )


def _witness(name: str, _address: str, parts: SplitResult, given: dict[str, str]) -> Sink:
    url = f"{parts.scheme.partition('+')[2]}://{parts.netloc}{parts.path}"
    if not parts.hostname or not _safe(url):
        raise BadSink("A witness is reached over https, or over http on this machine.")
    key = Witness.parse(unquote(parts.fragment))
    return WitnessSink(name, url, key, view=heads.view, every=float(given.get("every", 0)))


_MAKERS: dict[str, Maker] = {
    "file": _folder,
    "syslog": _syslog,
    "syslog+tls": _syslog,
    "mail": _mail,
    "s3+lock": _s3,
    "witness+https": _witness,
    "witness+http": _witness,
}


def _safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
