"""A SAML identity provider of its own: pysaml2 with Debian's xmlsec1, served in a process of its own.

    python tests/saml_provider.py FOLDER PORT

It signs with a fresh RSA key. The folder holds the metadata of the site (`site.xml`) and gets those of the provider
(`provider.xml`). Whoever is named in the address `/as/NAME/` is signed in there, which stands for the provider's own
sign-in page; what it says of them is in the folder's `people.json`:
`{"NAME": {"attributes": {"mail": ["…"]}, "context": "…", "encrypt": true}}`. `/learn-anew` reads the metadata again.
"""

from __future__ import annotations

import base64
import datetime
import functools
import json
import sys
import time
import zlib
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def key_and_certificate(folder: Path) -> tuple[str, str]:
    """Files of a fresh key and of a certificate that it signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return str(folder / "key.pem"), str(folder / "certificate.pem")


def encrypt_well(provider: Any) -> None:
    """Encrypt with AES-256-GCM; the library itself knows only 3DES, which nobody should take any more."""
    from saml2 import entity

    entity.pre_encryption_part = functools.partial(
        entity.pre_encryption_part, msg_enc="http://www.w3.org/2009/xmlenc11#aes256-gcm"
    )
    plain = provider.sec.crypto.encrypt_assertion

    def encrypt(statement: Any, key: str, template: Any, _key_type: str = "", *more: Any, **named: Any) -> Any:
        return plain(statement, key, template, "aes-256", *more, **named)

    provider.sec.crypto.encrypt_assertion = encrypt


def inflate(written: str) -> etree._Element:
    return etree.fromstring(zlib.decompress(base64.b64decode(written), -15))


def serve(folder: Path, port: int) -> None:
    from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
    from saml2.config import IdPConfig
    from saml2.metadata import entity_descriptor
    from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
    from saml2.server import Server
    from saml2.sigver import verify_redirect_signature

    key, certificate = key_and_certificate(folder)
    here = f"http://127.0.0.1:{port}"
    config = IdPConfig().load(
        {
            "entityid": f"{here}/metadata",
            "key_file": key,
            "cert_file": certificate,
            "metadata": {"local": [str(folder / "site.xml")]},
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [(f"{here}/sso", BINDING_HTTP_REDIRECT)],
                        "single_logout_service": [(f"{here}/slo", BINDING_HTTP_REDIRECT)],
                    },
                    "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                    "subject_data": str(folder / "subjects"),
                    "policy": {
                        "default": {
                            "lifetime": {"minutes": 5},
                            "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
                        }
                    },
                }
            },
        }
    )
    (folder / "provider.xml").write_text(str(entity_descriptor(config)))
    provider = Server(config=config)
    encrypt_well(provider)
    # Who was signed in at the site, and by which session of ours: (name, index).
    remembered: dict[str, tuple[str, str]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/learn-anew":
                provider.reload_metadata({"local": [str(folder / "site.xml")]})
                self._say("")
                return
            if parts.path.startswith("/as/"):
                self._say("", cookie=parts.path.split("/")[2])
                return
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/slo":
                self._leave(given)
                return
            if parts.path.startswith("/leave/"):
                self._end(parts.path.split("/")[2])
                return
            self._say(self._answer(given["SAMLRequest"]))

        def _leave(self, given: dict[str, str]) -> None:
            """Signing out: a wish of the site, or its answer to ours. Either counts signed alone."""
            site = provider.metadata.service_providers()[0]
            keys = [key for _name, key in provider.metadata.certs(site, "any", "signing")]
            if not any(verify_redirect_signature(given, provider.sec.sec_backend, key) for key in keys):
                self._say("not signed", status=403)
                return
            if "SAMLResponse" in given:
                told = inflate(given["SAMLResponse"])
                self._say(str(told.find("{*}Status/{*}StatusCode").get("Value")))
                return
            asked = provider.parse_logout_request(given["SAMLRequest"], BINDING_HTTP_REDIRECT).message
            answer = provider.create_logout_response(asked, [BINDING_HTTP_REDIRECT], sign=False)
            self._go(str(answer), provider.response_args(asked, [BINDING_HTTP_REDIRECT])["destination"], response=True)

        def _end(self, binding: str) -> None:
            """The person leaves here; the site is told."""
            name, index = remembered[SimpleCookie(self.headers["Cookie"])["who"].value]
            site = provider.metadata.service_providers()[0]
            where = provider.metadata.single_logout_service(site, BINDING_HTTP_REDIRECT, "spsso")[0]["location"]
            more = {"sign": binding == "post", "sign_alg": RSA_SHA256, "digest_alg": SHA256}
            _id, wish = provider.create_logout_request(
                where, site, name_id=NameID(text=name), session_indexes=[index], **more
            )
            if binding == "redirect":
                self._go(str(wish), where)
            else:
                self._say(str(provider.apply_binding(BINDING_HTTP_POST, str(wish), where)["data"]))

        def _go(self, message: str, where: str, response: bool = False) -> None:
            sent = provider.apply_binding(
                BINDING_HTTP_REDIRECT, message, where, response=response, sign=True, sigalg=RSA_SHA256
            )
            self.send_response(302)
            self.send_header("Location", dict(sent["headers"])["Location"])
            self.end_headers()

        def _answer(self, written: str) -> str:
            asked = provider.parse_authn_request(written, BINDING_HTTP_REDIRECT).message
            name = SimpleCookie(self.headers["Cookie"])["who"].value
            told = json.loads((folder / "people.json").read_text())[name]
            forms = provider.response_args(asked)
            answer = provider.create_authn_response(
                identity=told.get("attributes", {}),
                userid=name,
                authn={"class_ref": told.get("context", PASSWORD), "authn_instant": int(time.time())},
                sign_assertion=True,
                sign_response=told.get("sign_response", False),
                encrypt_assertion=bool(told.get("encrypt")),
                encrypt_assertion_self_contained=True,
                sign_alg=RSA_SHA256,
                digest_alg=SHA256,
                **forms,
            )
            if not told.get("encrypt"):
                said = etree.fromstring(str(answer).encode())
                index = said.find(".//{*}AuthnStatement").get("SessionIndex")
                remembered[name] = (said.findtext(".//{*}Subject/{*}NameID"), index)
            page = provider.apply_binding(BINDING_HTTP_POST, str(answer), forms["destination"], response=True)
            return str(page["data"])

        def _say(self, text: str, cookie: str = "", status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if cookie:
                self.send_header("Set-Cookie", f"who={cookie}; Path=/")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        (folder / "ready").write_text("yes")
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
