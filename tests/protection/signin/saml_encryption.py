"""Encrypts assertions as a provider does, and as an attacker would like to; shares no code with what opens them."""

from __future__ import annotations

import functools
import os
from base64 import b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from tests.protection.signin.saml_answers import NAMES

XENC, XENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
GCM256, CBC256 = f"{XENC11}aes256-gcm", f"{XENC}aes256-cbc"
OAEP, OAEP11, RSA15 = f"{XENC}rsa-oaep-mgf1p", f"{XENC11}rsa-oaep", f"{XENC}rsa-1_5"
SHA1, SHA256 = f"{NAMES['ds']}sha1", f"{XENC}sha256"


@functools.cache
def reader(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def by_gcm(key: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def by_cbc(key: bytes, plain: bytes) -> bytes:
    beginning, missing = os.urandom(16), 16 - len(plain) % 16
    writer = Cipher(algorithms.AES(key), modes.CBC(beginning)).encryptor()
    return beginning + writer.update(plain + os.urandom(missing - 1) + bytes([missing])) + writer.finalize()


def encrypted(
    inside: etree._Element | bytes,
    *,
    to: rsa.RSAPublicKey | None = None,
    method: str = GCM256,
    bits: int = 256,
    wrapped_by: str = OAEP,
    wrap: padding.AsymmetricPadding | None = None,
    told: str = "",
    beside: bool = False,
    kind: str = f"{XENC}Element",
    damage: Callable[[bytes], bytes] = bytes,
    copies: int = 1,
) -> etree._Element:
    """An `EncryptedAssertion` around something.

    Args:
        wrap, told: how the key is wrapped in truth, and what is said of it beyond the name of the method.
        beside: the key stands beside the data, not inside.
        damage: what happens to the ciphertext on its way.
    """
    plain = inside if isinstance(inside, bytes) else etree.tostring(inside)
    key = os.urandom(bits // 8)
    way = wrap or padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    secret = b64encode((to or reader("site").public_key()).encrypt(key, way)).decode()
    data = b64encode(damage((by_cbc if method.endswith("cbc") else by_gcm)(key, plain))).decode()
    wrapped = (
        f'<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{wrapped_by}">{told}</xenc:EncryptionMethod>'
        f"<xenc:CipherData><xenc:CipherValue>{secret}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>"
    ) * copies
    within = "" if beside else f"<ds:KeyInfo>{wrapped}</ds:KeyInfo>"
    return etree.fromstring(
        f'<saml:EncryptedAssertion xmlns:saml="{NAMES["saml"]}" xmlns:ds="{NAMES["ds"]}" xmlns:xenc="{XENC}"'
        f' xmlns:xenc11="{XENC11}"><xenc:EncryptedData Type="{kind}">'
        f'<xenc:EncryptionMethod Algorithm="{method}"/>{within}'
        f"<xenc:CipherData><xenc:CipherValue>{data}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>"
        f"{wrapped if beside else ''}</saml:EncryptedAssertion>"
    )
