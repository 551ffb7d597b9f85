"""XML that strangers send: read with nothing fetched, nothing expanded, and refused for whatever could read two ways.

Source: OASIS SAML V2.0 Core; "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012) for what attackers
do with the place of elements; CVE-2017-11427 and its kin for what they do with comments.
"""

from __future__ import annotations

from datetime import datetime

from lxml import etree

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
ENCRYPTION = "http://www.w3.org/2001/04/xmlenc#"
ENCRYPTION11 = "http://www.w3.org/2009/xmlenc11#"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
# Bytes. Answers of real providers have some thousands.
LONGEST = 256 * 1024
_LONGEST_TEXT = 1024


class Unacceptable(Exception):
    """A document that proves nothing.

    Attributes:
        why: a slug for the log of the site; it tells nothing of a person.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(raw: bytes) -> etree._Element:
    """The root element of a document without a document type, entities, comments and instructions.

    Raises:
        Unacceptable: it has one of these, is too long, or is not XML.
    """
    if len(raw) > LONGEST:
        raise Unacceptable("too_long")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser=parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unacceptable("not_xml") from None
    told = root.getroottree().docinfo
    if told.internalDTD is not None or told.externalDTD is not None or told.doctype:
        raise Unacceptable("document_type")
    whole = root.getroottree()
    if any(not isinstance(node.tag, str) for node in whole.iter()) or _beside(root):
        raise Unacceptable("comment")
    return root


def _beside(root: etree._Element) -> bool:
    """Whether comments or instructions stand before or after the root."""
    return root.getprevious() is not None or root.getnext() is not None


def tag(space: str, name: str) -> str:
    return f"{{{space}}}{name}"


def only(parent: etree._Element, space: str, name: str) -> etree._Element:
    """The one child of this name. Raises Unacceptable: there is none, or more than one."""
    found = parent.findall(tag(space, name))
    if len(found) != 1:
        raise Unacceptable(f"{name.lower()}_{'missing' if not found else 'twice'}")
    return found[0]


def text_of(element: etree._Element) -> str:
    """All the text of an element that holds nothing else.

    Raises:
        Unacceptable: it holds elements, nothing, or more than any name or address has.
    """
    found = (element.text or "").strip()
    if len(element) or not 0 < len(found) <= _LONGEST_TEXT or not found.isprintable():
        raise Unacceptable("text")
    return found


def time_of(element: etree._Element, name: str) -> datetime | None:
    """The time in an attribute; None: there is no such attribute.

    Raises:
        Unacceptable: it cannot be read, or names no zone.
    """
    written = element.get(name)
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Unacceptable("time") from None
    if found.tzinfo is None:
        raise Unacceptable("time")
    return found


def time_in(element: etree._Element, name: str) -> datetime:
    """The same, where it must be. Raises Unacceptable: it is not."""
    found = time_of(element, name)
    if found is None:
        raise Unacceptable("time_missing")
    return found
