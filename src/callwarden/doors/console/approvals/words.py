"""Acts in plain words: what exactly would happen, told from the parameters the digest is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from callwarden.control.access import acts as matrices
from callwarden.control.access.models import PolicyVersion
from callwarden.control.accounts import acts as accounts
from callwarden.control.alerts import acts as silences
from callwarden.control.grants import actions as grants
from callwarden.control.grants.models import AccessGrant
from callwarden.control.log_years import acts as log_years
from callwarden.control.siem import acts as receivers
from callwarden.custody.categories import Category
from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.custody.models import Call, Client, LedgerYear, Line
from callwarden.custody.scope import client_scope
from callwarden.doors.console.alerts.words import title_of as title_of_alert
from callwarden.doors.console.anonymous.forms import lines_of
from callwarden.doors.console.anonymous.tables import columns_shown, scope_told
from callwarden.doors.console.approvals import of_partners, of_redaction, of_requests
from callwarden.doors.console.approvals.telling import Plain
from callwarden.doors.console.bulk import words as many
from callwarden.doors.console.chapters.differences import of_matrices
from callwarden.doors.console.chapters.words import action_label
from callwarden.doors.console.components import Badge, Change, Difference, Fact, Link, Text
from callwarden.doors.console.deeds import named_actor
from callwarden.doors.console.holds.tables import about as matter_about
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.notices.differences import of_notices, of_texts
from callwarden.doors.console.notices.words import purpose_names
from callwarden.doors.console.people.tables import role_names
from callwarden.doors.console.registry.purposes import difference as purpose_difference
from callwarden.engines.policy import Matrix
from callwarden.flows import checking
from callwarden.flows.names import named
from callwarden.flows.requests import lifting, of_agents
from callwarden.kernel import approvals, bulk, deadlines, findings, frozen, stricter
from callwarden.kernel.approvals import Act
from callwarden.kernel.models import Approval, BulkAct, Finding, Severity, User
from callwarden.lawful.anonymisation import acts as anonymous
from callwarden.lawful.anonymisation.models import EndRecipe, Release
from callwarden.lawful.assessments import acts as assessing
from callwarden.lawful.assessments.models import Assessment
from callwarden.lawful.holds import acts as holds
from callwarden.lawful.holds.models import Matter
from callwarden.lawful.notices import acts as notices
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.rules import covers_from, widened
from callwarden.lawful.purposes import acts as registry
from callwarden.lawful.purposes.actions import content_of
from callwarden.lawful.purposes.models import Purpose, PurposeRevision, Transfer
from callwarden.lawful.purposes.queries import entry_of
from callwarden.lawful.purposes.terms import CATEGORIES as KINDS_OF_DATA
from callwarden.lawful.requests import acts as requests
from callwarden.lawful.retention import acts as retention
from callwarden.lawful.retention import statutes
from callwarden.lawful.retention.models import Trigger
from callwarden.lawful.staff import acts as staff
from callwarden.lawful.staff.models import StaffNotice
from callwarden.partners.register import acts as resuming
from callwarden.protection.backup import rules as copies
from callwarden.protection.keys import rules as roots
from callwarden.protection.signin import acts as factors

STATES: dict[str, tuple[str, str]] = {
    Approval.State.PENDING: ("warn", "hourglass"),
    Approval.State.APPROVED: ("pass", "circle-check"),
    Approval.State.REFUSED: ("fail", "circle-x"),
    Approval.State.WITHDRAWN: ("neutral", "arrow-left"),
    Approval.State.EXPIRED: ("neutral", "clock"),
    Approval.State.EXECUTED: ("info", "check"),
}


def badge_of(approval: Approval) -> Badge:
    tone, icon = STATES[approval.state]
    return Badge(Approval.State(approval.state).label, tone, icon)


def title_of(approval: Approval) -> Text:
    """What the inbox calls the act; an act no part of the product knows any more is called by its slug."""
    known = {kind.name: kind.title for kind in approvals.kinds()}
    return known.get(approval.kind, approval.kind)


def plain(approval: Approval) -> Plain:
    """The act in words. What it is about may be gone meanwhile; then its parameters are shown as they are."""
    act = approvals.act_of(approval)
    try:
        return _TELLERS.get(approval.kind, _as_it_is)(act)
    except ObjectDoesNotExist:
        return _as_it_is(act)


def votes_needed(approval: Approval) -> Text:
    says = ngettext_lazy("%(count)s other person must approve", "%(count)s other people must approve", approval.quorum)
    if approval.distinct_roles < 2:
        return says % {"count": approval.quorum}
    differ = ngettext_lazy(
        "%(count)s other person must approve, from %(roles)s different roles",
        "%(count)s other people must approve, from %(roles)s different roles",
        approval.quorum,
    )
    return differ % {"count": approval.quorum, "roles": approval.distinct_roles}


def _as_it_is(act: Act) -> Plain:
    return Plain([Fact(name.replace("_", " "), _shown(value)) for name, value in act.parameters.items()])


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _notice(act: Act) -> Plain:
    notice = Notice.objects.select_related("line").get(pk=str(act.parameters["notice"]))
    before = Notice.objects.filter(line=notice.line, state=Notice.State.PUBLISHED).exclude(pk=notice.pk).first()
    return Plain(
        [
            Fact(_("Line"), named(notice.line)),
            Fact(_("Version"), Link(notice.version, reverse("console:notice", args=[notice.pk]))),
            Fact(_("Takes effect"), _("for every call judged after it is carried out")),
            *_renewals(before, notice),
            Fact(_("Digest of the text"), str(act.parameters["text"])),
        ],
        of_notices(before, notice),
    )


def _staff_notice(act: Act) -> Plain:
    notice = StaffNotice.objects.get(pk=str(act.parameters["notice"]))
    before = StaffNotice.objects.filter(state=StaffNotice.State.PUBLISHED).exclude(pk=notice.pk).first()
    return Plain(
        [
            Fact(_("Version"), Link(notice.version, reverse("console:staff_notice_version", args=[notice.pk]))),
            Fact(_("Takes effect"), _("everybody who signs in is asked to read it")),
            Fact(_("Digest of the text"), str(act.parameters["text"])),
        ],
        of_texts(before, notice),
    )


def _renewals(before: Notice | None, notice: Notice) -> list[Fact]:
    """Whose consent publishing would make stale: whoever approves has to know."""
    purposes = sorted(widened(covers_from(before.covers), covers_from(notice.covers))) if before else []
    names = purpose_names()
    told = ", ".join(names.get(slug, slug) for slug in purposes)
    return [Fact(_("Consent to be asked for again"), Badge(told, "warn", "refresh"))] if told else []


def _matrix(act: Act) -> Plain:
    version = PolicyVersion.objects.get(pk=str(act.parameters["version"]))
    before = PolicyVersion.objects.filter(digest=str(act.parameters["instead_of"])).order_by("-version").first()
    difference = of_matrices(Matrix.from_data(before.matrix), Matrix.from_data(version.matrix)) if before else None
    return Plain(
        [
            Fact(_("Version"), version.version),
            Fact(_("Instead of version"), before.version if before else None),
            Fact(_("Takes effect"), _("with the next decision")),
        ],
        difference,
    )


def _log_year(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Year"), str(act.parameters["year"])),
            Fact(_("Log"), LedgerYear.objects.get(pk=int(str(act.parameters["year"]))).origin),
            Fact(_("Takes effect"), _("at once and for good; the last signed head stays")),
        ]
    )


def _retention(act: Act) -> Plain:
    change = retention.change_of(act)
    line = Line.objects.get(pk=change.line) if change.line else None
    purpose = Purpose.objects.filter(slug=change.purpose).first()
    days = _("%(days)s days")
    before = change.before or ("", "", "", "", "")
    told = [days % {"days": before[at]} if before[at] != "" else "" for at in (1, 3)]
    where = (
        Fact(_("Line"), named(line))
        if line
        else Fact(_("Every line under the law of"), Jurisdiction(change.jurisdiction).label)
    )
    return Plain(
        [
            where,
            Fact(_("Kind of data"), Category(change.category).label),
            Fact(_("Purpose"), named(purpose) if purpose else change.purpose),
            Fact(
                _("Takes effect"),
                _("for what is stored from then on, and for what is stored already once its dates are computed anew"),
            ),
            Fact(_("Reasons named"), provisions(change.floor_provision, change.ceiling_provision)),
        ],
        Difference(
            [
                Change(
                    _("Counts from"),
                    Trigger(before[0]).label if before[0] else "",
                    Trigger(change.trigger).label,
                ),
                Change(_("Must be kept at least"), told[0], days % {"days": change.floor_days}),
                Change(_("May be kept at most"), told[1], days % {"days": change.ceiling_days}),
            ],
            _("Retention rule"),
        ),
    )


def provisions(*slugs: str) -> str:
    """Provisions by name, or as the site calls them."""
    return "; ".join(str(statutes.named(slug) or slug) for slug in slugs if slug)


def _hold(act: Act) -> Plain:
    matter = Matter.objects.select_related("client").get(pk=str(act.parameters["matter"]))
    given = [
        Fact(_("Matter"), Link(matter.label, reverse("console:hold", args=[matter.pk]))),
        Fact(_("Client"), named(matter.client)),
        Fact(_("Ground"), Matter.Ground(matter.ground).label),
        Fact(_("What it is about"), matter_about(matter)),
    ]
    if act.kind == holds.SET:
        return Plain([*given, Fact(_("Looked at again on"), str(act.parameters["review_on"]))])
    counts = (
        Fact(_("Records on hold"), act.parameters["held"]),
        Fact(_("Erasures that are carried out then"), act.parameters["deferred"]),
    )
    return Plain([*given, *counts])


def _purpose_facts(act: Act) -> list[Fact]:
    purpose = Purpose.objects.get(pk=str(act.parameters["purpose"]))
    return [
        Fact(_("Purpose"), Link(named(purpose), reverse("console:purpose", args=[purpose.slug]))),
        Fact(_("Digest of its content"), str(act.parameters.get("content", "")) or None),
    ]


def _activation(act: Act) -> Plain:
    return Plain([*_purpose_facts(act), Fact(_("Takes effect"), _("with the next decision"))])


def _purpose_change(act: Act) -> Plain:
    revision = PurposeRevision.objects.select_related("purpose").get(pk=str(act.parameters["revision"]))
    changes = purpose_difference(entry_of(revision.purpose), content_of(revision))
    return Plain([*_purpose_facts(act), Fact(_("Takes effect"), _("with the next decision"))], changes)


def _relaxation(act: Act) -> Plain:
    given = act.parameters
    before = given["before"] if isinstance(given["before"], list) else ["", "", ""]
    labels = (_("Level"), _("Sensitive"), _("Never stored"))
    after = (given["level"], given["sensitive"], given["never_store"])
    return Plain(
        [
            Fact(_("Kind of data"), KINDS_OF_DATA.get(str(given["category"]), str(given["category"]))),
            Fact(_("Where"), Jurisdiction(str(given["jurisdiction"])).label),
        ],
        Difference([Change(*one) for one in zip(labels, before, map(str, after), strict=True)], _("What changes")),
    )


def _transfer(act: Act) -> Plain:
    transfer = Transfer.objects.select_related("recipient").get(pk=str(act.parameters["transfer"]))
    to = transfer.recipient
    return Plain(
        [
            Fact(_("Recipient"), f"{named(to)} ({to.country})"),
            Fact(_("Leaves"), Jurisdiction(transfer.jurisdiction).label),
            Fact(_("Allowed by"), Transfer.Mechanism(transfer.mechanism).label),
            Fact(_("Provision"), transfer.provision),
            Fact(_("Number"), transfer.reference),
            Fact(_("Until (last day)"), act.parameters["until"]),
        ]
    )


def _service(act: Act) -> Plain:
    line = Line.objects.get(pk=str(act.parameters["line"]))
    says = _("begins to serve it") if act.parameters["serves"] else _("serves it no more")
    core = _("Yes") if act.parameters["core"] else _("No")
    return Plain(
        [
            *_purpose_facts(act)[:1],
            Fact(_("Line"), named(line)),
            Fact(_("The line"), says),
            Fact(_("Nothing is kept of a call without it"), core),
        ]
    )


def _assessment(act: Act) -> Plain:
    one = Assessment.objects.select_related("purpose").get(pk=str(act.parameters["assessment"]))
    label = f"{named(one.purpose)} · {one.number}"
    return Plain(
        [
            Fact(_("Impact assessment"), Link(label, reverse("console:assessment", args=[one.pk]))),
            Fact(_("Digest of the text"), str(act.parameters["text"])),
        ]
    )


def _acceptance(act: Act) -> Plain:
    finding = Finding.objects.get(pk=str(act.parameters["finding"]))
    return Plain(
        [
            Fact(
                _("Finding"),
                Link(findings.kind_of(finding.kind).title, reverse("console:finding", args=[finding.pk])),
            ),
            Fact(_("Severity"), Severity(str(act.parameters["severity"])).label),
            Fact(_("Accepted until"), str(act.parameters["until"])),
        ]
    )


def _waiver(act: Act) -> Plain:
    return Plain([Fact(_("Deadline under rule"), str(act.parameters["rule"]))])


def _roles_given(act: Act) -> Plain:
    person = User.objects.get(pk=str(act.parameters["person"]))
    before, after = role_names(act.parameters["before"]), role_names(act.parameters["after"])
    return Plain(
        [
            Fact(_("Account"), f"{person.get_full_name()} ({person.username})"),
            Fact(_("Takes effect"), _("at once, when it is carried out")),
        ],
        Difference([Change(_("Roles"), before or _("None"), after or _("None"))]),
    )


def _agent_erased(act: Act) -> Plain:
    person, subjects = User.objects.get(pk=str(act.parameters["person"])), act.parameters["subjects"]
    return Plain(
        [
            Fact(_("Agent"), f"{person.get_full_name()} ({person.username})"),
            Fact(_("Clients for whom they took calls"), len(subjects) if isinstance(subjects, list) else 0),
            Fact(_("What goes"), _("Their voice and words, in every call; it cannot be brought back.")),
        ]
    )


def _terms(act: Act) -> Plain:
    kind = approvals.kind_of(str(act.parameters["act"]))
    people, roles = stricter.needed(kind)
    return Plain(
        [Fact(_("Act"), kind.title), Fact(_("Takes effect"), _("for what is asked for or carried out from then on"))],
        Difference(
            [
                Change(_("People who must approve"), str(people), str(act.parameters["quorum"])),
                Change(_("Different roles they must have"), str(roles), str(act.parameters["distinct_roles"])),
            ]
        ),
    )


def _unfreezing(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Account"), named_actor(str(act.parameters["person"]))),
            Fact(_("Frozen since"), datetime.fromisoformat(str(act.parameters["frozen_at"]))),
            Fact(_("Takes effect"), _("at once: the person signs in again, with the roles they had")),
        ]
    )


def _shares(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Root key"), str(act.parameters["root"])),
            Fact(_("How many shares there are."), act.parameters["shares"]),
            Fact(_("How many shares bring the root back."), act.parameters["threshold"]),
        ]
    )


def _provider(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Key provider"), str(act.parameters["to"])),
            Fact(_("Root key"), str(act.parameters["new_root"])),
            Fact(_("Instead of root key"), str(act.parameters["root"])),
        ]
    )


def _opening(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Copy it was restored from"), str(act.parameters["backup"])),
            Fact(_("Log entries in it"), act.parameters["ledger_size"]),
            Fact(_("Root of the log"), str(act.parameters["ledger_root"])),
            Fact(_("Acts of the journal done again"), act.parameters["replayed"]),
            Fact(_("Takes effect"), _("when Callwarden is started again at the host")),
        ]
    )


def _epoch(act: Act) -> Plain:
    return Plain([Fact(_("Key epoch"), str(act.parameters["epoch"]))])


def _closing(act: Act) -> Plain:
    client = Client.objects.filter(pk=str(act.parameters["client"])).first()
    return Plain([Fact(_("Client"), named(client) if client else str(act.parameters["client"]))])


def _release(act: Act) -> Plain:
    made = Release.objects.select_related("client").get(pk=str(act.parameters["release"]))
    recipe, found = made.made_of, made.found
    reached = _("%(found)s in the smallest of %(classes)s groups, %(k)s asked for")
    says = {"found": found.kept_smallest, "classes": found.kept_classes, "k": recipe.k}
    return Plain(
        [
            Fact(_("Release"), Link(made.label, reverse("console:anonymous_release", args=[made.pk]))),
            Fact(_("Client"), named(made.client)),
            Fact(_("Of which records"), scope_told(made.counted)),
            Fact(_("Columns"), columns_shown(recipe)),
            Fact(_("People"), reached % says),
            *([Fact(_("l (distinct)"), recipe.l)] if recipe.sensitive else []),
            Fact(_("Left out because their group was too small"), found.suppressed),
            Fact(_("Digest of the CSV"), str(act.parameters["dataset"])),
            Fact(_("Takes effect"), _("at once; what was handed out cannot be called back")),
        ]
    )


def _end_recipe(act: Act) -> Plain:
    one = EndRecipe.objects.select_related("client", "rule__line", "rule__purpose").get(
        pk=str(act.parameters["end_recipe"])
    )
    recipe = one.made_of
    return Plain(
        [
            Fact(_("Recipe"), one.label),
            Fact(_("Client"), named(one.client)),
            Fact(_("Retention rule"), f"{lines_of(one.rule)} · {named(one.rule.purpose)}"),
            Fact(_("Columns"), columns_shown(recipe)),
            Fact(_("People in every group, at least (k)"), recipe.k),
            *([Fact(_("l (distinct)"), recipe.l)] if recipe.sensitive else []),
            Fact(_("May be left out"), _("%(percent)s %%") % {"percent": recipe.suppress}),
            Fact(_("Takes effect"), _("every week from then on, before records of the rule end")),
        ]
    )


def _on_many(act: Act) -> Plain:
    """An act on many rows: what, of which kinds, and the digest of exactly these rows."""
    drawn = BulkAct.objects.get(pk=str(act.parameters["bulk"]))
    rows = Link(str(act.parameters["count"]), reverse("console:bulk_act", args=[drawn.pk]), many.kinds_told(drawn))
    return Plain(
        [
            Fact(_("To be done for"), rows),
            *many.telling(drawn).about(drawn),
            Fact(_("Left out"), drawn.left_out),
            Fact(_("Digest of the set"), str(act.parameters["rows"])),
            Fact(_("Takes effect"), _("row by row, in the background; what has changed by then is skipped")),
        ]
    )


def _access(act: Act) -> Plain:
    """Exactly who would open what, for what and how long; why is in the stated reason."""
    given = act.parameters
    grant = AccessGrant.objects.select_related("person").get(pk=str(given["grant"]))
    return Plain(
        [
            Fact(_("Who"), grant.person.get_full_name()),
            Fact(_("What"), Link(action_label(str(given["action"])), reverse("console:grant", args=[grant.pk]))),
            Fact(_("Purpose"), purpose_label(str(given["purpose"]))),
            Fact(_("Of"), _of_whom(grant)),
            Fact(_("Records"), given["count"]),
            Fact(_("People concerned"), given["subjects"]),
            *([Fact(_("Call"), _call_link(grant.client, str(given["call"])))] if given["call"] else []),
            *([Fact(_("Ticket"), str(given["ticket"]))] if given["ticket"] else []),
            Fact(_("For how long"), _("%(minutes)s minutes") % {"minutes": given["minutes"]}),
            Fact(_("How often something may be opened"), given["uses"]),
            Fact(_("Digest of the records"), str(given["records"])),
            Fact(_("Takes effect"), _("when the person who asked begins it; the policy decides anew each time")),
        ]
    )


def _of_whom(grant: AccessGrant) -> object:
    """What it covers, with the way to the customer's page where it is all of one customer."""
    label = AccessGrant.Scope(grant.scope).label
    if grant.scope == AccessGrant.Scope.CUSTOMER and grant.target:
        return Link(label, reverse("console:customer", args=[grant.target]))
    if grant.scope == AccessGrant.Scope.CALL and grant.target:
        return Link(label, reverse("console:call", args=[grant.target]))
    return label


