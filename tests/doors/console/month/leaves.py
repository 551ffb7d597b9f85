"""Looks through leaves as somebody would who has them and a list of everybody the centre might know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable, Iterator

from callwarden.engines.residue import Mark, Search

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s", "sm3")
_TOKEN = re.compile(rb"[A-Za-z0-9+/_-]{11,}={0,2}")
# Of shorter heads of a hash one would meet by chance.
_HEAD = 8
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def written_out(bodies: Iterable[bytes], values: Iterable[str]) -> list[str]:
    """In which form any of the values stands in a leaf; in clear, encoded, or packed."""
    marks = [Mark(f"value {number}", value) for number, value in enumerate(sorted(set(values)))]
    return sorted({f"{hit.label} {hit.form}" for hit in Search(marks).data(b"\n".join(bodies))})


def guessed(bodies: Iterable[bytes], values: Iterable[str], salts: Iterable[bytes]) -> list[str]:
    """A dictionary attack: which values, hashed in any usual way and with anything known for salt, stand in a leaf.

    Every run of letters and digits that could be a hash, or the head of one, is held against all of them.
    """
    suspects = _suspects(bodies)
    found = []
    for number, value in enumerate(sorted(set(values))):
        for how, digest in _hashes(value, list(salts)):
            if digest[:_HEAD] in suspects:
                found.append(f"value {number} {how}")
    return found


def _suspects(bodies: Iterable[bytes]) -> set[bytes]:
    """First bytes of everything in the leaves that reads as hex, base64 or a UUID; a UUID as its first half."""
    heads: set[bytes] = set()
    for body in bodies:
        for token in set(_TOKEN.findall(body)):
            plain = token.replace(b"-", b"")
            if re.fullmatch(rb"[0-9A-Fa-f]{16,}", plain):
                heads.add(bytes.fromhex(plain[:16].decode()))
            padded = token.rstrip(b"=")
            for made in (base64.b64decode, base64.urlsafe_b64decode):
                try:
                    heads.add(made(padded + b"=" * (-len(padded) % 4))[:_HEAD])
                except ValueError:
                    continue
    return {head for head in heads if len(head) == _HEAD}


def _hashes(value: str, salts: list[bytes]) -> Iterator[tuple[str, bytes]]:
    digits = re.sub(r"\D", "", value)
    forms = {value, value.lower(), value.upper(), value[::-1]}
    if len(digits) >= 7:
        forms |= {digits, f"+86{digits}", f"86{digits}", f"0086{digits}", f"tel:+86{digits}", digits[-8:], digits[-4:]}
    for form in sorted(forms):
        raw = form.encode()
        for space in (uuid.NAMESPACE_DNS, uuid.NAMESPACE_OID, uuid.NAMESPACE_URL, uuid.NAMESPACE_X500):
            yield "uuid5", uuid.uuid5(space, form).bytes
            yield "uuid3", uuid.uuid3(space, form).bytes
        for name in _HASHES:
            if name not in hashlib.algorithms_available:
                continue
            yield name, hashlib.new(name, raw).digest()
            yield f"{name} twice", hashlib.new(name, hashlib.new(name, raw).digest()).digest()
            for salt in salts:
                yield f"{name} salted", hashlib.new(name, salt + raw).digest()
                yield f"{name} salted behind", hashlib.new(name, raw + salt).digest()
                if name in {"sha256", "sha1", "md5"}:
                    yield f"hmac {name}", hmac.new(salt, raw, name).digest()


def ids_of(bodies: Iterable[bytes]) -> set[str]:
    """Every UUID that stands in a leaf."""
    return {one for body in bodies for one in _UUID.findall(body.decode())}
