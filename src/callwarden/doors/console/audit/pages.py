"""The operation log: searched, verified, proved entry by entry, and taken away through the door."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from callwarden.control.neighbours import queries as neighbours
from callwarden.custody.ledger.heads import cosigned, note_of
from callwarden.custody.ledger.health import heads_stay_here, health
from callwarden.custody.ledger.sequencer import verifier_key
from callwarden.custody.models import Checkpoint, LedgerEntry
from callwarden.doors.console.access import for_roles, holds
from callwarden.doors.console.audit import about, beside, enquiry, finding, queries, sinks
from callwarden.doors.console.audit.table import COLUMNS, EMPTY, filters, row_of
from callwarden.doors.console.audit.taking import dialog, sent, why
from callwarden.doors.console.audit.words import DECISIONS, PARTS, deed_of
from callwarden.doors.console.components import Badge, Crumb, Fact, Facts, Progress
from callwarden.doors.console.deeds import who_did
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.listing import ListQuery, Table, render_list
from callwarden.doors.console.navigation import HANDLE_CALLS, PROVE
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.flows import ledger_details, trail, verification
from callwarden.flows.calls import Filters, visible
from callwarden.flows.disclose import explanation
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.errors import NotFound, Refused

_BACK = _("Audit")


@for_roles(PROVE)
@require_safe
def audit(request: ConsoleRequest) -> HttpResponse:
    """Search the log. It holds pseudonyms and names of fields, so nothing in it has to be masked."""
    shown = filters()
    query = ListQuery.read(request, COLUMNS, shown)
    page, total = queries.page(query.values, query.start, query.size + 1)
    # Our own entries and those of neighbours alike: it is the enquiry that is entered, and without it nothing is shown.
    enquiry.enter(request, "list", query.values, rows=min(len(page), query.size))
    told = {line.index: line for line in trail.lines(one for one in page if isinstance(one, LedgerEntry))}
    rows = [row_of(told[one.index]) if isinstance(one, LedgerEntry) else beside.row_of(one) for one in page]
    more = len(page) > query.size
    may_export = bool(ledger_details.may_export(request.actor))
    table = Table(
        "entries", _("Entries"), COLUMNS, rows[: query.size], query, total, EMPTY, filters=shown, more=more,
        export_href=reverse("console:ledger_evidence") if may_export else "", export_label=_("Take away as evidence"),
    )  # fmt: skip
    context: dict[str, Any] = {
        "head": _head(),
        "verified": _verified(),
        "may_export": may_export,
        "sinks": sinks.table(),
        "unseen": [kind.label for kind in neighbours.not_connected()],
        "silent": [named(one) for one in neighbours.silent()],
        # Drawn with the whole page alone: no other part of it changes whom it is about.
        "about": partial(about.told, request, query.values),
        "look_ups": finding.look_ups(request),
    }
    return render_list(request, "console/audit/page.html", table, context)


def _head() -> dict[str, Any] | None:
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return None
    now = health()
    facts = (
        Fact(_("Entries under it"), newest.size),
        Fact(_("Root"), base64.b64encode(bytes(newest.root)).decode()),
        Fact(_("Signed"), newest.signed_at),
        # What went to the disk of the data folder alone has not left.
        Fact(
            _("Left this host"),
            Badge.of("not_measured") if heads_stay_here() else now.exported_at or Badge.of("not_measured"),
        ),
        Fact(_("Entries waiting, seconds"), round(now.lag_seconds)),
        Fact(_("Signed by witnesses"), cosigned(newest)),
    )
    return {"facts": Facts(facts), "note": note_of(newest).decode(), "key": verifier_key()}


def _verified() -> dict[str, Any] | None:
    newest = verification.latest()
    if newest is None:
        return None
    return {
        "it": newest,
        "badge": Badge.of("pass" if newest.holds else "fail"),
        "proof": reverse("console:entry", args=[newest.index]),
    }


@for_roles(PROVE)
@require_POST
def verify(request: ConsoleRequest) -> HttpResponse:
    """Start a check of the whole log and watch it."""
    run = verification.start(request.actor.name)
    if request.headers.get("HX-Request") == "true":
        return render(request, "console/components/progress.html", {"it": _progress(run)})
    return HttpResponseRedirect(reverse("console:audit"))


@for_roles(PROVE)
@require_safe
def verify_progress(request: ConsoleRequest, run: UUID) -> HttpResponse:
    """How far a check has come; its outcome once it ended."""
    if verification.of_run(run) is not None:
        return render(request, "console/audit/verified.html", {"verified": _verified()})
    return render(request, "console/components/progress.html", {"it": _progress(run)})


def _progress(run: UUID) -> Progress:
    failed = verification.has_failed(run)
    return Progress(
        id="verification",
        label=_("Checking every entry, every tile and the signed head"),
        done=0,
        total=None,
        state="failed" if failed else "running",
        href=reverse("console:verify_progress", args=[run]),
        note=_("It goes on when you leave this page; the outcome becomes an entry of the log.")
        if not failed
        else _("The check itself broke off. Start it again, then tell the administrator."),
    )


@for_roles(PROVE)
@require_safe
def entry(request: ConsoleRequest, index: int) -> HttpResponse:
    """One entry: everything the tree holds of it."""
    row = _entry(index)
    enquiry.enter(request, "entry", {"index": str(index)}, rows=1, index=index)
    (line,) = trail.lines([row])
    body = json.loads(bytes(row.body))
    context = {
        "line": line,
        "deed": deed_of(line.event),
        "who": who_did(line.who),
        "decision": Badge(*DECISIONS[line.decision]) if line.decision in DECISIONS else None,
        "why": explanation(line.reasons) if line.decision == "refuse" else (),
        "facts": Facts(list(_facts(body))),
        "may_read": line.has_detail and bool(ledger_details.may_read(request.actor)),
        "crumbs": (Crumb(_BACK, reverse("console:audit")), Crumb(f"#{index}")),
        "body": json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True),
    }
    return render(request, "console/audit/entry.html", context)


def _facts(body: dict[str, Any]) -> Iterator[Fact]:
    for name, value in body.items():
        if name in {"data", "v", "event"}:
            continue
        if name == "purpose":
            value = purpose_label(value)
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        yield Fact(PARTS.get(name, name), value)
    for name, value in body.get("data", {}).items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        yield Fact(name.replace("_", " "), str(shown) if isinstance(shown, bool) else shown)


@for_roles(HANDLE_CALLS | PROVE)
@require_safe
def proof(request: ConsoleRequest, index: int) -> HttpResponse:
    """A proof file of one entry. Who proves for a living may have any, others those of calls they may see."""
    row = _entry(index)
    if not holds(request, PROVE) and not _of_own_call(request, row):
        raise Refused("not_own_trail", _("Proofs are for entries of calls you may see. Ask an auditor for this one."))
    enquiry.enter(request, "proof", {"index": str(index)}, rows=1, index=index)
    packed = "packed" in request.GET
    kind, ending = ("application/gzip", ".gz") if packed else ("text/plain; charset=utf-8", "")
    response = HttpResponse(trail.proof(index, packed=packed), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="entry-{index}.tlog-proof{ending}"'
    return response


def _of_own_call(request: ConsoleRequest, row: LedgerEntry) -> bool:
    from callwarden.custody.scope import client_scope

    if row.call is None or row.client is None:
        return False
    with client_scope(row.client):
        return visible(request.actor, Filters(ids=(row.call,))).exists()


def _entry(index: int) -> LedgerEntry:
    row = LedgerEntry.objects.filter(index=index).first()
    if row is None:
        raise NotFound("no_such_entry", _("There is no such entry. Go back to the list."))
    return row


@for_roles(PROVE)
def detail(request: ConsoleRequest, index: int) -> HttpResponse:
    """What was stated with an entry: asked for with purpose and reason, opened against a permit."""
    row = _entry(index)
    form = why(request, ledger_details.may_read(request.actor))
    here = {"form": form, "href": request.path, "back": reverse("console:entry", args=[index])}
    if not form.is_valid():
        return dialog(request, "console/audit/read_detail.html", here, form)
    stated = ledger_details.read(request.actor, row.entry, **form.cleaned_data)
    return dialog(request, "console/audit/detail.html", {"stated": stated, "index": index, **here}, form)


@for_roles(PROVE)
def export(request: ConsoleRequest) -> HttpResponseBase:
    """The whole log as a tar stream that `callwarden verify` checks anywhere."""
    form = why(request, ledger_details.may_export(request.actor))
    if not form.is_valid():
        here = {"form": form, "href": request.path, "back": reverse("console:audit")}
        return dialog(request, "console/audit/export.html", here, form)
    return sent(request, form, name=f"ledger-{clock.now().astimezone(UTC):%Y%m%dT%H%M%SZ}")
