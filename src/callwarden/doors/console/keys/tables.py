"""What the keys' page shows, client by client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callwarden.custody import indexes
from callwarden.custody.keeper import client as keeper
from callwarden.custody.models import Client, Epoch, IndexKey, KeyRun
from callwarden.custody.scope import client_scope
from callwarden.doors.console.chapters.plain import Button, PlainTable
from callwarden.doors.console.components import Action, Badge, Empty, Fact, Facts, Link, Progress, Row, Text
from callwarden.flows.names import named
from callwarden.kernel import clock
from callwarden.kernel.errors import CallwardenError
from callwarden.protection.keys import epochs as epochs_
from callwarden.protection.keys import runs
from callwarden.protection.keys.promise import Terms

EPOCHS = {
    Epoch.State.ACTIVE: ("pass", "circle-check"),
    Epoch.State.TURNING: ("info", "refresh"),
    Epoch.State.RETIRED: ("neutral", "history"),
    Epoch.State.DESTROYED: ("neutral", "flame"),
}
PROVIDERS: dict[str, Text] = {
    "passphrase": _("A file, opened by a passphrase"),
    "pkcs11": _("A hardware token (PKCS#11)"),
    "transit": _("A key server (OpenBao or Vault)"),
}
INDEXES: dict[str, Text] = {
    "phone": _("Phone numbers"),
    "email": _("E-mail addresses"),
    "customer_no": _("Customer numbers"),
    "id": _("ID numbers"),
    "card": _("Card numbers"),
}
# What a run is called on the page while it is in this state.
RUN_STATES = {
    KeyRun.State.RUNNING: "running",
    KeyRun.State.PAUSED: "paused",
    KeyRun.State.DONE: "done",
    KeyRun.State.STOPPED: "failed",
}
RUNS_SHOWN = 10


@dataclass(frozen=True)
class Part:
    """One stretch of the promise: where in it this begins and how much it takes, in per cent."""

    label: Text
    days: Text
    start: float
    share: float


def days(number: float) -> Text:
    whole = max(0, round(number))
    return ngettext_lazy("%(days)s day", "%(days)s days", whole) % {"days": whole}


def promise(terms: Terms) -> list[Part]:
    """What the days of the promise are made of, in their order."""
    parts = (
        (_("An epoch lasts"), terms.epoch),
        (_("Its key is kept after the turn"), terms.overlap),
        (_("A backup of keys lives"), terms.key_backup),
    )
    shares = [100 * length / terms.erased_within for _label, length in parts]
    starts = accumulate(shares, initial=0.0)
    return [
        Part(label, days(length), start, share)
        for (label, length), start, share in zip(parts, starts, shares, strict=False)
    ]


def root() -> tuple[Facts, Badge]:
    """Who holds the root key and whether it can be used. An absent keeper is told, not an error."""
    try:
        found = keeper.root()
    except CallwardenError as error:
        return Facts([Fact(_("Held by"), _("Not known: the keeper does not answer."))]), Badge(
            str(error), "fail", "circle-x"
        )
    ready = Badge(_("Can be used"), "pass", "circle-check")
    away = Badge(_("Cannot be used now"), "fail", "circle-x")
    facts = [Fact(_("Held by"), PROVIDERS.get(found["kind"], found["kind"])), Fact(_("Root"), found["root"][:16])]
    if found["configured"] != found["kind"]:
        facts.append(Fact(_("Set to be held by"), PROVIDERS.get(found["configured"], found["configured"])))
    return Facts(facts), ready if found["ready"] else away


def epochs(*, may_change: bool) -> PlainTable:
    headings = (_("Client"), _("Epoch"), _("State"), _("Begun"), _("Turns, or its key ends"))
    rows = [Row((*cells, action) if may_change else cells) for cells, action in _epochs()]
    empty = Empty(_("No epoch yet"), _("The first client opens one."), "key")
    return PlainTable(_("Key epochs"), headings + (("",) if may_change else ()), rows, empty)


def _epochs() -> Iterator[tuple[tuple[object, ...], object]]:
    terms = epochs_.terms()
    for client in Client.objects.order_by("slug"):
        with client_scope(client.id):
            found = list(Epoch.objects.filter(client=client).order_by("-number")[:12])
        for epoch in found:
            state = Epoch.State(epoch.state)
            tone, icon = EPOCHS[state]
            when = {
                Epoch.State.ACTIVE: terms.turn_due(epoch.opened_at),
                Epoch.State.TURNING: _("when its last key has moved on"),
                Epoch.State.RETIRED: epoch.destroy_after,
                Epoch.State.DESTROYED: epoch.destroyed_at,
            }[state]
            late = state == Epoch.State.ACTIVE and terms.turn_due(epoch.opened_at) < clock.now()
            label: Text = _("Turn is due") if late else state.label
            cells = (named(client), epoch.number, Badge(label, "warn" if late else tone, icon), epoch.opened_at, when)
            yield cells, _step(epoch, client)


def _step(epoch: Epoch, client: Client) -> object:
    """What the viewer can do with this epoch."""
    if epoch.state == Epoch.State.ACTIVE and client.closed_at is None:
        turn = Action(_("Turn now"), reverse("console:keys_turn", args=[client.pk]), "refresh", method="post")
        return Button(turn)
    if epoch.state == Epoch.State.RETIRED:
        return Link(_("End it early"), reverse("console:keys_end", args=[epoch.pk]), icon="flame")
    return ""


@dataclass(frozen=True)
class Run:
    """A run as the page shows it: how far it is and what the viewer may do."""

    bar: Progress
    client: str
    started_at: object
    action: Action | None


def shown_runs(*, may_change: bool) -> list[Run]:
    """Runs that go on or rest first, then those that ended last."""
    going = KeyRun.objects.select_related("client").filter(state__in=runs.OPEN).order_by("started_at")
    ended = KeyRun.objects.select_related("client").exclude(state__in=runs.OPEN).order_by("-started_at")
    return [_run(one, may_change=may_change) for one in [*going, *ended[:RUNS_SHOWN]]]


def _run(run: KeyRun, *, may_change: bool) -> Run:
    label: Text = KeyRun.Kind(run.kind).label
    if run.column:
        label = _("%(kind)s: %(index)s") % {"kind": label, "index": INDEXES.get(run.column, run.column)}
    state = RUN_STATES[KeyRun.State(run.state)]
    bar = Progress(f"run-{run.pk}", label, run.done, run.total or None, state, counts=_counts(run), note=_note(run))
    step = {
        KeyRun.State.RUNNING: Action(_("Pause"), reverse("console:keys_pause", args=[run.pk]), "clock", method="post"),
        KeyRun.State.PAUSED: Action(
            _("Go on"), reverse("console:keys_resume", args=[run.pk]), "player-play", method="post"
        ),
    }
    return Run(bar, named(run.client), run.started_at, step.get(KeyRun.State(run.state)) if may_change else None)


def _counts(run: KeyRun) -> list[Fact]:
    """How far a run is with recordings and transcripts, which it seals anew in the store."""
    if run.kind != KeyRun.Kind.REENCRYPT:
        return []
    objects = _("%(done)s of %(total)s") % {"done": run.items, "total": run.items_total}
    size = _("%(done)s of %(total)s") % {"done": filesizeformat(run.bytes), "total": filesizeformat(run.bytes_total)}
    facts = [Fact(_("Recordings and transcripts"), objects), Fact(_("Size"), size)]
    if run.failed:
        facts.append(Fact(_("Cannot be opened"), run.failed))
    return facts


def _note(run: KeyRun) -> Text:
    if not run.failed:
        return ""
    return _("What cannot be opened keeps its old key. Bring it back from a backup, then start another run.")


def index_keys(*, may_change: bool) -> PlainTable:
    """One row for each index of a client and each version of its key that is left."""
    rows = []
    for client in Client.objects.filter(closed_at=None).order_by("slug"):
        with client_scope(client.id):
            found = list(
                IndexKey.objects.filter(client=client)
                .exclude(state=IndexKey.State.DESTROYED)
                .order_by("column", "-version")
            )
            left = {key.pk: indexes.rows_left(key) for key in found}
        for key in found:
            current = key.state == IndexKey.State.CURRENT
            badge = Badge(
                IndexKey.State(key.state).label,
                "pass" if current else "info",
                "circle-check" if current else "refresh",
            )
            cells: list[object] = [named(client), INDEXES.get(key.column, key.column), key.version, badge]
            cells += [left[key.pk], key.opened_at]
            if may_change:
                href = reverse("console:keys_reindex", args=[client.pk, key.column])
                cells.append(Button(Action(_("New key"), href, "refresh", method="post")) if current else "")
            rows.append(Row(cells))
    headings = (_("Client"), _("Index"), _("Version"), _("State"), _("Tokens left"), _("Begun"))
    empty = Empty(_("No index yet"), _("The first customer record opens them."), "search")
    return PlainTable(_("Keys people are found by"), headings + (("",) if may_change else ()), rows, empty)
