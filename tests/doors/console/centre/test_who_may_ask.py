"""An intruder at every address of the console: who is refused learns nothing, and whatever is opened is on record.

The walk asks each address by each method as every role that may not, as a stranger, and as one role that may, with
objects of the demonstration in the addresses. `CALLWARDEN_TEST_WALK=all` asks as every role that may.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from callwarden.custody.models import Client, LedgerEntry, LedgerPending
from callwarden.kernel.events import Event
from callwarden.kernel.models import Session
from tests.doors.console.centre import addresses, walking
from tests.doors.console.centre.addresses import Address
from tests.doors.console.centre.conftest import SignedIn
from tests.doors.console.centre.walking import Filled, Seen, console, undone, watched

pytestmark = [pytest.mark.xdist_group("demo centre"), pytest.mark.usefixtures("db")]

TABLE = addresses.table()
EVERY = os.environ.get("CALLWARDEN_TEST_WALK") == "all"
ROUTES = console()
# What people say when they ask for something to be opened.
SAID = {"purpose": "complaint_handling", "reason": "The caller asks what we hold of them", "q": "C-2002"}
# Tables with what callers said and are; pages that are no view of it may count their rows, and open none.
SEALED = {"custody_sealedfield"}
COUNTS = {"overview", "lawful", "protection", "control"}
# Decided by what stands in the address: the proof of an entry is for whoever may see its call.
BY_OBJECT = {"proof"}
# They may ask there, and the policy opens nothing to them: nothing of a caller stands in what they are answered with.
BLIND = {
    ("calls", "auditor"),
    ("masked", "auditor"),
    ("masked", "security_administrator"),
    ("search", "auditor"),
}
TURNED_AWAY = {401, 403, 404}
SIGN_IN = "/accounts/login/"


@pytest.fixture(scope="module")
def filled(centre: Client) -> Filled:
    return Filled(centre)


@pytest.fixture(scope="module")
def folk(centre: Client) -> dict[str, SignedIn]:
    return {role: SignedIn(role) for role in addresses.ROLES.values()}


@pytest.fixture
def unread() -> Callable[[], list[bytes]]:
    """Bodies of the entries written since the test began."""
    before = set(LedgerPending.objects.values_list("pk", flat=True))
    return lambda: [bytes(body) for body in LedgerPending.objects.exclude(pk__in=before).values_list("body", flat=True)]


def asked(browser: Browser, address: Address, path: str) -> Seen:
    """Ask, and undo it unless it opens something: what is opened is committed before."""
    given = SAID if address.leaves == "opens" else {}
    ask = browser.post if address.method == "POST" else browser.get
    with watched() as seen:
        if address.leaves == "opens":
            seen.answer = ask(path, given)
        else:
            with undone():
                seen.answer = ask(path, given)
    return seen


def personal(seen: Seen, secrets: list[str]) -> list[str]:
    text = b"" if seen.answer.streaming else seen.answer.content
    said = text.decode("utf-8", "replace") + str(dict(seen.answer.headers))
    return [value for value in secrets if value in said]


def test_every_address_has_a_line_and_every_line_an_address():
    assert {name for name, _method in TABLE} ^ ROUTES.keys() == set(), "say in addresses.TABLE who may ask for it"


def test_who_may_not_is_refused_learns_nothing_and_is_on_record(filled, folk, secrets):
    wrong = []
    for address in TABLE.values():
        path = filled.path(address.name, ROUTES[address.name])
        for role in address.refused:
            with undone(), watched() as seen:
                browser = folk[role].browser
                seen.answer = browser.post(path, SAID) if address.method == "POST" else browser.get(path)
                newest = LedgerPending.objects.order_by("-pk").values_list("body", flat=True).first()
            told = bytes(newest or b"")
            if seen.answer.status_code not in TURNED_AWAY:
                wrong.append(f"{role} {address.method} {address.name}: {seen.answer.status_code}")
            elif not seen.recorded or b'"refuse"' not in told:
                wrong.append(f"{role} {address.method} {address.name}: not on record")
            elif seen.unrecorded or personal(seen, secrets) or path.encode() in told:
                wrong.append(f"{role} {address.method} {address.name}: says or does too much")
    assert wrong == []


def test_a_stranger_is_sent_to_sign_in_and_leaves_nothing(filled, secrets):
    wrong, stranger = [], Browser()
    for address in TABLE.values():
        if address.public:
            continue
        with undone(), watched() as seen:
            ask = stranger.post if address.method == "POST" else stranger.get
            seen.answer = ask(filled.path(address.name, ROUTES[address.name]))
        led = seen.answer.get("Location", "")
        if not (led.startswith(SIGN_IN) or seen.answer.status_code in TURNED_AWAY):
            wrong.append(f"{address.method} {address.name}: {seen.answer.status_code} {led}")
        elif personal(seen, secrets) or seen.writes - {"django_session"}:
            wrong.append(f"{address.method} {address.name}: says or does too much")
    assert wrong == []


def test_who_may_is_let_in_and_what_is_opened_or_changed_is_on_record(filled, folk, secrets, unread):
    wrong = []
    for number, address in enumerate(TABLE.values()):
        may = sorted(address.may)
        if address.leaves == "opens" and "data_protection_officer" in address.may:
            may = ["data_protection_officer", *may]  # whoever has all lines before them
        chosen = may if EVERY else may[:1] if address.leaves == "opens" else [may[number % len(may)]]
        for role in chosen:
            if address.name == "own_session_end":
                continue  # would end the walk
            seen = asked(folk[role].browser, address, filled.path(address.name, ROUTES[address.name]))
            status, where = seen.answer.status_code, f"{role} {address.method} {address.name}"
            refused = status == 403 and address.leaves != "opens" and address.name not in BY_OBJECT
            if refused or status >= 500 or seen.answer.get("Location", "").startswith(SIGN_IN):
                wrong.append(f"{where}: {status}")
            if seen.unrecorded:
                wrong.append(f"{where}: changes {sorted(seen.unrecorded)} without an entry")
            blind = (address.name, role) in BLIND
            shows = address.leaves == "opens" and not blind and (status == 200 or seen.reads & SEALED)
            if shows and not seen.recorded:
                wrong.append(f"{where}: opens without an entry")
            if address.leaves != "opens" and seen.reads & SEALED and address.name not in COUNTS:
                wrong.append(f"{where}: reads what is sealed")
            if (blind or (address.method == "GET" and address.leaves != "opens")) and personal(seen, secrets):
                wrong.append(f"{where}: shows what is personal")
    assert wrong == []
    clear = b"\n".join(unread()).decode()
    assert clear.count('"disclose:') > 10
    assert [value for value in [*secrets, SAID["reason"], SAID["q"]] if value in clear] == []


def test_nothing_personal_stands_in_any_entry_of_the_demonstration(secrets):
    for model in (LedgerEntry, LedgerPending):
        clear = b"\n".join(bytes(body) for body in model.objects.values_list("body", flat=True)).decode()
        assert [value for value in secrets if value in clear] == []


def test_what_belongs_to_another_line_is_not_there_and_the_try_is_on_record(enter, calls, secrets, unread):
    leader = enter("team_leader")
    assert leader.user.lines, "a leader of some lines"
    others = [call for found in calls.values() for call in found if call.line_id not in leader.user.lines]
    foreign = next(call for call in others if call.customer_id)
    places = {"call": foreign.pk, "customer": foreign.customer_id}
    tried = 0
    for (name, method), address in TABLE.items():
        if not set(walking.names_in(ROUTES[name])) & places.keys() or "team_leader" not in address.may:
            continue
        path = reverse(
            f"console:{name}",
            kwargs={one: places.get(one, foreign.pk) for one in walking.names_in(ROUTES[name])},
        )
        answer = leader.post(path, SAID) if method == "POST" else leader.get(path)
        tried += 1
        assert answer.status_code in (403, 404), path
        assert [value for value in secrets if value in answer.content.decode()] == []
    assert tried > 8
    refusals = [body for body in unread() if str(Event.ADDRESS_REFUSED).encode() in body]
    assert len(refusals) >= tried - 1
    assert str(foreign.pk).encode() not in b"".join(refusals)


def test_a_second_person_cannot_use_what_was_given_to_the_first(enter, calls):
    """A permit to play, and a session to end, are the person's they were made for."""
    first, second = enter("quality_reviewer"), enter("data_protection_officer")
    call = next(call for call in calls["service-zh"] if call.customer_id)
    led = first.get(reverse("console:call_listen", args=[call.pk]), {"purpose": "quality"})
    assert led.status_code == 302
    part = {"Range": "bytes=0-99"}
    assert first.get(led["Location"], headers=part).status_code == 206
    assert second.get(led["Location"], headers=part).status_code in (403, 404)
    theirs = first.login
    second.post(reverse("console:own_session_end", args=[theirs.pk]))
    assert Session.objects.get(pk=theirs.pk).revoked_at is None
