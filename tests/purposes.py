"""Purposes for tests that are about something else: active, with nothing that needs an assessment."""

from __future__ import annotations

from callwarden.custody.models import Line
from callwarden.lawful.purposes.models import LinePurpose, Purpose


def active_purpose(slug: str, **more: object) -> Purpose:
    """The purpose of this slug, put into force without ceremony."""
    found = Purpose.objects.filter(slug=slug).first()
    if found is None:
        found = Purpose.objects.create(slug=slug, **{"name": slug, "name_zh": slug, **more})
        Purpose.machine.move(found, Purpose.State.ACTIVE, actor="system")
    return found


def serve(line: Line, slug: str, ground: str = "consent", *, core: bool = False, **more: object) -> LinePurpose:
    """Let a line serve an active purpose."""
    return LinePurpose.objects.create(line=line, purpose=active_purpose(slug, **more), ground=ground, core=core)
