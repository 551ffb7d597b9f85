"""Purposes for tests that are about something else: active, with nothing that needs an assessment."""

from __future__ import annotations

from callwarden.custody.models import Line
from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeGround
from callwarden.lawful.purposes.terms import Ending, Ground


def active_purpose(slug: str, **more: object) -> Purpose:
    """The purpose of this slug, put into force without ceremony."""
    found = Purpose.objects.filter(slug=slug).first()
    if found is None:
        found = Purpose.objects.create(slug=slug, **{"name": slug, "name_zh": slug, **more})
        Purpose.machine.move(found, Purpose.State.ACTIVE, actor="system")
    return found


def serve(line: Line, slug: str, ground: str = "consent", *, core: bool = False, **more: object) -> LinePurpose:
    """Let a line serve an active purpose; a legal duty has a provision in the registry."""
    purpose = active_purpose(slug, **more)
    if ground == Ground.LEGAL_OBLIGATION:
        bind(slug, line.jurisdiction)
    return LinePurpose.objects.create(line=line, purpose=purpose, ground=ground, core=core)


def bind(slug: str, jurisdiction: str, **more: object) -> PurposeGround:
    """Let a purpose rest on a legal duty there."""
    told = {"ground": Ground.LEGAL_OBLIGATION, "ends_with": Ending.DUTY_END, "provision": "gb@2020:1", **more}
    found, _made = PurposeGround.objects.update_or_create(purpose_id=slug, jurisdiction=jurisdiction, defaults=told)
    return found
