"""Facts the policy judges by, gathered from the chapters at the moment of the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet

from callwarden.control.emergency import actions as emergency
from callwarden.control.emergency.models import EmergencyAccess
from callwarden.control.grants.models import AccessGrant
from callwarden.control.grants.queries import covering
from callwarden.control.training import queries as training
from callwarden.control.training.rules import Standing
from callwarden.control.work import queries as work
from callwarden.control.work.models import Task
from callwarden.custody.categories import Category
from callwarden.custody.models import Call, Customer, PermitRecord, PersonLink, Record
from callwarden.engines import policy
from callwarden.kernel import clock
from callwarden.kernel.models import User
from callwarden.lawful.requests.models import SubjectRequest
from callwarden.lawful.using import covers

if TYPE_CHECKING:
    from callwarden.flows.actors import Actor
    from callwarden.flows.disclose import Ask

# After the last sign of a call it still counts as active for its wrap-up.
ACTIVE_FOR = timedelta(minutes=30)
BULK_WINDOW = timedelta(minutes=10)
_TRAINING = {Standing.VALID: "valid", Standing.LAPSED: "expired", Standing.NONE: "not_measured"}
# The marks of a redaction tell what was said where, so they are as open as the transcript they belong to; and what
# somebody wrote to us as what they said to us.
_CATEGORY = {
    Category.REDACTION_SPANS.value: Category.TRANSCRIPT_REDACTED.value,
    Category.REQUEST_STATEMENT.value: Category.TRANSCRIPT_ORIGINAL.value,
}


def judged_as(category: str) -> str:
    """The category of the access matrix that a category of records is judged as."""
    return _CATEGORY.get(category, category)


def resource_for(record: Record, actor: Actor, *, vip: bool | None = None) -> policy.Record:
    """The record as the policy sees it when this actor asks for it.

    Args:
        vip: whether the person is one, where that has been looked up.
    """
    return policy.Record(
        id=str(record.id),
        category=judged_as(record.category),
        client=str(record.client_id),
        line=record.line.slug,
        queue=str(_queue(record, actor)),
        subject_links=frozenset({str(record.subject_id)}),
        vip=_is_vip(record) if vip is None else vip,
        hold=record.bucket.hold,
        restricted=record.state == Record.State.RESTRICTED,
    )


def _customers(record: Record) -> list[Customer]:
    """Whom a record is of, and with whom the call was that it belongs to."""
    return [one for one in (record.customer, record.call.customer if record.call else None) if one is not None]


def _is_vip(record: Record) -> bool:
    """Whether any customer record of the same person says so."""
    named = _customers(record)
    if any(one.vip for one in named) or not named:
        return bool(named)
    return Customer.objects.filter(person__in={one.person_id for one in named}, vip=True).exists()


def principal_of(actor: Actor) -> policy.Principal:
    """Whoever asks, with their training, the roster and the declared ties. Call it inside `client_scope`."""
    principal = actor.principal()
    if actor.user is None:
        return principal
    tied = frozenset(map(str, work.tied_to(actor.user)))
    return replace(
        principal,
        training=training_of(actor.user),
        shift=work.shift_of(actor.user),
        subject_links=principal.subject_links | tied,
    )


def training_of(person: User) -> str:
    """Training in security as the policy knows it. Whoever was never entered in the register is not measured; of whom
    everything was taken back is no better off than before it was."""
    if not training.required():
        return "not_measured"
    standing = training.trained([person.pk])[person.pk].standing
    if standing is Standing.NONE and training.ever_entered(person.pk):
        standing = Standing.LAPSED
    return _TRAINING[standing]


def _queue(record: Record, actor: Actor) -> UUID:
    """The line the record came by. A customer's record belongs to every line that called with them, so it is the one
    among these that the actor works for, if there is one."""
    lines = actor.user.lines if actor.user else actor.lines
    if record.customer_id is None or lines is None or record.line_id in lines:
        return record.line_id
    calls = Call.objects.filter(customer=record.customer_id, line_id__in=lines)
    return calls.values_list("line_id", flat=True).first() or record.line_id


class Facts:
    """The facts of one decision. What several of its records share is looked up once; no fact outlives the decision."""

    def __init__(self, ask: Ask, *, supposed: bool = False) -> None:
        """With `supposed` there is a grant of access for every record: to foresee whether asking for it would help."""
        self._ask, self._supposed = ask, supposed
        self._access: dict[UUID, AccessGrant] = {}
        self._emergency: EmergencyAccess | None = None
        self._covered: dict[tuple[object, ...], bool | None] = {}
        self._opened: dict[UUID | None, int] = {}
        self._grants: dict[UUID, bool] = {}
        self._principal: policy.Principal | None = None
        self._same: dict[frozenset[UUID], set[UUID]] = {}
        self._tasks: dict[frozenset[UUID], frozenset[str]] = {}
        self._vips: dict[frozenset[UUID], bool] = {}

    def context(self, record: Record | None) -> policy.Context:
        return policy.Context(
            purpose=self._ask.purpose,
            reason_given=bool(self._ask.reason.strip()),
            active_call=_active_call(self._ask, record),
            ticket=self._supposed
            or self._emergency is not None
            or (record is not None and record.id in self._access)
            or self._explained(record, Task.Kind.TICKET),
            campaign=self._explained(record, Task.Kind.CAMPAIGN),
            consent=self._consent(record),
            bulk_count=1 + self._opened_lately(record),
            grant=self._granted(record),
            demo=settings.DEMO,
        )

    def resource(self, record: Record) -> policy.Record:
        about = frozenset(customer.pk for customer in _customers(record))
        if about not in self._vips:
            self._vips[about] = _is_vip(record)
        return resource_for(record, self._ask.actor, vip=self._vips[about])

    def principal(self) -> policy.Principal:
        if self._principal is None:
            self._principal = principal_of(self._ask.actor)
        return self._principal

    def _explained(self, record: Record | None, kind: str) -> bool:
        """Whether an open task of this kind has whoever asks work with the person this record is about."""
        user = self._ask.actor.user
        if record is None or user is None:
            return False
        about = frozenset({record.subject_id, *(customer.subject_id for customer in _customers(record))})
        if about not in self._same:
            self._same[about] = work.same_person(about)
        if about not in self._tasks:
            self._tasks[about] = work.explaining(user, self._same[about], purpose=self._ask.purpose)
        return kind in self._tasks[about]

    def _consent(self, record: Record | None) -> dict[str, bool | None]:
        """Whether the gate lets this record be used for the purpose now."""
        if record is None:
            return {}
        about = (record.call_id, record.customer_id, record.subject_id, record.line_id, *record.purposes)
        if about not in self._covered:
            self._covered[about] = covers(record, self._ask.purpose)
        return {self._ask.purpose: self._covered[about]}

    def bring_grants(self, *, binding: bool) -> bool:
        """Look for grants of access, which are a fact from now on; whether there is one for any of the records.

        With `binding` they are held until the transaction ends.
        """
        user, client = self._ask.actor.user, self._ask.client
        if user is None or client is None or self._supposed:
            return False
        one = self._ask.by_grant
        self._access = covering(
            user, client, self._ask.action, self._ask.purpose, self._ask.records, lock=binding, only=one
        )
        if one is not None:
            return bool(self._access)
        if len(self._access) == len(self._ask.records):
            return True
        # All of it under one emergency, or none: its cap is on what is opened together.
        subjects = dict(Record.objects.filter(id__in=list(self._ask.records)).values_list("id", "subject_id"))
        self._emergency = emergency.covering(user, client, self._ask.action, self._ask.purpose, subjects, lock=binding)
        if self._emergency is not None:
            self._access = {}
        return bool(self._access) or self._emergency is not None

    def lacks_its_grant(self, record: Record) -> bool:
        """Whether this is to rest on one grant of access, and that does not cover the record now."""
        return self._ask.by_grant is not None and not self._supposed and record.id not in self._access

    def emergency(self) -> EmergencyAccess | None:
        """The emergency access that this decision rests on."""
        return self._emergency

    def used(self) -> list[AccessGrant]:
        """Grants of access that this decision rests on, each once."""
        return list({grant.pk: grant for grant in self._access.values()}.values())

    def _granted(self, record: Record | None) -> bool:
        if record is None:
            return False
        if self._supposed or self._emergency is not None or record.id in self._access:
            return True
        if record.subject_id not in self._grants:
            self._grants[record.subject_id] = _grant(self._ask, record)
        return self._grants[record.subject_id]

    def _opened_lately(self, record: Record | None) -> int:
        subject = record.subject_id if record is not None else None
        if subject not in self._opened:
            self._opened[subject] = _opened_lately(self._ask, record)
        return self._opened[subject]


def _grant(ask: Ask, record: Record) -> bool:
    """Whether two people approved that exactly this person's data leave for exactly this request, and it still runs."""
    if ask.request is None or ask.purpose != "subject_request":
        return False
    approved = SubjectRequest.objects.filter(
        pk=ask.request, approval__isnull=False, state__in=["executing", "answered"], person__isnull=False
    ).first()
    if approved is None:
        return False
    theirs = PersonLink.objects.filter(person=approved.person_id, subject=record.subject_id, revoked_at__isnull=True)
    return theirs.exists()


