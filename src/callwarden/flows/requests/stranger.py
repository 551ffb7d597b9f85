"""Requests made and followed by people who do not sign in. Nothing here tells whether somebody is known.

Whoever asks gets a number and a code. The same code proves the person when they are called back at a number known
before, and shows how the request stands. Where this site can send texts, a second code goes to the very number or
address they gave, if somebody is known by it: no stored number is opened for that, and none is written down. Where
nobody is known by what was given, the same is written and shown, nothing is sent, and no code proves anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody import indexes
from callwarden.custody.models import Customer, Line
from callwarden.custody.scope import client_scope
from callwarden.engines.seal import InvalidInput as Unusable
from callwarden.engines.seal.normalise import normalise_customer_no, normalise_email, normalise_phone
from callwarden.flows import lookups
from callwarden.flows.names import named
from callwarden.flows.requests import codes, verify
from callwarden.flows.requests.sending import send
from callwarden.kernel.errors import InvalidInput, NotFound
from callwarden.kernel.notify.gateway import Note, Way, reaches
from callwarden.kernel.tokens import keyed
from callwarden.lawful.purposes import queries as registry
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.purposes.terms import Use
from callwarden.lawful.requests import actions
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest

ACTOR: Final = "door:public"
State = SubjectRequest.State


class Known(TextChoices):
    """What somebody may be known by."""

    PHONE = "phone", _("Telephone number")
    EMAIL = "email", _("E-mail address")
    NUMBER = "customer_no", _("Customer number")


class Stands(TextChoices):
    """How a request stands, in words that tell nothing of the person, nor whether they are known."""

    ASKING = "asking", _("We are making sure who asks")
    PREPARED = "prepared", _("Being prepared")
    UNDER_WAY = "under_way", _("Being carried out")
    WAITS = "waits", _("Carried out in part; the rest must wait for a legal reason to end")
    ANSWERED = "answered", pgettext_lazy("request", "Answered")
    ENDED = "ended", _("Ended without being carried out")


_STANDS: Final = {
    State.RECEIVED: Stands.ASKING,
    State.VERIFYING: Stands.ASKING,
    State.ACCEPTED: Stands.PREPARED,
    State.PLANNED: Stands.PREPARED,
    State.EXECUTING: Stands.UNDER_WAY,
    State.RESTRICTED: Stands.WAITS,
    State.ANSWERED: Stands.ANSWERED,
    State.REJECTED: Stands.ENDED,
}
# PIPL art. 24; GDPR art. 21(2).
_OBJECTIONABLE: Final = {Use.MARKETING, Use.OUTBOUND_CALLING}
_WAYS: Final = {Known.PHONE: Way.PHONE, Known.EMAIL: Way.EMAIL}
_NORMALISE: Final = {
    Known.PHONE: normalise_phone,
    Known.EMAIL: normalise_email,
    Known.NUMBER: normalise_customer_no,
}


@dataclass(frozen=True)
class Receipt:
    """What the person is shown once: `number` to quote, `code` to keep to themselves until called back.

    Attributes:
        sent: a code is on its way to the number or address they gave, if it is known.
    """

    number: str
    code: str
    due_at: datetime
    sent: bool = False


@dataclass(frozen=True)
class Standing:
    """How a request stands. `due_at`: by when it is answered; None once it is over."""

    number: str
    stands: Stands
    due_at: datetime | None


def sends(by: Known) -> bool:
    """Whether a code can be sent to what somebody is known by."""
    return by in _WAYS and reaches(_WAYS[by])


def to_take_back(line: Line) -> list[tuple[str, str]]:
    """(slug, name in the reader's language) of what a person may take back or object to on this line."""
    with client_scope(line.client_id):
        slugs = [one.purpose for one in registry.grounds(line) if one.by_consent or one.use in _OBJECTIONABLE]
        return [(one.slug, named(one)) for one in Purpose.objects.filter(pk__in=slugs).order_by("slug")]


def ask(
    line: Line,
    *,
    kind: Kind,
    by: Known,
    value: str,
    form: UUID,
    address: str,
    language: str,
    purposes: Iterable[str] = (),
    statement: str = "",
) -> Receipt:
    """Take in what somebody asks on a public page. What they are known by is compared as keyed tokens and not kept.

    Args:
        form: random id of the form they filled in, so that one sent twice is one request.
        address: where they come from; counted as a token.
        purposes: slugs of what a withdrawal or objection is about; none for everything.
        statement: what a correction says is wrong and what is right; sealed.

    Raises:
        InvalidInput: the value cannot be what it is said to be, the line does not serve a purpose, or a correction
            does not say what is wrong.
        TooManyLookups: more from this address than may be.
        Conflict: this form was sent before.
    """
    normal = normalised(by, value)
    _count(f"address:{address}")
    with client_scope(line.client_id):
        claimed = _only(list(Customer.objects.filter(indexes.known_by(line.client_id, by, normal)).order_by("pk")[:20]))
        request = actions.receive(
            line,
            kind=kind,
            channel=Channel.WEB,
            actor=ACTOR,
            language=language,
            claimed=claimed,
            purposes=purposes,
            statement=statement,
            reference=uuid5(NAMESPACE_URL, f"public:{line.pk}:{form}"),
        )
        code = codes.make(request, claimed, codes.Way.CALL_BACK, actor=ACTOR)
        actions.let_follow(request, _token(request.code, code))
        sent = codes.make(request, claimed, codes.Way.MESSAGE, actor=ACTOR) if sends(by) else ""
    if sent:
        # Counted for strangers too, or the third try would tell whether somebody is known.
        may = _may_send(normal)
        send(_note(line, request, by, normal, sent, language) if may and claimed is not None else None)
    return Receipt(request.code, code, request.due_at, sent=bool(sent))


def prove(line: Line, *, number: str, code: str, address: str) -> Standing:
    """Type in the code that was sent; how the request stands then.

    Raises:
        NotFound: it does not prove this request, for whatever reason.
        TooManyLookups: more tries from this address, or for this number, than may be.
    """
    number = _number(number)
    _count(f"address:{address}")
    _count(f"number:{number}")
    proved = verify.prove_sent(line, number, code, actor=ACTOR)
    if proved is None:
        raise NotFound(
            "code_proves_nothing",
            _("This is not the code that was sent, or its ten minutes are over. You can still wait to be called back."),
        )
    return _standing(proved)


def standing(line: Line, *, number: str, code: str, address: str) -> Standing:
    """How a request made on a public page stands, for whoever has its number and code.

    Raises:
        NotFound: they do not belong together, or to a request of this line.
        TooManyLookups: more tries from this address, or for this number, than may be.
    """
    number = _number(number)
    told = "".join(sign for sign in code if sign.isdigit())
    _count(f"address:{address}")
    _count(f"number:{number}")
    with client_scope(line.client_id):
        found = SubjectRequest.objects.filter(code=number, line=line).first()
    kept = bytes(found.follow_up) if found is not None and found.follow_up else b""
    if not secrets.compare_digest(kept, _token(number, told)) or found is None:
        raise NotFound(
            "request_not_followed", _("No request has this number with this code. Compare both with what you noted.")
        )
    return _standing(found)


def _standing(request: SubjectRequest) -> Standing:
    stands = _stands(request)
    over = stands in {Stands.ANSWERED, Stands.ENDED}
    return Standing(request.code, stands, None if over else request.due_at)


def _number(told: str) -> str:
    return "".join(sign for sign in told.upper() if sign.isalnum())


def normalised(by: Known, value: str) -> str:
    """The value in the one form it is compared in.

    Raises:
        InvalidInput: it cannot be what it is said to be.
    """
    try:
        return _NORMALISE[by](value)
    except Unusable:
        raise InvalidInput("identifier_unusable", _("This does not look right. Compare it letter by letter.")) from None


def _only(found: list[Customer]) -> Customer | None:
    """The customer meant; nobody where a number is shared by several people, for then it tells nothing."""
    return found[0] if len({one.person_id for one in found}) == 1 else None


def _stands(request: SubjectRequest) -> Stands:
    if request.state == State.CLOSED:
        return Stands.ENDED if request.rejected_for else Stands.ANSWERED
    return _STANDS[State(request.state)]


def _token(number: str, code: str) -> bytes:
    return keyed("request-follow-up", f"{number}:{code}")


def _note(line: Line, request: SubjectRequest, by: Known, to: str, code: str, language: str) -> Note:
    with translation.override(language):
        subject = translation.gettext("Your code for request %(number)s") % {"number": request.code}
        text = translation.gettext(
            "%(controller)s: %(code)s is your code for request %(number)s about your data. It holds for ten minutes."
            " Give it to nobody. If you asked for nothing, you need not do anything."
        ) % {"controller": named(line.client), "code": code, "number": request.code}
    return Note(_WAYS[by], to, subject, text, language)


def _may_send(normal: str) -> bool:
    with transaction.atomic():
        return lookups.count_code(keyed("stranger", f"code:{normal}").hex()[:32])


def _count(whence: str) -> None:
    """Count one try; that stands whatever comes of it."""
    with transaction.atomic():
        allowed = lookups.count_stranger(keyed("stranger", whence).hex()[:32])
    if not allowed:
        raise lookups.too_many_strangers()
