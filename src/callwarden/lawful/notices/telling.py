"""Whether callers are told what is done: what a purpose becomes is told before it does.

A version that covers more than the one before ends the consents given under that one (`flows.renewals`), so whoever
agreed to less is asked again.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.kernel.errors import Refused
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import Cover, Covers, covers_from
from callwarden.lawful.purposes.entries import PurposeEntry, read_purpose
from callwarden.lawful.purposes.models import LinePurpose, Purpose, PurposeRevision
from callwarden.lawful.purposes.queries import entry_of, never_store


def require_told(purpose: Purpose, entry: PurposeEntry) -> None:
    """A purpose in force becomes this only once callers are told.

    Raises:
        Refused: a line's published notice does not tell what is new.
    """
    if lines := not_told(purpose.slug, entry_of(purpose), entry):
        raise Refused(
            "notice_behind",
            _("Publish a notice that tells what is new first, on %(lines)s (PIPL art. 14, 17; GDPR art. 13(3))."),
            data={"lines": ", ".join(f"{line.client.slug}/{line.slug}" for line in lines)},
        )


def not_told(purpose: str, before: PurposeEntry, after: PurposeEntry) -> list[Line]:
    """Lines that serve the purpose and whose published notice does not tell what it would do beyond what it does.

    A version that does not say what it covers is compared with nothing; a line without one takes no call.

    Source: PIPL art. 14 para. 2, 17; GDPR art. 13(3).
    """
    behind = []
    for line in serving(purpose):
        notice = Notice.objects.filter(line=line, state=Notice.State.PUBLISHED).first()
        told = covers_from(notice.covers) if notice else {}
        if told and told.get(purpose, Cover()).adds(_beyond(cover_of(before, line), cover_of(after, line))):
            behind.append(line)
    return behind


def serving(purpose: str) -> list[Line]:
    lines = Line.objects.filter(pk__in=LinePurpose.objects.filter(purpose=purpose).values("line"))
    return list(lines.filter(client__closed_at=None).select_related("client").order_by("client__slug", "slug"))


def cover_of(entry: PurposeEntry, line: Line) -> Cover:
    """What a notice of the line has to say of a purpose that is so."""
    recipients = (key.partition("/") for key in entry.recipients)
    return Cover(
        frozenset(entry.categories) - never_store(line.jurisdiction),
        frozenset(slug for client, _slash, slug in recipients if client == line.client.slug),
        frozenset(entry.method),
        entry.abroad,
    )


def _beyond(before: Cover, after: Cover) -> Cover:
    return Cover(
        after.categories - before.categories,
        after.recipients - before.recipients,
        after.methods - before.methods,
        after.abroad and not before.abroad,
    )


def proposed(line: Line) -> Covers:
    """What a notice may tell beforehand: purposes of the line as they are proposed to be."""
    found: dict[str, Cover] = {}
    for served in LinePurpose.objects.filter(line=line, purpose__state="active").select_related("purpose"):
        last = PurposeRevision.objects.filter(purpose=served.purpose_id).order_by("-number").first()
        if last is None or last.applied_at is not None:
            continue
        entry, faults = read_purpose(served.purpose_id, last.content)
        if entry is not None and not faults:
            found[served.purpose_id] = cover_of(entry, line)
    return found
