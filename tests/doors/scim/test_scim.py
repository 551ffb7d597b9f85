"""The SCIM door: a real client and a real compliance tester are answered, an intruder with a key gets nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from callwarden.custody.models import Client
from callwarden.kernel import approvals, journal, sessions
from callwarden.kernel.approvals import Act, ActKind
from callwarden.kernel.events import Event
from callwarden.kernel.models import Approval, Session, User, Vote
from callwarden.protection.signin.actions import create
from callwarden.protection.signin.models import ServiceKey
from tests.kernel.conftest import Ledger

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
DPO, SECURITY = "data_protection_officer", "security_administrator"


class Directory:
    """A directory with a key, as raw HTTP."""

    def __init__(self, written: str) -> None:
        self.written = written
        self._browser = Browser(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self._browser.generic(
            method,
            f"/scim/v2{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {key or self.written}"},
        )

    def make(self, user: str = "li.na", **more: Any) -> dict[str, Any]:
        answer = self("POST", "/Users", {"schemas": [USER], "userName": user, **more})
        assert answer.status_code == 201, answer.content
        return answer.json()

    def patch(self, pk: str, *operations: dict[str, Any]) -> Any:
        return self("PATCH", f"/Users/{pk}", {"schemas": [PATCH], "Operations": list(operations)})

    def join(self, role: str, *members: str) -> Any:
        value = [{"value": one} for one in members]
        operations = [{"op": "add", "path": "members", "value": value}]
        return self("PATCH", f"/Groups/{role}", {"schemas": [PATCH], "Operations": operations})


@pytest.fixture(autouse=True)
def ledger() -> Iterator[Ledger]:
    written = Ledger()
    with journal.using(written.write):
        yield written


@pytest.fixture
def owner(db: None) -> User:
    User.objects.create(username="other-admin", roles=[SECURITY])
    return User.objects.create(username="admin", roles=[SECURITY])


@pytest.fixture
def written(owner: User, settings: Any) -> str:
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    client = Client.objects.create(slug="centre", name="Centre")
    _key, made = create(owner=owner, purpose="directory", scopes=["provision"], client=client, actor="system")
    return str(made)


@pytest.fixture
def directory(written: str) -> Directory:
    return Directory(written)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """The whole handler closes the database connection behind every request; the test's transaction lives in it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
def test_the_compliance_tester_finds_nothing_wrong(written: str) -> None:
    client = WSGISCIMClient(
        WSGIHandler(), base_url="http://localhost/scim/v2", headers={"Authorization": f"Bearer {written}"}
    )
    found = check_server(client, resource_types=["User"])
    wrong = [f"{one.title}: {one.reason}" for one in found if one.status in (Status.ERROR, Status.CRITICAL)]
    # An account has one address, always told as work and primary; and it is open or closed, never neither.
    told = ("value for 'emails'", "did not remove attribute 'active'")
    wrong = [one for one in wrong if not any(known in one for known in told)]
    assert not wrong, "\n".join(wrong)
    assert sum(one.status == Status.SUCCESS for one in found) > 20


def test_an_account_begins_without_any_right(directory: Directory) -> None:
    made = directory.make(externalId="e-1", displayName="李娜", emails=[{"value": "li@example.com", "primary": True}])
    account = User.objects.get(pk=made["id"])
    assert (account.roles, account.lines, account.is_superuser) == ([], [], False)
    assert not account.has_usable_password()
    assert (account.external_id, account.display_name, account.email) == ("e-1", "李娜", "li@example.com")
    assert made["meta"]["location"].endswith(f"/scim/v2/Users/{made['id']}")