def _call_link(client: UUID, pk: str) -> object:
    """A call by when it was and on which line; one that is gone by its number."""
    with client_scope(client):
        call = Call.objects.select_related("line").filter(pk=pk).first()
    if call is None:
        return pk
    began = timezone.localtime(call.started_at).strftime("%Y-%m-%d %H:%M")
    return Link(f"{began} · {named(call.line)}", reverse("console:call", args=[call.pk]))


def _factors(act: Act) -> Plain:
    user = User.objects.get(pk=str(act.parameters["person"]))
    return Plain(
        [
            Fact(_("Whose"), Link(user.get_full_name(), reverse("console:sign_in_person", args=[user.pk]))),
            Fact(_("Takes effect"), _("they sign in with the password alone and set up new factors")),
        ]
    )


def _silence(act: Act) -> Plain:
    given = act.parameters
    until = timezone.localtime(datetime.fromisoformat(str(given["until"])))
    return Plain(
        [
            Fact(_("Kind of alert"), title_of_alert(str(given["alert_kind"]))),
            Fact(_("About whom"), named_actor(str(given["person"])) if given["person"] else _("Everybody")),
            Fact(_("Until"), until),
            Fact(_("Takes effect"), _("at once; such alerts are kept and shown to nobody")),
        ]
    )


