"""Assertions written for this site alone: opened with its own keys, and with nothing weaker than it publishes.

Opening proves nothing of who wrote it: anybody can encrypt to a published key. What comes out is an assertion like any
other, whose signature is verified after. Whatever fails in between is told by one word, because which step failed is
what attacks on CBC and on RSA live by.

Source: W3C XML Encryption 1.1 sections 3.1, 5.2 and 5.5; "How to Break XML Encryption" (CCS 2011) for what CBC gives
away, and Bleichenbacher (CRYPTO 1998) for why RSA 1.5 is not there.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from callwarden.protection.signin.saml.documents import (
    ASSERTION,
    ENCRYPTION,
    ENCRYPTION11,
    SIGNATURE,
    Unacceptable,
    only,
    read,
    tag,
)

GCM: Mapping[str, int] = MappingProxyType({f"{ENCRYPTION11}aes{bits}-gcm": bits // 8 for bits in (128, 192, 256)})
CBC: Mapping[str, int] = MappingProxyType({f"{ENCRYPTION}aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)})
OAEP = f"{ENCRYPTION}rsa-oaep-mgf1p"
OAEP11 = f"{ENCRYPTION11}rsa-oaep"
# What the metadata name, best first. CBC is taken from providers that know nothing else, and not advertised.
OFFERED = (f"{ENCRYPTION11}aes256-gcm", f"{ENCRYPTION11}aes128-gcm", OAEP, OAEP11)
_ELEMENT = f"{ENCRYPTION}Element"
_DIGESTS: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        f"{SIGNATURE}sha1": hashes.SHA1,
        f"{ENCRYPTION}sha256": hashes.SHA256,
        "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
        f"{ENCRYPTION}sha512": hashes.SHA512,
    }
)
_MASKS: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        f"{ENCRYPTION11}mgf1sha1": hashes.SHA1,
        f"{ENCRYPTION11}mgf1sha256": hashes.SHA256,
        f"{ENCRYPTION11}mgf1sha384": hashes.SHA384,
        f"{ENCRYPTION11}mgf1sha512": hashes.SHA512,
    }
)
# One for each reader the provider may have; more would be work for nothing.
_MOST_KEYS = 4


def opened(
    sealed: etree._Element, keys: Sequence[rsa.RSAPrivateKey], wanted: str = tag(ASSERTION, "Assertion")
) -> etree._Element:
    """The element inside an `EncryptedAssertion` or `EncryptedID`, not yet believed.

    Args:
        wanted: what must be inside.
        keys: of this site that still count.

    Raises:
        Unacceptable: `encryption_method`: an algorithm that is not taken; `undecipherable`: anything else.
    """
    data = only(sealed, ENCRYPTION, "EncryptedData")
    method = str(only(data, ENCRYPTION, "EncryptionMethod").get("Algorithm"))
    length = GCM.get(method) or CBC.get(method)
    if length is None:
        raise Unacceptable("encryption_method")
    if data.get("Type") != _ELEMENT:
        raise Unacceptable("undecipherable")
    written = _cipher_value(data)
    for secret in _session_keys(sealed, data, keys, length):
        try:
            plain = _by_gcm(secret, written) if method in GCM else _by_cbc(secret, written)
            return _inside(plain, sealed, wanted)
        except (InvalidTag, ValueError, Unacceptable):
            continue
    raise Unacceptable("undecipherable")


def _session_keys(
    sealed: etree._Element, data: etree._Element, keys: Sequence[rsa.RSAPrivateKey], length: int
) -> Iterable[bytes]:
    """Keys of the data as far as one of ours opens them; they stand inside the data or beside it."""
    name = tag(ENCRYPTION, "EncryptedKey")
    inside = data.findall(f"{tag(SIGNATURE, 'KeyInfo')}/{name}")
    wrapped = [*inside, *sealed.findall(name)]
    if not 0 < len(wrapped) <= _MOST_KEYS:
        raise Unacceptable("undecipherable")
    # Every method is looked at before any key is used: one weak copy among strong ones would be enough for an attacker.
    told = [(_unwrapping(only(one, ENCRYPTION, "EncryptionMethod")), _cipher_value(one)) for one in wrapped]
    for how, written in told:
        for key in keys:
            try:
                found = key.decrypt(written, how)
            except ValueError:
                continue
            if len(found) == length:
                yield found


def _unwrapping(method: etree._Element) -> padding.OAEP:
    """RSA-OAEP as an element asks for it. Raises Unacceptable: it asks for something else."""
    algorithm = method.get("Algorithm")
    digest = method.find(tag(SIGNATURE, "DigestMethod"))
    mask = method.find(tag(ENCRYPTION11, "MGF"))
    label = method.find(tag(ENCRYPTION, "OAEPparams"))
    hashed = hashes.SHA1 if digest is None else _DIGESTS.get(str(digest.get("Algorithm")))
    masked = hashes.SHA1 if mask is None or algorithm == OAEP else _MASKS.get(str(mask.get("Algorithm")))
    if algorithm not in {OAEP, OAEP11} or hashed is None or masked is None:
        raise Unacceptable("encryption_method")
    return padding.OAEP(padding.MGF1(masked()), hashed(), None if label is None else _decoded(label.text))


def _cipher_value(element: etree._Element) -> bytes:
    """What is written there; references to elsewhere are not followed."""
    return _decoded(only(only(element, ENCRYPTION, "CipherData"), ENCRYPTION, "CipherValue").text)


def _decoded(text: str | None) -> bytes:
    try:
        return b64decode("".join((text or "").split()), validate=True)
    except ValueError:
        raise Unacceptable("undecipherable") from None


def _by_gcm(key: bytes, written: bytes) -> bytes:
    """96 bits of nonce, the text, 128 bits of tag (section 5.2.4). Raises InvalidTag, ValueError."""
    return AESGCM(key).decrypt(written[:12], written[12:], None)


def _by_cbc(key: bytes, written: bytes) -> bytes:
    """A block of beginning, the text, and at the end as many bytes of padding as the last says (section 5.2.3)."""
    block = algorithms.AES.block_size // 8
    reader = Cipher(algorithms.AES(key), modes.CBC(written[:block])).decryptor()
    plain = reader.update(written[block:]) + reader.finalize()
    padded = plain[-1] if plain else 0
    if not 0 < padded <= block:
        raise ValueError("padding")
    return plain[:-padded]


def _inside(plain: bytes, sealed: etree._Element, wanted: str) -> etree._Element:
    """The one element that was encrypted, with the names of spaces that were known where it stood.

    Raises:
        Unacceptable: there is something else.
    """
    around = etree.Element("around", nsmap=sealed.nsmap)
    head, foot = etree.tostring(around).removesuffix(b"/>") + b">", b"</around>"
    whole = read(head + plain + foot)
    if len(whole) != 1 or whole[0].tag != wanted:
        raise Unacceptable("undecipherable")
    return whole[0]
