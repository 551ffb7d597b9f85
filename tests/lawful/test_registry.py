"""The registry of purposes: refused with the place named, changed by two, and never in force before it was assessed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.db import IntegrityError, ProgrammingError, connection, transaction

from callwarden.custody.models import Line
from callwarden.kernel import clock
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.lawful.notices import telling
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import Cover
from callwarden.lawful.purposes import actions, files, queries, rules
from callwarden.lawful.purposes.actions import RegistryRefused
from callwarden.lawful.purposes.entries import read
from callwarden.lawful.purposes.models import CategoryRule, LinePurpose, Purpose, PurposeRevision, Recipient, Transfer
from tests.purposes import serve

SAMPLE = Path(__file__).parents[2] / "samples" / "registry.yaml"
PLAIN = """
version: 1
purposes:
  advice:
    use: collection
    name: {en: Advice, zh: 咨询}
    method: [collect]
    concerns: [callers]
    categories: [identity]
    grounds:
      cn: {ground: consent, ends_with: consent_withdrawn, provision: "pipl@2021:13(1)(1)", certainty: read}
"""


def purposes(**changes: object) -> str:
    data = yaml.safe_load(PLAIN)
    data["purposes"]["advice"].update(changes)
    return yaml.safe_dump(data, allow_unicode=True)


def faults_of(text: str) -> dict[str, str]:
    registry, unread = read(yaml.safe_load(text))
    found: dict[str, str] = {}
    for fault in (*unread, *rules.faults(registry, rules.Standing(files.shipped().categories))):
        found[fault.where] = f"{found.get(fault.where, '')} {fault.says}".strip()
    return found


def put(text: str = PLAIN, slug: str = "advice") -> Purpose:
    actions.load(files.shipped(), actor="system")
    actions.load(files.read_text(text), actor="system")
    return Purpose.objects.get(pk=slug)


def put_into_force(text: str = PLAIN) -> Purpose:
    purpose = put(text)
    return actions.activate(purpose, digest=queries.entry_of(purpose).digest, actor="system")


def test_the_shipped_kinds_and_the_sample_registry_are_in_order():
    registry = files.read_file(SAMPLE)
    assert rules.faults(registry, rules.Standing(files.shipped().categories)) == []
    assert rules.faults(files.shipped(), rules.Standing()) == []


GROUND = {"ends_with": "consent_withdrawn"}
DUTY = {"ground": "legal_obligation", "condition": "law_in_force", "ends_with": "duty_end", "provision": "gb@2020:1"}
INTEREST = {"ground": "legitimate_interest", "condition": "balanced", "ends_with": "objection"}
STAFF = {"ground": "hr_management", "condition": "workplace_rules", "ends_with": "employment_end"}


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"grounds": {"cn": {"ground": "legitimate_interest", "condition": "balanced", "ends_with": "objection"}}},
         "grounds.cn", "PIPL art. 13"),
        ({"grounds": {"generic": {"ground": "public_interest", "ends_with": "duty_end"}}}, "grounds.generic", "no"),
        ({"grounds": {"uk": {"ground": "hr_management", "ends_with": "employment_end"}}}, "grounds.uk", "no ground"),
        ({"grounds": {"cn": {"ground": "contract", "ends_with": "contract_end"}}}, "grounds.cn.condition", "contract"),
        ({"grounds": {"cn": {"ground": "consent", "ends_with": "call_end"}}}, "grounds.cn.ends_with", "withdrawn"),
        ({"grounds": {"cn": {"ground": "consent", "certainty": "read", **GROUND}}}, "grounds.cn.certainty", "unc"),
        ({"grounds": {"cn": {"ground": "consent", "provision": "PIPL 13", **GROUND}}}, "grounds.cn.provision", "pipl"),
        ({"grounds": {"cn": {**DUTY, "provision": "", "certainty": "uncertain"}}}, "grounds.cn.provision", "duty"),
        ({"grounds": {"cn": {**DUTY, "ends_with": "employment_end"}}}, "grounds.cn.ends_with", "does not end"),
        ({"grounds": {"cn": {**DUTY, "valid_until": "soon"}}}, "grounds.cn.valid_until", "2026-01-31"),
        ({"grounds": {"cn": {"ground": "consent", "valid_until": "2030-01-01", **GROUND}}},
         "grounds.cn.valid_until", "last day"),
        ({"grounds": {"eu": {**INTEREST, "reference": "LIA-7"}}}, "grounds.eu.reference", "the day"),
        ({"grounds": {"cn": STAFF}, "concerns": ["agents"], "categories": ["agent_voice"]},
         "grounds.cn.reference", "workplace rules"),
        ({"grounds": {"mars": {"ground": "consent", **GROUND}}}, "grounds.mars", "mars"),
        ({"grounds": {}}, "grounds", "at least one"),
        ({"separate_consent": True}, "grounds.cn", "separate_consent"),
        ({"categories": ["payment_card"]}, "categories", "pipl@2021:28"),
        ({"categories": ["card_verification"], "method": ["store"], "sensitive": True}, "categories", "never be"),
        ({"categories": ["shoe_size"]}, "categories", "shoe_size"),
        ({"method": ["send_abroad"]}, "abroad", "abroad"),
        ({"abroad": True}, "abroad", "abroad"),
        ({"name": {"en": "Advice"}}, "name", "both languages"),
        ({"colour": "red"}, "colour", "no such entry"),
        ({"recipients": ["acme/nobody"]}, "recipients", "acme/nobody"),
        ({"sensitive": "yes"}, "sensitive", "true or false"),
    ],
)  # fmt: skip
def test_what_a_registry_may_not_say_is_refused_with_its_place(changes, where, says):
    found = faults_of(purposes(**changes))
    assert says in found[f"purposes.advice.{where}"]


@pytest.mark.parametrize(
    "text", ["- a", "version: 2", "version: 1\npurposes: [a]", "version: 1\nthings: {}", "a: [", "x: 1\nx: 2"]
)
def test_a_file_that_is_no_registry_is_refused(text):
    with pytest.raises(InvalidInput):
        files.read_text(text)


def test_staff_management_carries_no_data_of_callers():
    ground = {"ground": "hr_management", "condition": "workplace_rules", "ends_with": "employment_end"}
    ground |= {"reference": "Handbook 7"}
    assert "staff alone" in faults_of(purposes(grounds={"cn": ground}))["purposes.advice.grounds.cn"]
    kinds = {"concerns": ["agents"], "categories": ["agent_voice"]}
    assert faults_of(purposes(grounds={"cn": ground}, **kinds)) == {}


@pytest.mark.django_db
def test_a_file_with_one_fault_changes_nothing():
    actions.load(files.shipped(), actor="system")
    broken = yaml.safe_load(PLAIN)
    broken["purposes"]["bad"] = {**broken["purposes"]["advice"], "method": []}
    with pytest.raises(RegistryRefused) as caught:
        actions.load(files.read_text(yaml.safe_dump(broken)), actor="system")
    assert [fault.where for fault in caught.value.faults] == ["purposes.bad.method"]
    assert "purposes.bad.method" in str(caught.value)
    assert not Purpose.objects.exists()


def test_what_is_exported_is_what_was_loaded(client):
    actions.load(files.shipped(), actor="system")
    client.slug = "tingsong"
    client.save()
    actions.load(files.read_file(SAMPLE), actor="system")
    exported = files.write_text(queries.registry())
    again = files.read_text(exported)
    assert {slug: entry.digest for slug, entry in again.purposes.items()} == {
        slug: entry.digest for slug, entry in files.read_file(SAMPLE).purposes.items()
    }
    done = actions.load(again, actor="system")
    assert (done.created, done.changed, done.proposed) == ([], [], [])


@pytest.mark.django_db
def test_a_purpose_in_force_is_not_changed_by_a_file_alone():
    purpose = put_into_force()
    done = actions.load(files.read_text(purposes(method=["collect", "store"])), actor="system")
    purpose.refresh_from_db()
    assert purpose.method == ["collect"]
    (revision,) = done.proposed
    before = queries.entry_of(purpose).digest
    actions.apply(revision, instead_of=before, actor="system", approval=None)
    purpose.refresh_from_db()
    assert purpose.method == ["collect", "store"]
    with pytest.raises(Conflict):
        actions.apply(revision, instead_of=before, actor="system", approval=None)
    with pytest.raises(ProgrammingError), transaction.atomic():
        PurposeRevision.objects.filter(pk=revision.pk).update(content={})


def _published(line: Line, version: str, *kinds: str) -> Notice:
    Notice.objects.filter(line=line, state="published").update(state="superseded")
    covers = {"advice": Cover(frozenset(kinds), methods=frozenset({"collect"})).as_data()} if kinds else {}
    return Notice.objects.create(line=line, version=version, state="published", covers=covers)


def test_what_is_in_force_widens_only_once_every_line_tells_it(client):
    purpose = put_into_force()
    line, other = _line(client), Line.objects.create(client=client, slug="m", name="m", jurisdiction="cn")
    for one in (line, other):
        actions.serve(one, purpose, core=True, actor="system")
        _published(one, "1", "identity")
    wider = files.read_text(purposes(categories=["identity", "contact"]))
    (revision,) = actions.load(wider, actor="system").proposed
    before = queries.entry_of(purpose).digest
    assert telling.proposed(line)["advice"].categories == {"identity", "contact"}, "it can be told beforehand"
    _published(line, "2", "identity", "contact")
    with pytest.raises(Refused) as caught:
        actions.apply(revision, instead_of=before, actor="system", approval=None)
    assert (caught.value.code, caught.value.data["lines"]) == ("notice_behind", f"{client.slug}/m")
    assert queries.entry_of(Purpose.objects.get(pk="advice")).digest == before
    _published(other, "2", "identity", "contact")
    actions.apply(revision, instead_of=before, actor="system", approval=None)
    assert telling.proposed(line) == {}


@pytest.mark.parametrize("changes", [{"categories": ["contact"]}, {"method": ["store"]}])
def test_what_is_narrowed_or_was_never_told_by_kind_needs_no_new_notice(client, changes):
    purpose = put_into_force(purposes(categories=["identity", "contact"], method=["collect", "store"]))
    line = _line(client)
    actions.serve(line, purpose, core=True, actor="system")
    _published(line, "1", "identity")
    (revision,) = actions.load(files.read_text(purposes(**changes)), actor="system").proposed
    actions.apply(revision, instead_of=queries.entry_of(purpose).digest, actor="system", approval=None)


@pytest.mark.django_db
def test_a_draft_changed_after_it_was_approved_does_not_come_into_force():
    purpose = put()
    approved = queries.entry_of(purpose).digest
    actions.load(files.read_text(purposes(method=["collect", "store"])), actor="system")
    with pytest.raises(Conflict):
        actions.activate(Purpose.objects.get(pk="advice"), digest=approved, actor="system")


@pytest.mark.django_db
def test_a_kind_of_data_does_not_become_less_sensitive_by_a_file():
    actions.load(files.shipped(), actor="system")
    laxer = "version: 1\ncategories: {payment_card: {cn: {level: 2}}}"
    done = actions.load(files.read_text(laxer), actor="system")
    assert done.looser == ["payment_card.cn"]
    assert CategoryRule.objects.get(category="payment_card", jurisdiction="cn").sensitive


@pytest.mark.django_db
@pytest.mark.parametrize("risky", [{"sensitive": True}, {"use": "ai_processing"}])
def test_a_risky_purpose_cannot_be_in_force_without_an_assessment(risky):
    purpose = put(purposes(**risky))
    with pytest.raises(Refused) as caught:
        actions.activate(purpose, digest=queries.entry_of(purpose).digest, actor="system")
    assert caught.value.code == "assessment_missing"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE lawful_purpose SET state = 'active' WHERE slug = 'advice'")


@pytest.mark.django_db
def test_a_retired_purpose_never_comes_back():
    purpose = actions.retire(put_into_force(), actor="system")
    with pytest.raises(Conflict):
        Purpose.machine.move(purpose, Purpose.State.ACTIVE, actor="system")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE lawful_purpose SET state = 'active', retired_at = NULL WHERE slug = 'advice'")
    with pytest.raises(RegistryRefused):
        actions.load(files.read_text(purposes(method=["store"])), actor="system")


def _line(client, jurisdiction: str = "cn") -> Line:
    return Line.objects.create(client=client, slug="l", name="l", languages=["zh"], jurisdiction=jurisdiction)


def test_a_line_serves_only_what_has_a_ground_where_it_is(client):
    purpose = put_into_force()
    with pytest.raises(Refused):
        actions.serve(_line(client, "eu"), purpose, core=False, actor="system")


def test_drafts_retired_purposes_and_contradicted_grounds_carry_nothing(client):
    line = _line(client)
    purpose = put()
    row = actions.serve(line, purpose, core=True, actor="system")
    assert queries.grounds(line) == ()
    purpose = actions.activate(purpose, digest=queries.entry_of(purpose).digest, actor="system")
    (served,) = queries.grounds(line)
    assert (served.ground, served.core, served.ends_with) == ("consent", True, "consent_withdrawn")
    LinePurpose.objects.filter(pk=row.pk).update(ground="contract")
    assert queries.grounds(line) == ()
    LinePurpose.objects.filter(pk=row.pk).update(ground="consent")
    actions.retire(purpose, actor="system")
    assert queries.grounds(line) == ()


def test_a_ground_for_staff_keeps_no_call(client):
    from callwarden.lawful.gate import Wanted, _covered

    class Facts:
        wanted = (Wanted("agent_quality", "hr_management", False),)
        consents: dict[str, str] = {}
        known_customer = True

    covered, missing = _covered(Facts())
    assert (covered, missing) == ({}, {"agent_quality": "ground_not_for_callers"})


def _abroad(client) -> Recipient:
    from callwarden.lawful.purposes.entries import RecipientEntry, TwoTexts

    return actions.put_recipient(
        f"{client.slug}/far", RecipientEntry(TwoTexts("Far", "远"), "processor", "DE"), actor="system"
    )


def test_a_transfer_counts_once_registered_and_only_within_its_days(client):
    today = clock.now().date()
    far = _abroad(client)
    entry = queries.entry_of(put())
    entry = type(entry)(**{**entry.__dict__, "recipients": (far.key,)})
    terms = {"jurisdiction": "cn", "provision": "pipl@2021:38", "reference": "SCC", "valid_from": today}
    transfer = actions.propose_transfer(far, mechanism="standard_contract", **terms)
    assert queries.uncovered_transfers(entry) == [far.key]
    actions.register_transfer(transfer, actor="system")
    assert queries.uncovered_transfers(entry) == []
    actions.end_transfer(transfer, actor="system")
    assert queries.uncovered_transfers(entry) == [far.key]
    with pytest.raises(InvalidInput):
        actions.propose_transfer(far, mechanism="binding_rules", **terms)
    with pytest.raises(InvalidInput):
        actions.propose_transfer(far, mechanism="clauses", **{**terms, "jurisdiction": "us-ca"})
    assert Transfer.objects.count() == 1


def test_who_needs_separate_consent_follows_from_role_and_country(client):
    far = _abroad(client)
    assert far.separate_consent
    assert not Recipient(client=client, slug="near", role="processor", country="CN").separate_consent
    assert Recipient(client=client, slug="own", role="controller", country="CN").separate_consent
    assert not Recipient(client=client, slug="own", role="controller", country="FR").separate_consent_in("eu")


def test_a_recipient_that_is_named_by_a_purpose_in_force_does_not_end(client):
    far = _abroad(client)
    purpose = serve(_line(client), "advice").purpose
    purpose.recipients.add(far)
    with pytest.raises(Conflict):
        actions.end_recipient(far, actor="system")
