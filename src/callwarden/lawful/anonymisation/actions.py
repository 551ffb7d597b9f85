"""Proposing, releasing and dropping. A release is made once and never changed; a better one is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from callwarden.kernel import approvals, clock, journal, structural
from callwarden.kernel.errors import Conflict, InvalidInput, Refused
from callwarden.kernel.events import Event
from callwarden.kernel.machine import About
from callwarden.kernel.models import Approval, User
from callwarden.kernel.structural import NotStructural, Value
from callwarden.lawful.anonymisation import acts, note, queries, rules
from callwarden.lawful.anonymisation.acts import columns_of
from callwarden.lawful.anonymisation.differencing import Made
from callwarden.lawful.anonymisation.fields import Source, fields
from callwarden.lawful.anonymisation.measuring import Measured
from callwarden.lawful.anonymisation.models import EndRecipe, Release
from callwarden.lawful.anonymisation.queries import Isolating
from callwarden.lawful.anonymisation.rules import RULES, Recipe, Scope
from callwarden.lawful.retention.models import RetentionRule

ACTOR: Final = "job:retention"
# Kind of data whose end makes records countable, by what is counted.
COUNTED_WITH: Final[Mapping[str, str]] = {"call_metadata": Source.CALLS, "identity": Source.CUSTOMERS}
_LOCK: Final = 0x616E6F6E


class NotReached(Refused):
    """The counts are no anonymous release. `data` holds the figures, and which column a step coarser would do."""


class Isolates(Refused):
    """Beside an earlier release it would single people out."""


@dataclass(frozen=True)
class Candidate:
    """What is proposed: exactly what was asked for, and what counting found."""

    client: UUID
    label: str
    scope: Scope
    measured: Measured
    left_out: Mapping[str, int]

    @property
    def recipe(self) -> Recipe:
        return self.measured.recipe

    @property
    def made(self) -> Made:
        return Made(self.recipe, self.measured.groups, self.measured.left_out)


def check(recipe: Recipe, label: str) -> Recipe:
    """The recipe in its one order, if it may be asked for here.

    Raises:
        InvalidInput: see `rules.check`; a label that is none.
    """
    rules.check(recipe, least_k=settings.ANONYMITY_LEAST_K)
    try:
        structural.check_text(label, where="label")
    except NotStructural:
        label = ""
    if not label or len(label) > 40:
        raise InvalidInput(
            "label_not_structural",
            _("Give it a short reference of letters, digits and -_./ without names or long numbers."),
        )
    return recipe.ordered()


def judge(candidate: Candidate, *, actor: str, session: UUID | None = None) -> None:
    """Refuse what reaches too little, or tells too much beside an earlier release. The refusal is in the ledger.

    Call it outside of a transaction: what it writes must stay when it raises.

    Raises:
        NotReached, Isolates: with the figures, and what to do.
    """
    if candidate.measured.against:
        _note_refusal(candidate, candidate.measured.against, actor=actor, session=session)
        raise not_reached(candidate.measured)
    found = isolating(candidate)
    if found:
        _note_refusal(candidate, ("difference",), actor=actor, session=session)
        raise isolates(found)


@transaction.atomic
def propose(candidate: Candidate, *, by: User, reason: str, session: UUID | None = None) -> Release:
    """Keep what was counted, and ask for a second person. Nobody gets it before that.

    Raises:
        NotReached, Isolates: as `judge`, if something was released meanwhile.
        InvalidInput: no reason.
        Refused: this person does not decide on releases.
    """
    _decides(by)
    made = _write(candidate, actor=by.actor, session=session)
    asked = approvals.request(acts.releasing(made), requester=by, reason=reason, client=made.client_id, session=session)
    made.approval = asked.pk
    made.save(update_fields=["approval"])
    return made


@transaction.atomic
def release_at_end(candidate: Candidate, one: EndRecipe) -> Release:
    """Release what was counted before records ended, by the recipe two people approved.

    Raises:
        Isolates: beside an earlier release it would tell too much.
        Conflict: the recipe is not in force any more.
    """
    one = EndRecipe.objects.select_for_update().get(pk=one.pk)
    if one.state != EndRecipe.State.IN_FORCE or candidate.recipe.digest != one.recipe_digest:
        raise Conflict("end_recipe_not_in_force", _("This recipe is not in force any more."))
    made = _write(candidate, actor=ACTOR, at_end=one)
    assert one.approval is not None
    return release(made, actor=ACTOR, approval=one.approval)


def release(made: Release, *, actor: str, approval: UUID) -> Release:
    """It exists from now on. Call it in the transaction that carries the approval out.

    Raises:
        Isolates: something was released meanwhile, beside which it would tell too much.
    """
    _one_at_a_time()
    earlier = queries.comparable(made.client_id, made.made_of, made.counted)
    if found := queries.isolating(made.made, earlier):
        raise isolates(found)
    about: About = {
        "client": made.client_id,
        "approval": approval,
        "count": made.found.people,
        "data": {"digest": made.digest, "recipe": made.recipe_digest, "compared": [str(one.pk) for one in earlier]},
    }
    changes = {"ended_at": clock.now(), "compared": [one.pk for one in earlier], "approval": approval}
    return Release.machine.move(made, Release.State.RELEASED, actor=actor, changes=changes, about=about)


def drop_undecided() -> int:
    """Releases and recipes whose approval was refused, withdrawn or ran out. Returns how many were dropped."""
    dropped = 0
    for made in Release.objects.filter(state=Release.State.PROPOSED, approval__isnull=False):
        if not _open_still(made.approval):
            about: About = {"client": made.client_id, "approval": made.approval}
            changes = {"ended_at": clock.now()}
            Release.machine.move(made, Release.State.DROPPED, actor=ACTOR, changes=changes, about=about)
            dropped += 1
    for one in EndRecipe.objects.filter(state=EndRecipe.State.ASKED, approval__isnull=False):
        if not _open_still(one.approval):
            end_at_end(one, actor=ACTOR)
            dropped += 1
    return dropped


# At the end of a retention rule


@transaction.atomic
def ask_at_end(
    client: UUID, rule: RetentionRule, recipe: Recipe, label: str, *, by: User, reason: str, session: UUID | None = None
) -> EndRecipe:
    """Ask that the records of a rule are counted in the week they end; somebody else decides.

    Raises:
        InvalidInput: the rule is about something that cannot be counted; see `check`.
        Conflict: it has a recipe already.
        Refused: this person does not decide on releases.
    """
    _decides(by)
    recipe = check(recipe, label)
    if COUNTED_WITH.get(rule.category) != recipe.source:
        raise InvalidInput(
            "rule_not_countable",
            _("Calls are counted when call details end, customer records when identities end. Choose such a rule."),
        )
    if EndRecipe.objects.filter(client=client, rule=rule).exclude(state=EndRecipe.State.ENDED).exists():
        raise Conflict("rule_has_a_recipe", _("This rule has a recipe already. End that first."))
    one = EndRecipe.objects.create(
        client_id=client,
        rule=rule,
        label=label,
        recipe=recipe.as_data(),
        recipe_digest=recipe.digest,
        asked_by=by.actor,
        asked_at=clock.now(),
    )
    asked = approvals.request(acts.standing(one), requester=by, reason=reason, client=client, session=session)
    one.approval = asked.pk
    one.save(update_fields=["approval"])
    return one


def put_at_end(one: EndRecipe, *, actor: str, approval: UUID) -> EndRecipe:
    about: About = {"client": one.client_id, "approval": approval, "data": {"recipe": one.recipe_digest}}
    return EndRecipe.machine.move(one, EndRecipe.State.IN_FORCE, actor=actor, about=about)


def end_at_end(one: EndRecipe, *, actor: str, session: UUID | None = None) -> EndRecipe:
    """Nothing is counted by it any more. One person may: it only takes away."""
    about: About = {"client": one.client_id, "session": session}
    return EndRecipe.machine.move(
        one, EndRecipe.State.ENDED, actor=actor, changes={"ended_at": clock.now()}, about=about
    )


# Handing out


@transaction.atomic
def hand_out(made: Release, *, by: User, session: UUID | None = None) -> bytes:
    """The file of a release, and on record who took it.

    Raises:
        Conflict: it was not released.
        Refused: this person does not decide on releases.
    """
    _decides(by)
    if made.state != Release.State.RELEASED:
        raise Conflict("not_released", _("Nobody gets it before two people have decided."))
    journal.record(
        journal.Entry(
            event=Event.ANONYMISATION_HANDED_OUT,
            actor=by.actor,
            session=session,
            client=made.client_id,
            data={"release": str(made.pk), "digest": made.digest},
        )
    )
    return note.file(made)


# Shared


def not_reached(measured: Measured) -> NotReached:
    """The refusal, with what was measured and the column that would do most a step coarser."""
    figures, recipe = measured.figures, measured.recipe
    said = [
        gettext(
            "This is not anonymous yet: the smallest of %(classes)s groups has %(smallest)s people (%(k)s are needed),"
            " and %(percent)s per cent of people would have to be left out (%(limit)s are allowed)."
        )
        % {
            "classes": figures.classes,
            "smallest": figures.smallest,
            "k": recipe.k,
            "percent": figures.suppressed_percent,
            "limit": recipe.suppress,
        }
    ]
    if figures.alike and recipe.sensitive:
        said.append(
            ngettext(
                "In %(n)s group too many have the same value of “%(column)s”.",
                "In %(n)s groups too many have the same value of “%(column)s”.",
                figures.alike,
            )
            % {"n": figures.alike, "column": recipe.sensitive.of.title}
        )
    if measured.coarser:
        best = measured.coarser[0]
        field = fields()[best.field]
        said.append(
            gettext("Most would be gained by “%(column)s” as “%(level)s”.")
            % {"column": field.title, "level": field.levels[field.step(best.level)].title}
        )
    return NotReached("not_anonymous", " ".join(said), data=refusal_data(measured))


def refusal_data(measured: Measured) -> dict[str, Value]:
    figures = measured.figures
    return {
        "against": list(measured.against),
        "people": figures.people,
        "classes": figures.classes,
        "smallest": figures.smallest,
        "least_values": figures.least_values,
        "suppressed": figures.suppressed,
        "k": measured.recipe.k,
        "l": measured.recipe.l if measured.recipe.sensitive else None,
        "coarser": [f"{one.field}:{one.level}" for one in measured.coarser],
    }


def isolates(found: Isolating) -> Isolates:
    return Isolates(
        "difference_isolates",
        _(
            "Beside the release “%(label)s” this one would let fewer than k people be told apart in %(few)s groups, and"
            " too few different values in %(alike)s. Count other days, or wait until more people have come or gone."
        ),
        data={
            "label": found.release.label,
            "release": str(found.release.pk),
            "few": found.difference.few,
            "alike": found.difference.alike,
        },
    )


def _write(
    candidate: Candidate, *, actor: str, session: UUID | None = None, at_end: EndRecipe | None = None
) -> Release:
    recipe, measured = candidate.recipe, candidate.measured
    if measured.against:
        raise not_reached(measured)
    _one_at_a_time()
    if found := isolating(candidate):
        raise isolates(found)
    digest = rules.dataset_digest(rules.dataset(recipe, measured.groups))
    number = uuid4()
    entry = journal.record(
        journal.Entry(
            event=Event.ANONYMISATION_PROPOSED,
            actor=actor,
            session=session,
            client=candidate.client,
            count=measured.figures.people,
            data={
                "release": str(number),
                "label": candidate.label,
                "recipe": recipe.digest,
                "digest": digest,
                "columns": columns_of(recipe),
                "k": recipe.k,
                "l": recipe.l if recipe.sensitive else None,
                "classes": measured.figures.kept_classes,
                "smallest": measured.figures.kept_smallest,
                "suppressed": measured.figures.suppressed,
                "rules": RULES,
            },
        )
    )
    figures = asdict(measured.figures)
    figures["histogram"] = {str(size): count for size, count in measured.figures.histogram.items()}
    return Release.objects.create(
        id=number,
        client_id=candidate.client,
        label=candidate.label,
        recipe=recipe.as_data(),
        recipe_digest=recipe.digest,
        scope=candidate.scope.as_data(),
        figures=figures,
        rows=[[list(one.labels), one.value, one.people] for one in measured.groups],
        digest=digest,
        rules=RULES,
        left_out=dict(candidate.left_out),
        at_end=at_end,
        proposed_by=actor,
        proposed_at=clock.now(),
        entry=entry,
    )


def isolating(candidate: Candidate) -> Isolating | None:
    """The earlier release beside which it would tell too much, if there is one."""
    earlier = queries.comparable(candidate.client, candidate.recipe, candidate.scope)
    return queries.isolating(candidate.made, earlier)


@transaction.atomic
def _note_refusal(candidate: Candidate, against: tuple[str, ...], *, actor: str, session: UUID | None = None) -> None:
    told = refusal_data(candidate.measured)
    journal.record(
        journal.Entry(
            event=Event.ANONYMISATION_REFUSED,
            actor=actor,
            session=session,
            client=candidate.client,
            decision="refuse",
            reasons=against,
            count=candidate.measured.figures.people,
            data={
                **{name: told[name] for name in ("classes", "smallest", "least_values", "suppressed", "k", "l")},
                "recipe": candidate.recipe.digest,
                "columns": columns_of(candidate.recipe),
                "rules": RULES,
            },
        )
    )


def _decides(person: User) -> None:
    if not person.has_role(*acts.DECIDE):
        raise Refused(
            "not_of_this_duty", _("The data protection officer and the security administrator decide on this.")
        )


def _one_at_a_time() -> None:
    """Of two releases at the same moment the second is compared with the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _open_still(approval: UUID | None) -> bool:
    asked = Approval.objects.filter(pk=approval).first() if approval else None
    waiting = (Approval.State.PENDING, Approval.State.APPROVED)
    return asked is not None and asked.state in waiting and asked.expires_at > clock.now()
