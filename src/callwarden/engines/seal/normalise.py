"""One spelling for each identifier, so that equal things get equal blind-index tokens.

Full-width characters become half-width (Unicode NFKC) everywhere, and invisible ones go. None of these checks whether a
number exists or has a right check digit; a value that cannot be what it is called is refused, so that no token of
rubbish is stored.
Changing a rule here orphans stored tokens: add a function instead.
"""

from __future__ import annotations

import re
import unicodedata

from callwarden.engines.seal._errors import InvalidInput

# Spaces, dots, slashes, brackets and every dash of Unicode class Pd, as people write numbers.
_SEPARATORS = re.compile(r"[\s\u00b7./()\[\]\-\u2010-\u2015\u2212\u30fb]+")
# Invisible characters of Unicode class Cf that come along when people copy from chats and spreadsheets.
_INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]+")
_DIGITS = re.compile(r"[0-9]+")


def normalise_phone(value: str, *, country: str = "86") -> str:
    """A telephone number as ``+`` and digits (ITU-T E.164 without trunk prefix).

    A leading ``+`` or ``00`` starts an international number; otherwise one leading trunk ``0`` is dropped and `country`
    (calling code, default China) is put before. A Chinese mobile number with a bare ``86`` before it is understood.
    Short codes of 3 to 6 digits (10086) stay as they are, without ``+``.

    Raises:
        InvalidInput: not 3 to 15 digits.
    """
    compact = _compact(value)
    prefixed = re.fullmatch(r"(?:\+|00)([1-9][0-9]+)", compact)
    if prefixed:
        # +86 (0)10 ...: the trunk prefix people keep in brackets is not dialled from abroad.
        return "+" + _bounded(re.sub("^860", "86", prefixed[1]), 7, 15, "telephone number")
    if not _DIGITS.fullmatch(compact):
        raise _refused("telephone number", "digits, at most with a leading + or 00")
    if len(compact) <= 6 and not compact.startswith("0"):
        return _bounded(compact, 3, 6, "telephone number")
    if country == "86" and re.fullmatch("861[3-9][0-9]{9}", compact):
        return "+" + compact
    return "+" + _bounded(country + compact.removeprefix("0"), 7, 15, "telephone number")


def normalise_id(value: str) -> str:
    """An identity document number: ASCII letters and digits in upper case, 4 to 32 of them.

    A 15-digit Chinese number is not converted to 18 digits, since the century is a guess.
    """
    compact = _compact(value).upper()
    if not re.fullmatch(r"[0-9A-Z]+", compact):
        raise _refused("document number", "letters and digits")
    return _bounded(compact, 4, 32, "document number")


def normalise_card(value: str) -> str:
    """A payment card number: 12 to 19 digits (ISO/IEC 7812-1)."""
    compact = _compact(value)
    if not _DIGITS.fullmatch(compact):
        raise _refused("card number", "digits")
    return _bounded(compact, 12, 19, "card number")


def normalise_email(value: str) -> str:
    """An e-mail address in lower case, the domain as IDNA A-labels.

    The local part is lower-cased too: RFC 5321 section 2.4 calls it case-sensitive, but no mailbox in use is.
    """
    address = _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).strip().casefold()
    # Case folding can undo the normal form (U+0345 and the like): once more, so that it stays as it is.
    address = unicodedata.normalize("NFKC", address)
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or re.search(r"[\s@]", local):
        raise _refused("e-mail address", "the form name@domain")
    try:
        return f"{local}@{domain.rstrip('.').encode('idna').decode()}"
    except UnicodeError:
        raise _refused("e-mail address", "a domain name that can exist") from None


def normalise_customer_no(value: str) -> str:
    """A customer number: upper case, without spaces, dashes and other separators; leading zeros count."""
    compact = _compact(value).upper()
    if not compact.isalnum():
        raise _refused("customer number", "letters and digits")
    return _bounded(compact, 1, 64, "customer number")


def _compact(value: str) -> str:
    return _SEPARATORS.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)))


def _bounded(value: str, shortest: int, longest: int, what: str) -> str:
    if not shortest <= len(value) <= longest:
        raise _refused(what, f"{shortest} to {longest} characters")
    return value


def _refused(what: str, form: str) -> InvalidInput:
    return InvalidInput(f"This is no {what}; give {form}.", field=what)
