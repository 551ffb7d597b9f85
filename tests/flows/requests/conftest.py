"""A customer who has called, and the people who answer what they ask."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from uuid import UUID

import pytest

from callwarden.custody.models import Call, Customer
from callwarden.custody.scope import client_scope
from callwarden.flows.customers import take_in_customer
from callwarden.flows.formats import customer_of
from callwarden.kernel import approvals
from callwarden.kernel.models import User
from callwarden.kernel.people import open_account
from callwarden.kernel.roles import Role
from callwarden.lawful.requests import actions, acts
from callwarden.lawful.requests.kinds import Channel, Kind
from callwarden.lawful.requests.models import SubjectRequest
from tests.centre import _keeper, client, keeper, keeper_folder
from tests.exchange import CALLER, Exchange, exchange, line

__all__ = ["_keeper", "client", "exchange", "keeper", "keeper_folder", "line"]
NAME, NUMBER = "欧阳长风", "K7"
WRONG = "我的号码不是13900000001，是13900000002。"


@dataclass(frozen=True)
class Caller:
    """A customer of the client and the call they made."""

    exchange: Exchange
    customer: Customer
    call: Call

    @property
    def client(self) -> UUID:
        return self.exchange.line.client_id

    def asks(self, kind: Kind, *, verified: bool = True) -> SubjectRequest:
        """A request of theirs, by telephone."""
        with client_scope(self.client):
            request = actions.receive(
                self.exchange.line,
                kind=kind,
                channel=Channel.PHONE,
                actor="system",
                claimed=self.customer,
                statement=WRONG if kind == Kind.CORRECTION else "",
            )
            if verified:
                actions.verified(request, self.customer, how="agent", actor="system")
        return request

    def now(self, request: SubjectRequest) -> SubjectRequest:
        """The request as it is now."""
        with client_scope(self.client):
            return SubjectRequest.objects.get(pk=request.pk)


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for what is left looks through the temporary folder, which the tests of other processes share."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def caller(exchange: Exchange) -> Caller:
    row = customer_of({"name": NAME, "phones": [f"+86{CALLER}"[-14:]]}, customer_no=NUMBER)
    customer = take_in_customer(exchange.line, row, actor="system").customer
    exchange.call("C1", customer=NUMBER)
    exchange.settle()
    (call,) = exchange.calls()
    assert call.customer_id == customer.id
    return Caller(exchange, customer, call)


@pytest.fixture
def officer(db: None) -> User:
    return open_account("officer", roles=[Role.DPO], actor="system", display_name="Officer")


@pytest.fixture
def second(db: None) -> User:
    return open_account("second", roles=[Role.SECURITY_ADMIN], actor="system", display_name="Second")


def approved(request: SubjectRequest, officer: User, second: User) -> None:
    """Two people decide to carry out exactly what is planned."""
    with client_scope(request.client_id):
        act = acts.carrying_out(SubjectRequest.objects.get(pk=request.pk))
    asked = approvals.request(act, requester=officer, reason="asked by the person", client=request.client_id)
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, act, by=officer)
