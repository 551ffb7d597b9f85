"""Partners, what they do for us, whom they pass data to, and whom to reach there. Nobody's name stands in a column.

What a contact is called and how they are reached lies sealed beside the entry of the operation log that named them;
the row here keeps the duty and the entry alone, and goes together with it.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from callwarden.custody.categories import Category
from callwarden.custody.models import Client
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare
from callwarden.kernel.events import Event
from callwarden.kernel.machine import Guard, Machine, Stated, Step
from callwarden.kernel.models import User
from callwarden.partners.register import rules, terms


def _asks(to: str) -> Guard:
    def guard(_partner: Partner, *, facts: rules.Facts, **_more: object) -> None:
        rules.require(to, facts)

    return guard


class Partner(Stated):
    """A legal entity outside that handles data of this client's callers, or shall.

    Attributes:
        country, registration: where it is registered, and its number there.
        locations: where it handles data: a country's two letters and, if known, the place.
        owner: who answers for it inside.
        holds_data: it has data of ours already, whatever its state here.
        vetted_until: last day on which its passed vetting counts; set by the vetting.
        agreement: the agreement in force; set by the agreements.
        suspended_from, suspended_at: what it was before, and when it was stopped. Why is sealed beside the entry.
        attestation: reference of its written word that it returned or destroyed what it had.

    The database refuses a partner approved without a vetting, active without an agreement, or suspended since no time.
    """

    State = terms.State
    machine: ClassVar[Machine] = Machine(
        "partner",
        states=State,
        initial=State.PROSPECT,
        transitions={
            (State.PROSPECT, State.ASSESSING): Step(Event.PARTNER_ASSESSING, _asks(State.ASSESSING)),
            (State.PROSPECT, State.EXITING): Step(Event.PARTNER_EXITING),
            (State.PROSPECT, State.EXITED): Step(Event.PARTNER_LEFT, _asks(State.EXITED)),
            (State.ASSESSING, State.APPROVED): Step(Event.PARTNER_APPROVED, _asks(State.APPROVED)),
            (State.ASSESSING, State.SUSPENDED): Step(Event.PARTNER_SUSPENDED),
            (State.ASSESSING, State.EXITING): Step(Event.PARTNER_EXITING),
            (State.ASSESSING, State.EXITED): Step(Event.PARTNER_LEFT, _asks(State.EXITED)),
            (State.APPROVED, State.ACTIVE): Step(Event.PARTNER_ACTIVATED, _asks(State.ACTIVE)),
            (State.APPROVED, State.SUSPENDED): Step(Event.PARTNER_SUSPENDED),
            (State.APPROVED, State.EXITING): Step(Event.PARTNER_EXITING),
            (State.ACTIVE, State.SUSPENDED): Step(Event.PARTNER_SUSPENDED),
            (State.ACTIVE, State.EXITING): Step(Event.PARTNER_EXITING),
            (State.SUSPENDED, State.ASSESSING): Step(Event.PARTNER_RESUMED),
            (State.SUSPENDED, State.APPROVED): Step(Event.PARTNER_RESUMED, _asks(State.APPROVED)),
            (State.SUSPENDED, State.EXITING): Step(Event.PARTNER_EXITING),
            (State.EXITING, State.EXITED): Step(Event.PARTNER_LEFT, _asks(State.EXITED)),
        },
    )

    state = models.CharField(max_length=10, choices=State, default=State.PROSPECT)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2)
    registration = models.CharField(max_length=40)
    role = models.CharField(max_length=10, choices=terms.Role)
    locations = ArrayField(models.CharField(max_length=70), default=list, blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    holds_data = models.BooleanField(default=False)
    vetted_until = models.DateField(null=True)
    agreement = models.UUIDField(null=True)
    suspended_from = models.CharField(max_length=10, choices=State, blank=True)
    suspended_at = models.DateTimeField(null=True)
    attestation = models.CharField(max_length=40, blank=True)
    registered_at = models.DateTimeField()

    columns = declare(
        structural="id state client name name_zh country registration role locations owner holds_data vetted_until"
        " agreement suspended_from suspended_at attestation registered_at"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "country", "registration"], name="partner_registered_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "active"]) | Q(vetted_until__isnull=False),
                name="partner_vetted_before_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(agreement__isnull=False), name="partner_active_with_an_agreement"
            ),
            models.CheckConstraint(
                condition=Q(state="suspended", suspended_at__isnull=False, suspended_from__gt="")
                | (~Q(state="suspended") & Q(suspended_at__isnull=True, suspended_from="")),
                name="partner_suspended_at_some_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="exited") | Q(holds_data=False), name="partner_left_without_data"
            ),
        ]


class PartnerService(ClientOwned):
    """One thing a partner does for us, for which lines and with which data.

    Attributes:
        lines: ids; empty means every line of the client.
        volume: of how many people it gets data in a month (`terms.Volume`).
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="services")
    kind = models.CharField(max_length=20, choices=terms.Service)
    lines = ArrayField(models.UUIDField(), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=30, choices=Category))
    volume = models.PositiveSmallIntegerField(choices=terms.Volume)

    columns = declare(structural="id client partner kind lines categories volume")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "kind"], name="partner_service_once"),
            models.CheckConstraint(condition=~Q(categories=[]), name="partner_service_with_data"),
        ]


class SubProcessor(ClientOwned):
    """Somebody a partner passes data to: another partner of ours, or an entity named here."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="sub_processors")
    other = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="passed_to_by")
    name = models.CharField(max_length=200, blank=True)
    country = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=20, choices=terms.Service)

    columns = declare(structural="id client partner other name country kind")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(other__isnull=False, name="", country="")
                | (Q(other__isnull=True) & Q(name__gt="", country__gt="")),
                name="sub_processor_is_somebody",
            ),
            models.CheckConstraint(condition=~Q(other=models.F("partner")), name="sub_processor_is_another"),
            models.UniqueConstraint(
                fields=["partner", "other"], condition=Q(other__isnull=False), name="sub_processor_once"
            ),
        ]


class PartnerContact(ClientOwned):
    """That somebody there answers for a duty. Who, and how to reach them, is sealed beside `entry`."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contacts")
    duty = models.CharField(max_length=12, choices=terms.Duty)
    entry = models.UUIDField(unique=True)
    named_at = models.DateTimeField()

    columns = declare(structural="id client partner duty entry named_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "duty"], name="partner_contact_once_a_duty")]
