"""Partners of the demonstration: a debt collector being assessed, a call centre that was stopped, an AI service abroad.

The companies, numbers and people are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Client, Line
from callwarden.custody.scope import client_scope
from callwarden.kernel.models import User
from callwarden.kernel.people import holding
from callwarden.kernel.roles import Role
from callwarden.partners.register import actions
from callwarden.partners.register.actions import Wish
from callwarden.partners.register.models import Partner
from callwarden.partners.register.terms import Duty, Service, State, Volume
from callwarden.partners.register.terms import Role as Part


@dataclass(frozen=True)
class _Demo:
    name: str
    name_zh: str
    country: str
    registration: str
    role: str
    locations: tuple[str, ...]
    kind: str
    categories: tuple[str, ...]
    volume: int
    reached: dict[str, tuple[str, str]] = field(default_factory=dict)
    passes_to: tuple[str, str, str] | None = None


_COLLECTOR: Final = _Demo(
    "Hengxin Receivables (demonstration) Ltd",
    "恒信应收账款管理（演示）有限公司",
    "CN",
    "91310000DEMO0C1X",
    Part.PROCESSOR,
    ("CN 上海", "CN 合肥"),
    Service.COLLECTION,
    (Category.IDENTITY, Category.CONTACT, Category.PURCHASE_HISTORY),
    Volume.UP_TO_10000,
    {
        Duty.SECURITY: ("韩知远", "security@hengxin.example"),
        Duty.PRIVACY: ("白若川", "privacy@hengxin.example"),
        Duty.INCIDENT: ("值班室", "duty@hengxin.example"),
    },
)
_CENTRE: Final = _Demo(
    "Lanqiao Contact Services (demonstration) Ltd",
    "蓝桥客服外包（演示）有限公司",
    "CN",
    "91510100DEMO0B2Y",
    Part.PROCESSOR,
    ("CN 成都",),
    Service.CALLS,
    (Category.IDENTITY, Category.CONTACT, Category.CALL_METADATA, Category.RECORDING_ORIGINAL),
    Volume.UP_TO_100000,
    {
        Duty.SECURITY: ("罗一鸣", "sec@lanqiao.example"),
        Duty.PRIVACY: ("许清岚", "dpo@lanqiao.example"),
        Duty.OPERATIONS: ("方泊舟", "ops@lanqiao.example"),
        Duty.INCIDENT: ("值班室", "duty@lanqiao.example"),
    },
)
_TRANSCRIBER: Final = _Demo(
    "Merlion Speech AI (demonstration) Pte Ltd",
    "狮城语音智能（演示）有限公司",
    "SG",
    "DEMO2026-0317K",
    Part.CONTROLLER,
    ("SG",),
    Service.TRANSCRIPTION,
    (Category.RECORDING_REDACTED, Category.CALL_METADATA),
    Volume.UP_TO_10000,
    {Duty.PRIVACY: ("Grace Lim", "privacy@merlion.example")},
    ("Nimbus Cloud (demonstration) Inc", "US", Service.HOSTING),
)


def load(client: Client) -> None:
    """Once: whoever runs it again finds them there and does nothing."""
    manager = holding([Role.PARTNER_MANAGER]).order_by("date_joined").first()
    if manager is None:
        return
    with client_scope(client.pk):
        if Partner.objects.exists():
            return
        collector = _register(client, _COLLECTOR, manager)
        actions.move(collector, State.ASSESSING, by=manager)
        centre = _register(client, _CENTRE, manager)
        actions.move(centre, State.ASSESSING, by=manager)
        actions.suspend(centre, reason="A laptop with call notes was reported stolen in Chengdu.", by=manager)
        _register(client, _TRANSCRIBER, manager)


def _register(client: Client, demo: _Demo, by: User) -> Partner:
    wish = Wish(demo.name, demo.name_zh, demo.country, demo.registration, demo.role, demo.locations, by)
    partner = actions.register(client.pk, wish, by=by)
    # What is collected in China is all they get.
    lines = Line.objects.filter(client=client, jurisdiction=Jurisdiction.CN).values_list("pk", flat=True)
    actions.add_service(partner, kind=demo.kind, lines=lines, categories=demo.categories, volume=demo.volume, by=by)
    for duty, (name, mail) in demo.reached.items():
        actions.name_contact(partner, duty=duty, name=name, mail=mail, phone="", by=by)
    if demo.passes_to is not None:
        name, country, kind = demo.passes_to
        actions.add_sub_processor(partner, kind=kind, name=name, country=country, by=by)
    return partner