def _receiver(act: Act) -> Plain:
    return Plain(
        [
            Fact(_("Security system"), Link(str(act.parameters["receiver"]), reverse("console:siem"))),
            Fact(_("Takes effect"), _("at once; it gets no entry of the operation log until somebody has it go on")),
        ]
    )


_TELLERS: dict[str, Callable[[Act], Plain]] = {
    grants.GIVE: _access,
    grants.GIVE_MANY: _access,
    notices.PUBLISH: _notice,
    staff.PUBLISH: _staff_notice,
    log_years.ERASE: _log_year,
    silences.SUPPRESS: _silence,
    resuming.RESUME: of_partners.resumption,
    receivers.PAUSE: _receiver,
    receivers.REMOVE: _receiver,
    matrices.ACTIVATE: _matrix,
    accounts.GIVE: _roles_given,
    retention.CHANGE: _retention,
    registry.ACTIVATE: _activation,
    registry.CHANGE: _purpose_change,
    registry.RELAX: _relaxation,
    registry.TRANSFER: _transfer,
    registry.SERVE: _service,
    assessing.APPROVE: _assessment,
    holds.SET: _hold,
    holds.RELEASE: _hold,
    requests.CARRY_OUT: of_requests.carrying_out,
    checking.SHOW: of_redaction.given_back,
    lifting.LIFT: of_requests.lifted,
    of_agents.ERASE: _agent_erased,
    anonymous.RELEASE: _release,
    anonymous.AT_END: _end_recipe,
    findings.ACCEPT: _acceptance,
    deadlines.WAIVE: _waiver,
    stricter.CHANGE: _terms,
    frozen.UNFREEZE: _unfreezing,
    roots.EXPORT_SHARES: _shares,
    roots.CHANGE_PROVIDER: _provider,
    copies.RESTORE_OPEN: _opening,
    roots.CLOSE_CLIENT: _closing,
    roots.DESTROY_EPOCH: _epoch,
    factors.REMOVE_FACTORS: _factors,
    **{kind.name: _on_many for kind in bulk.kinds() if kind.by_two},
}