def in_hand(user: User) -> QuerySet[Call]:
    """The calls this person has in hand: theirs, going on or just ended. Call it inside `client_scope`.

    In the demonstration centre the recorded calls stand for calls in progress.
    """
    calls = Call.objects.filter(agent=user)
    if settings.DEMO:
        return calls
    lasted = ExpressionWrapper(F("duration_ms") * timedelta(milliseconds=1), output_field=DurationField())
    return calls.annotate(ended_at=F("started_at") + lasted).filter(ended_at__gt=clock.now() - ACTIVE_FOR)


def _active_call(ask: Ask, record: Record | None) -> bool:
    """Whether this person has the call in hand that they name, and the record belongs to that call or its customer."""
    if ask.call is None or ask.actor.user is None:
        return False
    call = in_hand(ask.actor.user).filter(pk=ask.call).only("id", "customer").first()
    if call is None or record is None:
        return call is not None
    if record.call_id == call.id or (record.customer_id is not None and record.customer_id == call.customer_id):
        return True
    if record.customer is None or call.customer is None:
        return False
    return record.customer.person_id == call.customer.person_id


def _opened_lately(ask: Ask, record: Record | None) -> int:
    """Of how many other data subjects this person or program was permitted to open records within the window."""
    if ask.actor.user is None and not ask.actor.is_service:
        return 0
    opened = PermitRecord.objects.filter(
        permit__principal=ask.actor.name,
        permit__issued_at__gt=clock.now() - BULK_WINDOW,
        permit__action=ask.action,
        record__isnull=False,
    )
    if record is not None:
        opened = opened.exclude(record__subject=record.subject_id)
    return opened.values("record__subject").distinct().count()
