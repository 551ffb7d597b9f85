"""What lies sealed beside the ledger: the reasons people stated, the searches they typed. Opened one by one, on record.

Whoever reads a stated reason states one too; both are entries. The whole log, which holds no detail, leaves by the same
door: what is exported is on record before a byte of it is written.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from callwarden.custody.keeper import client as keeper
from callwarden.custody.ledger.sequencer import verifier_key
from callwarden.custody.models import LedgerDetail, LedgerEntry, LedgerYear
from callwarden.engines.ledger import Commitment
from callwarden.flows import trail
from callwarden.flows.actors import Actor
from callwarden.flows.calls import purposes_for
from callwarden.flows.disclose import Ask, disclose
from callwarden.kernel.errors import NotFound
from callwarden.kernel.models import Approval
from callwarden.partners.register.models import PartnerContact

READ, EXPORT, CATEGORY = "read_ledger", "export", "ledger_entry"


@dataclass(frozen=True)
class Detail:
    """What was sealed beside one entry.

    Attributes:
        values: name (`reason`, `query`, `summary`) -> text.
        committed: the text is exactly the one the entry in the tree commits to.
    """

    values: Mapping[str, str]
    committed: bool


def may_read(actor: Actor) -> list[str]:
    """Purposes for which this person may open details."""
    return purposes_for(actor, READ, CATEGORY)


def may_export(actor: Actor) -> list[str]:
    """Purposes for which this person may take the log away."""
    return purposes_for(actor, EXPORT, CATEGORY)


def read(actor: Actor, entry: UUID, *, purpose: str, reason: str) -> Detail:
    """Open what was stated with one entry.

    Raises:
        NotFound: there is no detail, or it has been erased with the person it was about.
        AccessRefused: with the reasons; the refusal is in the ledger too.
    """
    row = _row(entry)
    wanted = Ask(actor=actor, client=row.client, action=READ, purpose=purpose, entries=(entry,), reason=reason)
    return _open(wanted, row)


def read_to_decide(actor: Actor, approval: Approval) -> Detail:
    """Why an act was asked for, to somebody who may vote on it now. They say why by deciding; the reading is on record.

    Raises:
        NotFound: the reason has been erased.
        AccessRefused: they do not decide on it, or not any more; the refusal is in the ledger too.
    """
    row = _row(approval.entry)
    wanted = Ask(
        actor=actor,
        client=row.client,
        action=READ,
        purpose="administration",
        entries=(approval.entry,),
        deciding=approval.pk,
    )
    return _open(wanted, row)


def read_contact(actor: Actor, contact: PartnerContact) -> Detail:
    """Whom to reach at a partner, to somebody who has to do with partners; the reading is on record.

    Raises:
        NotFound: they have been forgotten.
        AccessRefused: this person has nothing to do with partners; the refusal is in the ledger too.
    """
    row = _row(contact.entry)
    wanted = Ask(
        actor=actor,
        client=row.client,
        action=READ,
        purpose="administration",
        entries=(contact.entry,),
        contact=contact.pk,
    )
    return _open(wanted, row)


def _row(entry: UUID) -> LedgerDetail:
    row = LedgerDetail.objects.filter(entry=entry).first()
    if row is None:
        raise NotFound("no_detail", _("Nothing was stated with this entry, or it has been erased."))
    return row


def _open(wanted: Ask, row: LedgerDetail) -> Detail:
    grant = disclose(wanted)
    plain = keeper.open_detail(
        client=row.client,
        entry=row.entry,
        blob=bytes(row.blob),
        permit=grant.permit,
        principal=wanted.actor.name,
        session=wanted.actor.session,
    )
    values = json.loads(plain)
    return Detail({name: str(value) for name, value in values.items()}, _committed(row, plain))


def _committed(row: LedgerDetail, plain: bytes) -> bool:
    """Whether the leaf names exactly this text. An entry that has no leaf yet cannot be compared."""
    leaf = LedgerEntry.objects.filter(entry=row.entry).values_list("body", flat=True).first()
    digest = json.loads(bytes(leaf)).get("detail", "") if leaf else ""
    return bool(digest) and Commitment(bytes(row.commitment_key), bytes.fromhex(digest)).opens(plain)


@contextmanager
def exported(actor: Actor, *, purpose: str, reason: str, year: LedgerYear | None = None) -> Iterator[Path]:
    """The log, or one year of it, as a folder with the key it is verified by; the folder goes when the block ends.

    The log holds random pseudonyms and names of fields, so it may lie on this disk for the moment.

    Raises:
        AccessRefused: this person may not export the ledger for this purpose.
        NotFound: nothing has been signed yet, or the year's entries were destroyed.
    """
    if year is not None:
        trail.require_entries(year)
    part = str(year.year) if year else ""
    wanted = Ask(actor=actor, client=None, action=EXPORT, purpose=purpose, whole_ledger=True, reason=reason)
    disclose(replace(wanted, ledger_part=part))
    folder = Path(tempfile.mkdtemp(prefix="ledger-", dir=settings.SEALED_TMP_DIR))
    try:
        trail.export(folder / "ledger", year=year)
        (folder / "verifier.key").write_text((year.key if year else verifier_key()) + "\n", encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
