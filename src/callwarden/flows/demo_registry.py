"""The registry of the demonstration call centre: loaded, assessed and put into force by its own people."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from callwarden.kernel import approvals, clock
from callwarden.kernel.approvals import Act
from callwarden.kernel.models import User
from callwarden.lawful.assessments import actions as assessments
from callwarden.lawful.assessments import acts as assessing
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.assessments.rules import risks_of
from callwarden.lawful.purposes import actions, files
from callwarden.lawful.purposes.acts import activation
from callwarden.lawful.purposes.models import Purpose, Recipient, Transfer
from callwarden.lawful.staff import actions as staff
from callwarden.lawful.staff import acts as telling
from callwarden.lawful.staff import queries
from callwarden.lawful.staff.models import StaffNotice
from callwarden.lawful.staff.rules import first_draft

OFFICER, SECURITY = "jiang.mingche", "lin.jianqing"
NOT_READ = "rose.callendar"
_OPEN = re.compile("⟦[^⟧]*⟧")
# What the centre does today; the rest of its registry is being prepared.
IN_FORCE = ("service", "recording", "quality", "marketing", "payment", "repair_partner", "agent_quality")


def load(folder: Path, *, actor: str) -> None:
    """Kinds of data, recipients and purposes, all of them drafts at first."""
    actions.load(files.shipped(), actor=actor)
    if not Purpose.objects.exists():
        actions.load(files.read_file(folder / "registry.yaml"), actor=actor)


def put_into_force(folder: Path) -> None:
    """Assess what has to be assessed, then put into force what the centre does, each by two people or three."""
    thought = yaml.safe_load((folder / "assessments.yaml").read_text(encoding="utf-8"))
    people = {user.username: user for user in User.objects.all()}
    for slug, entry in thought["approved"].items():
        if not Assessment.objects.filter(purpose=slug).exists():
            _assess(slug, entry, people)
    for slug, entry in thought["drafts"].items():
        if not Assessment.objects.filter(purpose=slug).exists():
            _begin(slug, entry, people)
    for purpose in Purpose.objects.filter(slug__in=IN_FORCE, state=Purpose.State.DRAFT):
        _decided(activation(purpose), people[OFFICER], [people[SECURITY]])
    for entry in thought["transfers"]:
        _transfer(entry)


def _assess(slug: str, entry: dict[str, Any], people: dict[str, User]) -> None:
    author = people[entry["asked_by"]]
    draft = assessments.start(Purpose.objects.get(pk=slug), actor=author.actor)
    draft = assessments.write(
        draft,
        answers=entry["answers"],
        risks=risks_of(entry["risks"]),
        consulted=entry["consulted"],
        review_months=entry["review_months"],
    )
    _decided(assessing.approval_of(draft), author, [people[OFFICER], people[SECURITY]])


def _begin(slug: str, entry: dict[str, Any], people: dict[str, User]) -> None:
    due = (clock.now() + timedelta(days=entry["due_days"])).date()
    draft = assessments.start(Purpose.objects.get(pk=slug), actor=people[entry["started_by"]].actor, due_on=due)
    assessments.write(draft, answers=entry["answers"], risks=risks_of(entry["risks"]))


def _decided(act: Act, asks: User, decide: list[User]) -> None:
    asked = approvals.request(act, requester=asks, reason="Demonstration")
    for person in decide:
        approvals.approve(asked.pk, by=person)
    approvals.execute(asked.pk, act, by=asks)


def tell_staff(folder: Path) -> None:
    """Tell staff about their own data: the draft out of what is configured, filled in. One has not read it yet."""
    if StaffNotice.objects.exists():
        return
    filled = yaml.safe_load((folder / "staff-notice.yaml").read_text(encoding="utf-8"))
    texts = first_draft(queries.purposes_of_staff(), days=queries.days_kept())
    for language, said in filled.items():
        for words in said:
            # The words as they are: a backslash in a replacement would be read as an escape.
            texts[language] = _OPEN.sub(words.replace("\\", r"\\"), texts[language], count=1)
    draft = staff.draft(text_en=texts["en"], text_zh=texts["zh"])
    people = {user.username: user for user in User.objects.all()}
    _decided(telling.publication(telling.whole(draft)), people[OFFICER], [people[SECURITY]])
    draft.refresh_from_db()
    for person in people.values():
        if person.username != NOT_READ:
            staff.confirm(draft, person)


def _transfer(entry: dict[str, Any]) -> None:
    recipient = Recipient.objects.filter(slug=entry["recipient"]).first()
    if recipient is None or Transfer.objects.filter(recipient=recipient).exists():
        return
    begins = (clock.now() + timedelta(days=entry["from_days"])).date()
    actions.propose_transfer(
        recipient,
        jurisdiction=entry["jurisdiction"],
        mechanism=entry["mechanism"],
        provision=entry["provision"],
        certainty=entry["certainty"],
        reference=entry["reference"],
        valid_from=begins,
        valid_until=begins + timedelta(days=entry["valid_days"]),
    )
