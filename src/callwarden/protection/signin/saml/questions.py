"""The question sent to a provider: who is this? It goes with the browser, in the address (HTTP-Redirect binding).

Source: OASIS Bindings for SAML V2.0 section 3.4.4.1 (DEFLATE); Core section 3.4.1.
"""

from __future__ import annotations

import secrets
import zlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from lxml import etree

from callwarden.protection.signin.saml.documents import ASSERTION, POST, PROTOCOL, tag


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        sign_in_url: of the provider.
        audience: who asks, as the provider knows this site.
        answers_at: where the answer goes.
        name_id: the form in which the provider should name the person; "" leaves it to the provider.
        contexts: acceptable ways of signing in there, in order of preference; none leaves it to the provider.
        fresh: the person proves themselves anew, whatever session they have there.
    """

    sign_in_url: str
    audience: str
    answers_at: str
    name_id: str = ""
    contexts: tuple[str, ...] = ()
    fresh: bool = False

    def written(self, now: datetime) -> tuple[str, str]:
        """(unguessable id of the question, address to send the browser to)."""
        asked = "_" + secrets.token_hex(20)
        root = etree.Element(
            tag(PROTOCOL, "AuthnRequest"),
            nsmap={"samlp": PROTOCOL, "saml": ASSERTION},
            ID=asked,
            Version="2.0",
            IssueInstant=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            Destination=self.sign_in_url,
            AssertionConsumerServiceURL=self.answers_at,
            ProtocolBinding=POST,
        )
        if self.fresh:
            root.set("ForceAuthn", "true")
        etree.SubElement(root, tag(ASSERTION, "Issuer")).text = self.audience
        if self.name_id:
            etree.SubElement(root, tag(PROTOCOL, "NameIDPolicy"), Format=self.name_id, AllowCreate="true")
        if self.contexts:
            wanted = etree.SubElement(root, tag(PROTOCOL, "RequestedAuthnContext"), Comparison="exact")
            for context in self.contexts:
                etree.SubElement(wanted, tag(ASSERTION, "AuthnContextClassRef")).text = context
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(etree.tostring(root)) + packer.flush()
        joint = "&" if "?" in self.sign_in_url else "?"
        return asked, self.sign_in_url + joint + urlencode({"SAMLRequest": b64encode(packed).decode("ascii")})
