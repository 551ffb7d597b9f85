"""What a small site can be asked for the proof of chapter 1: `python -m tests.prove._lawful_inside QUESTION`, JSON in,
a line of JSON out. Everything through the product's own acts.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

PEOPLE = {"K1": ("欧阳长风", "13900001111"), "K2": ("慕容秋白", "13900002222")}


def fill() -> dict[str, str]:
    """Two customers as their system tells of them, each with a recording. Number of the customer -> record."""
    from callwarden.control.access.actions import ensure_default
    from callwarden.custody.categories import Category
    from callwarden.custody.epochs import open_client
    from callwarden.custody.put import Place, put
    from callwarden.custody.scope import client_scope
    from callwarden.flows.customers import take_in_customer
    from callwarden.flows.formats import customer_of
    from tests.centre import basis_for
    from tests.exchange import open_line
    from tests.protection.backup.inside import people, sequence

    ensure_default()
    people()
    client = open_client(slug="acme", name="Acme", actor="system")
    line = open_line(client, "service")
    made = {}
    for number, (name, phone) in PEOPLE.items():
        row = customer_of({"name": name, "phones": [phone]}, customer_no=number)
        customer = take_in_customer(line, row, actor="system").customer
        with client_scope(client.id):
            record = put(
                basis_for(line, days=60), category=Category.RECORDING_REDACTED, subject=customer.subject,
                write=lambda out: out.write(b"what was said " * 99), place=Place(customer=customer),
            )  # fmt: skip
        made[number] = str(record.id)
    sequence()
    return made


def search(number: str) -> dict[str, Any]:
    """The product's search for what there is of a customer, while they are still there: the positive control."""
    from callwarden.custody.models import Client
    from callwarden.custody.scope import client_scope
    from callwarden.flows import residue
    from callwarden.flows.requests.found import subjects_of

    client = Client.objects.get().id
    customer = _customer(number)
    with client_scope(client):
        subjects = [one.id for one in subjects_of(customer.person_id)]
    return _told(residue.scan(residue.gather(client, subjects)))


def erase(number: str) -> dict[str, Any]:
    """The customer asks to be erased, two people approve, the job carries it out; what the search found, and the
    certificate's file."""
    from callwarden.custody.models import Client, ResidueScan
    from callwarden.custody.scope import client_scope
    from callwarden.flows import certificates
    from callwarden.flows.requests import work
    from callwarden.flows.residue import ScanReport
    from callwarden.kernel import approvals
    from callwarden.kernel.models import User
    from callwarden.lawful.certificates.models import Certificate
    from callwarden.lawful.requests import actions, acts
    from callwarden.lawful.requests.kinds import Channel, Kind
    from callwarden.lawful.requests.models import SubjectRequest
    from tests.protection.backup.inside import sequence

    client, customer = Client.objects.get().id, _customer(number)
    line = _line()
    with client_scope(client):
        request = actions.receive(line, kind=Kind.ERASURE, channel=Channel.PHONE, actor="system", claimed=customer)
        actions.verified(request, customer, how="agent", actor="system")
        request = work.plan(SubjectRequest.objects.get(pk=request.pk), actor="system")
        act = acts.carrying_out(request)
    first, second = User.objects.get(username="first.officer"), User.objects.get(username="second.officer")
    asked = approvals.request(act, requester=first, reason="asked by the person", client=client)
    approvals.approve(asked.pk, by=second)
    approvals.execute(asked.pk, act, by=first)
    work.run(client, request.pk)
    sequence()
    with client_scope(client):
        state = SubjectRequest.objects.get(pk=request.pk).state
        report = ScanReport.from_json(ResidueScan.objects.latest("finished_at").report)
    file = certificates.document(Certificate.objects.get())
    return {**_told(report), "state": str(state), "certificate": file.decode()}


def known(number: str) -> bool:
    """Whether anybody is found by this number, as a door asks."""
    from callwarden.custody.models import Client
    from callwarden.flows.consents import customer_called
    from callwarden.kernel.errors import NotFound

    try:
        customer_called(Client.objects.get().id, number)
    except NotFound:
        return False
    return True


def search_again(record: str) -> dict[str, Any]:
    """The search once more, in a restored store: by ids, as the values are gone."""
    from callwarden.custody.models import Client, Record
    from callwarden.custody.scope import client_scope
    from callwarden.flows import residue
    from callwarden.flows.residue import ScanReport

    client = Client.objects.get().id
    with client_scope(client):
        subject = Record.objects.get(pk=record).subject_id
    return _told(ScanReport.from_json(residue.search_again(client, [subject]).report))


def key() -> str:
    """What an independent verifier needs to know of this installation."""
    from tests.flows.test_certificates import verifier_key

    return verifier_key()


def _customer(number: str) -> Any:
    from callwarden.custody.models import Client
    from callwarden.flows.consents import customer_called

    return customer_called(Client.objects.get().id, number)


def _line() -> Any:
    from callwarden.custody.models import Line

    return Line.objects.get()


def _told(report: Any) -> dict[str, Any]:
    return {
        "outcome": str(report.outcome), "found": report.found, "covered": list(report.covered),
        "marks": dict(report.marks), "places": sorted({place.where for one in report.replicas for place in one.found}),
        "not_covered": [f"{one.replica if hasattr(one, 'replica') else ''} {one}" for one in report.not_covered],
    }  # fmt: skip


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](**json.load(sys.stdin))) + "\n")
