"""Signatures of providers, in documents and in addresses: who signed, with what, and what exactly is covered.

Source: OASIS SAML V2.0 Core section 5.4 (profile of XML signatures); Bindings section 3.4.4.1 (signed addresses);
RFC 9231 (names of algorithms).
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote_plus, unquote_plus

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from callwarden.kernel import clock
from callwarden.protection.signin.saml.documents import LONGEST, SIGNATURE, Unacceptable, only, read, tag

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CANONICAL = "http://www.w3.org/2001/10/xml-exc-c14n#"
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
RSA_SHA256 = f"{_MORE}rsa-sha256"
_HASHES: Mapping[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = MappingProxyType(
    {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
)


def signed(element: etree._Element, certificates: Iterable[str]) -> etree._Element:
    """The element as it was signed as a whole, by one of these certificates, cut out of whatever stands around it.

    Raises:
        Unacceptable: it was not, or with algorithms that prove little.
    """
    alone = etree.tostring(element, with_tail=False)
    cut = read(alone)
    signature = only(cut, SIGNATURE, "Signature")
    if sum(1 for _ in cut.iter(tag(SIGNATURE, "Signature"))) != 1:
        raise Unacceptable("signature_twice")
    _covers(signature, str(cut.get("ID") or ""))
    config = SignatureConfiguration(location="./", signature_methods=_METHODS, digest_algorithms=_DIGESTS)
    for certificate in certificates:
        try:
            found = XMLVerifier().verify(alone, x509_cert=certificate, id_attribute="ID", expect_config=config)
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError, NotImplementedError):
            continue
        proved = None if isinstance(found, list) else found.signed_xml
        if proved is not None and proved.tag == element.tag and proved.get("ID") == cut.get("ID"):
            return read(etree.tostring(proved))
    raise Unacceptable("signature")


def _covers(signature: etree._Element, name: str) -> None:
    """The signature speaks of the element it stands in, all of it, canonically, and of nothing else."""
    told = only(signature, SIGNATURE, "SignedInfo")
    reference = only(told, SIGNATURE, "Reference")
    if not name or reference.get("URI") != f"#{name}" or signature.find(tag(SIGNATURE, "Object")) is not None:
        raise Unacceptable("reference")
    if only(told, SIGNATURE, "CanonicalizationMethod").get("Algorithm") != _CANONICAL:
        raise Unacceptable("canonical_form")
    steps = [step.get("Algorithm") for step in only(reference, SIGNATURE, "Transforms")]
    if sorted(map(str, steps)) != sorted((_ENVELOPED, _CANONICAL)):
        raise Unacceptable("transforms")


@dataclass(frozen=True)
class Carried:
    """What came in an address, proved.

    Attributes:
        document: the message.
        relay_state: what its sender wants back with the answer; "" for nothing.
    """

    document: bytes
    relay_state: str


def in_address(query: str, name: str, certificates: Iterable[str]) -> Carried:
    """A signed message out of the query of an address, as it arrived: what was signed are these very characters.

    Args:
        name: SAMLRequest or SAMLResponse.

    Raises:
        Unacceptable: unsigned, signed by others or with algorithms that prove little, or no message.
    """
    parts: dict[str, str] = {}
    for one in query.split("&"):
        key, _equals, value = one.partition("=")
        if key in parts:
            raise Unacceptable("parameter_twice")
        parts[key] = value
    if not parts.get("Signature") or not parts.get("SigAlg"):
        raise Unacceptable("signature_missing")
    order = [key for key in (name, "RelayState", "SigAlg") if key in parts]
    covered = "&".join(f"{key}={parts[key]}" for key in order).encode()
    told, method = _decoded(unquote_plus(parts["Signature"])), unquote_plus(parts["SigAlg"])
    if not any(_verifies(certificate, method, told, covered) for certificate in certificates):
        raise Unacceptable("signature")
    return Carried(_inflated(_decoded(unquote_plus(parts.get(name, "")))), unquote_plus(parts.get("RelayState", "")))


def _verifies(certificate: str, method: str, told: bytes, covered: bytes) -> bool:
    pinned = x509.load_pem_x509_certificate(certificate.encode())
    if not pinned.not_valid_before_utc <= clock.now() <= pinned.not_valid_after_utc:
        return False
    key = pinned.public_key()
    kind, _dash, digest = method.removeprefix(_MORE).partition("-")
    if not method.startswith(_MORE) or digest not in _HASHES:
        return False
    hashed = _HASHES[digest]()
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(told, covered, padding.PKCS1v15(), hashed)
            return True
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.curve.key_size + 7) // 8
            if len(told) != 2 * half:
                return False
            pair = (int.from_bytes(told[:half], "big"), int.from_bytes(told[half:], "big"))
            key.verify(utils.encode_dss_signature(*pair), covered, ec.ECDSA(hashed))
            return True
    except InvalidSignature:
        pass
    return False


def signed_address(where: str, name: str, document: bytes, *, key: rsa.RSAPrivateKey, relay_state: str = "") -> str:
    """The address that carries a message of ours to a provider, signed (HTTP-Redirect binding)."""
    given = {name: b64encode(_deflated(document)).decode("ascii")}
    if relay_state:
        given["RelayState"] = relay_state
    covered = "&".join(f"{part}={quote_plus(value)}" for part, value in (given | {"SigAlg": RSA_SHA256}).items())
    proof = b64encode(key.sign(covered.encode(), padding.PKCS1v15(), hashes.SHA256())).decode("ascii")
    return f"{where}{'&' if '?' in where else '?'}{covered}&Signature={quote_plus(proof)}"


def _deflated(document: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(document) + packer.flush()


def _inflated(packed: bytes) -> bytes:
    """Unpacked as far as a message may be long; what would be longer is none."""
    unpacker = zlib.decompressobj(wbits=-15)
    try:
        found = unpacker.decompress(packed, LONGEST + 1)
    except zlib.error:
        raise Unacceptable("not_deflated") from None
    if len(found) > LONGEST or not unpacker.eof:
        raise Unacceptable("too_long" if len(found) > LONGEST else "not_deflated")
    return found


def _decoded(written: str) -> bytes:
    try:
        return b64decode("".join(written.split()), validate=True)
    except ValueError:
        raise Unacceptable("not_base64") from None