@pytest.mark.parametrize(
    "smuggled",
    [
        {"is_superuser": True, "is_staff": True},
        {"roles": [{"value": SECURITY}]},
        {"groups": [{"value": SECURITY}]},
        {"password": "correct horse battery"},
        {"pseudonym": str(uuid4()), "id": str(uuid4()), "lines": None},
        {"urn:callwarden:User": {"roles": [DPO]}},
    ],
)
def test_nothing_that_is_not_declared_can_be_set(directory: Directory, smuggled: dict[str, Any]) -> None:
    made = directory.make(**smuggled)
    for answer in (
        directory("PUT", f"/Users/{made['id']}", {"schemas": [USER], "userName": "li.na", **smuggled}),
        directory.patch(made["id"], {"op": "replace", "value": smuggled}),
        *(directory.patch(made["id"], {"op": "add", "path": name, "value": v}) for name, v in smuggled.items()),
    ):
        assert answer.status_code < 500
    account = User.objects.get(pk=made["id"])
    assert (account.roles, account.lines, account.is_superuser, account.is_staff) == ([], [], False, False)
    assert not account.has_usable_password()


def test_what_directories_send_beside_is_dropped_and_names_come_from_their_parts(directory: Directory) -> None:
    made = directory.make(name={"givenName": "娜", "familyName": "李"}, title="Agent", phoneNumbers=[{"value": "1"}])
    assert made["displayName"] == "李娜"
    assert "title" not in made
    answer = directory.patch(
        made["id"],
        {"op": "Replace", "path": "name.familyName", "value": "王"},
        {"op": "Replace", "path": "active", "value": "False"},
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["active"] is False


def test_a_leaver_loses_everything_in_one_transaction(directory: Directory, ledger: Ledger) -> None:
    made = directory.make()
    directory.join("team_leader", made["id"])
    person = User.objects.get(pk=made["id"])
    User.objects.filter(pk=person.pk).update(roles=["team_leader", DPO])
    person.refresh_from_db()
    session = sessions.open(person, "web", mfa=True)
    key, _written = create(
        owner=person, purpose="dialler", scopes=["dialler"], client=Client.objects.get(), actor="system"
    )
    if "test:scim" not in {kind.name for kind in approvals.kinds()}:
        approvals.register(ActKind("test:scim", title="x", roles=(DPO,), run=lambda _e: None, quorum=1))
    other = User.objects.create(username="dpo", roles=[DPO])
    mine = approvals.request(Act("test:scim", {"n": 1}), requester=person, reason="x")
    theirs = approvals.request(Act("test:scim", {"n": 2}), requester=other, reason="x")
    approvals.approve(theirs.pk, by=person)

    assert directory.patch(made["id"], {"op": "replace", "value": {"active": False}}).status_code == 200
    assert Session.objects.get(pk=session.pk).revoked_at is not None
    assert ServiceKey.objects.get(pk=key.pk).revoked_at is not None
    assert Approval.objects.get(pk=mine.pk).state == "withdrawn"
    assert Vote.objects.get().void_at is not None
    assert Event.ACCOUNT_CLOSED in ledger.events

    back = directory.patch(made["id"], {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    assert User.objects.get(pk=made["id"]).roles == ["team_leader"]


def test_deleting_closes_and_coming_back_brings_no_right_along(directory: Directory) -> None:
    made = directory.make(externalId="e-1")
    directory.join("agent", made["id"])
    assert directory("DELETE", f"/Users/{made['id']}").status_code == 204
    assert directory("GET", f"/Users/{made['id']}").status_code == 404
    account = User.objects.get(pk=made["id"])
    assert (account.is_active, account.external_id) == (False, "")
    again = directory.make(externalId="e-2")
    assert again["id"] == made["id"]
    account.refresh_from_db()
    assert (account.is_active, account.roles, account.lines) == (True, [], [])


def test_names_and_ids_are_given_once(directory: Directory) -> None:
    directory.make(externalId="e-1")
    for body in ({"userName": "li.na"}, {"userName": "wang", "externalId": "e-1"}):
        answer = directory("POST", "/Users", {"schemas": [USER], **body})
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('userName eq "LI.NA"', 1),
        ('externalId eq "e-1"', 1),
        ('externalId eq "E-1"', 0),
        ('id eq "nothing"', 0),
        ('userName eq "x\\" or \\"1\\" eq \\"1"', 0),
    ],
)
def test_accounts_are_found_by_what_they_are_known_by(directory: Directory, text: str, count: int) -> None:
    directory.make(externalId="e-1")
    answer = directory("GET", f"/Users?filter={text}")
    assert answer.json()["totalResults"] == count
    searched = directory("POST", "/Users/.search", {"filter": text})
    assert searched.json()["totalResults"] == count


@pytest.mark.parametrize(
    "text",
    [
        "password pr",
        'password eq "x"',
        'userName sw "a"',
        'userName eq "a" or userName eq "b"',
        "not (userName pr)",
        "userName eq 1",
        "((((" * 40,
        'userName eq "' + "a" * 5000 + '"',
        'is_superuser eq "true"',
        'sessions__key eq "x"',
        'emails.value eq "x"',
    ],
)
def test_other_filters_are_refused_in_the_words_of_scim(directory: Directory, text: str) -> None:
    answer = directory("POST", "/Users/.search", {"filter": text})
    assert answer.status_code == 400
    assert answer.json()["scimType"] == "invalidFilter"
    assert text[:50] not in answer.content.decode()


def test_pages_go_through_all_accounts_once(directory: Directory) -> None:
    for number in range(7):
        directory.make(f"person-{number}")
    seen: list[str] = []
    for start in range(1, 20, 3):
        page = directory("GET", f"/Users?startIndex={start}&count=3").json()
        assert page["totalResults"] == 9
        seen += [one["userName"] for one in page.get("Resources", [])]
    assert len(seen) == len(set(seen)) == 9
    assert directory("GET", "/Users?startIndex=-5&count=100000").json()["itemsPerPage"] == 9
    assert directory("GET", "/Users?count=many").status_code == 400


class TestGroups:
    def test_a_group_gives_its_role_and_takes_it(self, directory: Directory, settings: Any) -> None:
        settings.SCIM_GROUPS = {"Call agents": "agent", "Team leads": "team_leader"}
        one, two = directory.make("one"), directory.make("two")
        listed = directory("GET", "/Groups").json()
        assert [group["displayName"] for group in listed["Resources"]] == ["Call agents", "Team leads"]
        assert directory("GET", '/Groups?filter=displayName eq "call agents"').json()["totalResults"] == 1
        assert directory.join("agent", one["id"], two["id"]).status_code == 200
        assert User.objects.get(pk=one["id"]).roles == ["agent"]
        gone = directory(
            "PATCH",
            "/Groups/agent",
            {"schemas": [PATCH], "Operations": [{"op": "remove", "path": f'members[value eq "{one["id"]}"]'}]},
        )
        assert gone.status_code == 200
        assert [User.objects.get(pk=each["id"]).roles for each in (one, two)] == [[], ["agent"]]
        assert directory("GET", f"/Users/{two['id']}").json()["groups"][0]["display"] == "Call agents"

    def test_a_sensitive_role_is_not_given_by_a_program_alone(self, directory: Directory, settings: Any) -> None:
        made = directory.make()
        answer = directory.join(DPO, made["id"])
        assert answer.status_code == 403
        assert User.objects.get(pk=made["id"]).roles == []
        settings.SCIM_SENSITIVE = True
        assert directory.join(DPO, made["id"]).status_code == 403
        settings.TRAINING_MONTHS = 0
        assert directory.join(DPO, made["id"]).status_code == 200

    def test_separated_roles_are_refused_and_nobody_of_the_list_is_changed(
        self, directory: Directory, settings: Any
    ) -> None:
        settings.SCIM_SENSITIVE = True
        settings.TRAINING_MONTHS = 0
        one, two = directory.make("one"), directory.make("two")
        directory.join("auditor", two["id"])
        answer = directory.join("system_administrator", one["id"], two["id"])
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert User.objects.get(pk=one["id"]).roles == []

    def test_the_last_administrators_cannot_be_taken_away(self, directory: Directory, owner: User) -> None:
        answer = directory("PUT", f"/Groups/{SECURITY}", {"displayName": SECURITY, "members": []})
        assert answer.status_code == 403
        assert User.objects.filter(roles__contains=[SECURITY], is_active=True).count() == 2
        other = User.objects.get(username="other-admin")
        assert directory("DELETE", f"/Users/{other.pk}").status_code == 204
        assert directory("DELETE", f"/Users/{owner.pk}").status_code == 403

    def test_groups_are_neither_made_nor_removed(self, directory: Directory) -> None:
        assert directory("POST", "/Groups", {"displayName": "New"}).status_code == 409
        assert directory("DELETE", "/Groups/agent").status_code == 409
        assert directory("GET", "/Groups/emperor").status_code == 404
        assert directory.join("agent", "nobody").status_code == 400
        assert directory.join("agent", str(uuid4())).status_code == 400


def test_a_directory_cannot_make_itself_at_home_in_an_administrators_account(directory: Directory, owner: User) -> None:
    for change in ({"userName": "mine"}, {"emails": [{"value": "me@example.com"}]}, {"externalId": "mine"}):
        answer = directory.patch(str(owner.pk), {"op": "replace", "value": change})
        assert answer.status_code == 403, change
    owner.refresh_from_db()
    assert (owner.username, owner.email, owner.external_id) == ("admin", "", "")


class TestKeys:
    def test_no_other_key_opens_this_door_and_this_key_no_other(self, directory: Directory, owner: User) -> None:
        _key, other = create(owner=owner, purpose="pbx", scopes=["intake"], client=Client.objects.get(), actor="system")
        assert directory("GET", "/Users", key=str(other)).status_code == 403
        assert directory("GET", "/Users", key="cw_nobody").status_code == 401
        answer = Browser().get("/api/v1/calls/C-1", headers={"Authorization": f"Bearer {directory.written}"})
        assert answer.status_code == 403

    def test_a_console_session_counts_nothing_here(self, directory: Directory, owner: User) -> None:
        browser = Browser()
        browser.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        answer = browser.get("/scim/v2/Users")
        assert answer.status_code == 401
        assert answer.json()["schemas"] == [ERROR]

    def test_the_key_of_somebody_who_left_is_dead(self, directory: Directory, owner: User) -> None:
        from callwarden.kernel import people

        people.close_account(owner, actor="system")
        assert directory("GET", "/Users").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/Bulk", 404),
        ("GET", "/Me", 404),
        ("GET", "/Users/../../api", 404),
        ("DELETE", "/Users", 405),
        ("PUT", "/Schemas", 405),
        ("GET", "/Schemas?filter=id pr", 400),
        ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", 200),
        ("GET", "/ResourceTypes/Group", 200),
        ("GET", "/Users/not-an-id", 404),
    ],
)
def test_every_answer_is_one_of_scim(directory: Directory, method: str, path: str, status: int) -> None:
    answer = directory(method, path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/scim+json"
    assert status < 400 or answer.json()["status"] == str(status)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["userName", "active", "emails", "value", "members", "path", "op", "Operations", "id", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=JSON, method=st.sampled_from(["POST /Users", "PUT /Users/{}", "PATCH /Users/{}", "PATCH /Groups/agent"]))
def test_no_document_breaks_the_door_or_gives_a_right(
    directory: Directory, owner: User, body: Any, method: str
) -> None:
    verb, path = method.format(owner.pk).split(" ")
    answer = directory(verb, path, body)
    assert answer.status_code < 500, answer.content
    assert User.objects.get(pk=owner.pk).roles == [SECURITY]
    assert not User.objects.filter(is_superuser=True).exists()
