"""Sets up the demonstration call centre and hands its samples to the spool, as a telephone system would.

Everything goes through the same actions and doors as real data: the sample files are dropped into the watch folders,
and the running processes do the rest. Run twice, it does nothing the second time.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.actions import ensure_default
from callwarden.custody.categories import Category
from callwarden.custody.epochs import open_client
from callwarden.custody.intake import ensure_day_keys
from callwarden.custody.keeper import client as keeper
from callwarden.custody.lines import open_line
from callwarden.custody.models import AgentLogin, Client, IntakeItem, Line
from callwarden.custody.scope import client_scope
from callwarden.flows import (
    demo_access,
    demo_alerts,
    demo_grants,
    demo_neighbours,
    demo_partners,
    demo_people,
    demo_registry,
    demo_requests,
)
from callwarden.flows.consents import Told, customer_called, say_for_person
from callwarden.flows.customers import take_in_customer
from callwarden.flows.dialling import stop_calling
from callwarden.flows.formats import CustomerRow, read_customers
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from callwarden.lawful.dialling.models import DoNotCall
from callwarden.lawful.notices.actions import draft, publish
from callwarden.lawful.notices.drafting import covers_of
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.queries import facts_of
from callwarden.lawful.notices.rules import Covers, covers_as_data
from callwarden.lawful.purposes.actions import serve
from callwarden.lawful.purposes.models import Purpose
from callwarden.lawful.retention.models import RetentionRule

ACTOR = "system"
# The sample's names of what is kept -> our categories.
_KEPT = {
    "audio": (Category.RECORDING_ORIGINAL,),
    "redacted_audio": (Category.RECORDING_REDACTED,),
    "transcript": (Category.TRANSCRIPT_ORIGINAL,),
    "redacted_transcript": (Category.TRANSCRIPT_REDACTED, Category.REDACTION_SPANS),
    "cdr": (Category.CALL_METADATA,),
}
_OF_CUSTOMERS = (
    Category.IDENTITY,
    Category.CONTACT,
    Category.GOVERNMENT_ID,
    Category.PAYMENT_CARD,
    Category.PURCHASE_HISTORY,
)
CUSTOMER_DAYS = 3 * 365
# For how long callers have been told what they are told now: longer than ago any of them agreed. And what before that.
_TOLD_DAYS, _BEFORE_DAYS = 90, 300
_STAGED = ".staged-"


def samples_folder() -> Path:
    """Where the samples lie: CALLWARDEN_SAMPLES, or `samples` of the source tree.

    Raises:
        NotFound: this installation was made without them.
    """
    folder = Path(os.environ.get("CALLWARDEN_SAMPLES") or Path(__file__).resolve().parents[3] / "samples")
    if not (folder / "lines.yaml").is_file():
        raise NotFound("no_samples", _("The demonstration data is not part of this installation. Use the source tree."))
    return folder


def load() -> None:
    """Set up client, lines, people and customers, then drop the sample calls into the watch folders."""
    folder = samples_folder()
    lines = set_up(folder)
    if IntakeItem.objects.filter(line__in=lines).exists():
        return
    _customers(folder, lines)
    _consents(lines[0].client, {line.slug: line for line in lines})
    demo_requests.load(folder, {line.slug: line for line in lines})
    demo_access.drafts()  # before anything is opened, so that the version in shadow is asked about it
    demo_alerts.load(lines[0].client)
    demo_grants.load(lines[0].client)
    demo_access.emergency_taken(lines[0].client)
    demo_people.load(lines[0].client)
    demo_neighbours.load(lines[0].client)
    demo_partners.load(lines[0].client)
    incoming = Path(settings.SPOOL_INCOMING)
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in incoming.glob(f"{_STAGED}*"):  # of a start that was cut short
        shutil.rmtree(left)
    # Beside the watched folders: the one place of the data folder that is this account's and may hold files in clear.
    with tempfile.TemporaryDirectory(dir=incoming, prefix=_STAGED) as staged:
        spool = _with_fresh_dates(folder, Path(staged))
        for line in lines:
            _drop(spool / line.slug, incoming / line.slug)


def set_up(folder: Path) -> list[Line]:
    """The call centre without its calls: client, lines with what governs them, and people. Returns the lines."""
    centre = yaml.safe_load((folder / "lines.yaml").read_text(encoding="utf-8"))
    ensure_default()
    ensure_day_keys()
    client = open_client(
        slug=centre["client"]["slug"],
        name=centre["client"]["name"]["en"],
        name_zh=centre["client"]["name"]["zh"],
        actor=ACTOR,
    )
    client.controller, client.controller_zh = (centre["client"]["controller"][code] for code in ("en", "zh"))
    client.contact = centre["client"]["contact"]
    client.save(update_fields=["controller", "controller_zh", "contact"])
    demo_registry.load(folder, actor=ACTOR)
    lines = [_line(client, entry, centre, folder) for entry in centre["lines"]]
    staff = yaml.safe_load((folder / "staff.yaml").read_text(encoding="utf-8"))["staff"]
    _people(client, staff, {line.slug: line for line in lines})
    demo_registry.put_into_force(folder)
    # What a notice covers is what is in force.
    for line, entry in zip(lines, centre["lines"], strict=True):
        if not line.notices.exists():
            _notices(line, entry["notices"], folder)
    demo_registry.tell_staff(folder)
    return lines


@transaction.atomic
def _line(client: Client, entry: dict[str, Any], centre: dict[str, Any], folder: Path) -> Line:
    mapping = folder / entry["spool"] / "mapping.yaml"
    if known := Line.objects.filter(client=client, slug=entry["slug"]).first():
        return known
    line = open_line(
        client,
        entry["slug"],
        actor=ACTOR,
        name=entry["name"]["en"],
        name_zh=entry["name"]["zh"],
        direction=entry["direction"],
        languages=entry["languages"],
        suite=Line.Suite.SM4 if entry["suite"] == "sm4" else Line.Suite.AES,
        takes_cards=entry["takes_card_data"],
        jurisdiction="uk" if entry["zone"].startswith("Europe/") else "cn",
        time_zone=entry["zone"],
        cdr_mapping=mapping.read_text(encoding="utf-8"),
    )
    required = set(entry["required_consents"])
    for slug in entry["purposes"]:
        serve(line, Purpose.objects.get(pk=slug), core=slug in required, actor=ACTOR)
    for kept, days in entry["retention_days"].items():
        for category in _KEPT.get(kept, ()):
            for slug in entry["purposes"]:
                _rule(line, category, slug, days)
    for category in _OF_CUSTOMERS:
        _rule(line, category, "service", CUSTOMER_DAYS)
    return line


def _rule(line: Line, category: Category, purpose: str, days: int) -> None:
    RetentionRule.objects.create(line=line, category=category, purpose_id=purpose, ceiling_days=days)


def _notices(line: Line, entry: dict[str, Any], folder: Path) -> None:
    """What callers of the line were told before, are told now, and shall be told."""
    covers = covers_of(facts_of(line))
    if before := entry.get("before"):
        left = {slug: cover for slug, cover in covers.items() if slug not in before["without"]}
        _tell(line, {**entry, **before}, folder, left, days_ago=_BEFORE_DAYS)
    _tell(line, entry, folder, covers, days_ago=_TOLD_DAYS)
    if after := entry.get("next"):
        added = {
            slug: replace(covers[slug], categories=covers[slug].categories | set(kinds))
            for slug, kinds in after["adds"].items()
        }
        _draft(line, {**entry, **after}, folder, {**covers, **added})


def _tell(line: Line, entry: dict[str, Any], folder: Path, covers: Covers, *, days_ago: int) -> None:
    """Bring a notice over that callers have been told for long: the sample calls are older than the demonstration."""
    since = clock.now() - timedelta(days=days_ago)
    publish(_draft(line, entry, folder, covers, told_since=since), actor=ACTOR)


def _draft(
    line: Line, entry: dict[str, Any], folder: Path, covers: Covers, *, told_since: datetime | None = None
) -> Notice:
    return draft(
        line,
        version=entry["version"],
        text_en=(folder / entry["en"]).read_text(encoding="utf-8"),
        text_zh=(folder / entry["zh"]).read_text(encoding="utf-8"),
        script_en=entry["script"]["en"],
        script_zh=entry["script"]["zh"],
        covers=covers_as_data(covers),
        told_since=told_since,
        actor=ACTOR,
    )


def _people(client: Client, staff: list[dict[str, Any]], lines: dict[str, Line]) -> None:
    for entry in staff:
        chinese = entry["language"].startswith("zh")
        user = User.objects.filter(username=entry["username"]).first() or open_account(
            entry["username"],
            roles=[entry["role"]],
            actor=ACTOR,
            display_name=entry["name"]["zh" if chinese else "en"],
            language="zh-hans" if chinese else "en",
            time_zone="Asia/Shanghai" if chinese else "Europe/London",
            lines=[lines[slug].id for slug in entry["lines"]] or None,
        )
        if login := entry.get("agent"):
            token = keeper.tokens(client.id, "agent", [login.casefold()])[0]
            with client_scope(client.id):
                AgentLogin.objects.get_or_create(client=client, login=token, defaults={"user": user})


def _customers(folder: Path, lines: list[Line]) -> None:
    rows = read_customers((folder / "customers.csv").read_bytes(), (folder / "orders.csv").read_bytes())
    for row in rows:
        if isinstance(row, CustomerRow):
            home = [line for line in lines if row.language in line.languages and line.direction == "inbound"]
            take_in_customer((home or lines)[0], row, actor=ACTOR)


# Who said on the website that offers are welcome; for how long; and numbers that want no calls at all.
_WELCOME = ("C-2001", "C-2003", "C-2005")
_WELCOME_DAYS = 365
_NO_CALLS = ("13900000001", "13900000002", "13900000003")


def _consents(client: Client, lines: dict[str, Line]) -> None:
    """What was said outside calls before these came in."""
    line = lines.get("outbound")
    if line is None:
        return
    at = clock.now() - timedelta(days=40)
    for number in _WELCOME:
        customer = customer_called(client.id, number)
        told = Told("marketing", "given", "web", at, apart=True, expires_at=at + timedelta(days=_WELCOME_DAYS))
        say_for_person(line, customer.subject, told, actor=ACTOR)
    stop_calling(client.id, _NO_CALLS, source=DoNotCall.Source.IMPORT, actor=ACTOR)


def _with_fresh_dates(folder: Path, target: Path) -> Path:
    """A copy of the sample spool whose calls ended a few minutes ago; the source tree knows how to make one."""
    sys.path.insert(0, str(folder.parent))
    try:
        importlib.import_module("samples.stage").stage(target)
    finally:
        sys.path.remove(str(folder.parent))
    return target


def _drop(source: Path, target: Path) -> None:
    """Copy files the way a careful telephone system does: under another name first, then renamed when complete."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and path.name != "mapping.yaml":
            part = target / f"{path.name}.part"
            shutil.copyfile(path, part)
            part.rename(target / path.name)
