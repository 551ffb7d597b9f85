"""Could this person do that, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.doors.console.access import for_roles
from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Badge, Crumb, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.doors.console.matrix import tables
from callwarden.doors.console.matrix.grid import ORDER
from callwarden.doors.console.matrix.pages import crumbs, home_crumb, in_force
from callwarden.doors.console.matrix.words import TRAINING, policy_told, reason_label
from callwarden.doors.console.navigation import PROVE
from callwarden.doors.console.offering import offer
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.engines.policy import CHANGES, JOB_PREFIX, Advice, Matrix
from callwarden.flows.simulate import Situation, simulate
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.models import User

State = PolicyVersion.State
SHIFTS: dict[str, Text] = {
    "": _("As it is now"),
    "on": _("On shift"),
    "off": _("Off shift"),
    "not_measured": _("Not measured yet"),
}
FLAGS: tuple[tuple[str, Text], ...] = (
    ("call", _("A call with this person is in hand")),
    ("ticket", _("An open ticket concerns this person")),
    ("campaign", _("A running campaign has them call this person")),
    ("reason", _("A reason is stated")),
    ("grant", _("Two people granted it for a limited time")),
    ("consent", _("The person consented to the purpose")),
)
ABOUT: tuple[tuple[str, Text], ...] = (
    ("vip", _("Specially protected")),
    ("hold", _("Under a legal hold")),
    ("restricted", _("Processing restricted")),
    ("other_client", _("Of a client they do not serve")),
    ("other_line", _("Of a line they do not serve")),
    ("own_record", _("Their own, or of somebody close to them")),
    ("own_request", _("They asked for it themselves (for approvals)")),
)


class TryForm(forms.Form):
    """Who, what and the circumstances; a real person or record takes the place of what is imagined."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    roles = forms.MultipleChoiceField(
        label=_("or somebody with these roles"), required=False, widget=forms.CheckboxSelectMultiple
    )
    action = forms.ChoiceField(label=_("wants to"))
    purpose = forms.ChoiceField(label=_("for the purpose"))
    category = forms.ChoiceField(label=_("with this kind of data"))
    record = forms.UUIDField(
        label=_("or with exactly this record"),
        required=False,
        help_text=_("The number of a record, as the log names it. Its kind and state then count; nothing is opened."),
    )
    circumstances = forms.MultipleChoiceField(
        label=_("Circumstances"), required=False, choices=FLAGS, widget=forms.CheckboxSelectMultiple
    )
    mfa_minutes = forms.IntegerField(
        label=_("Minutes since the second factor"), required=False, min_value=0, max_value=100_000, initial=5,
        help_text=_("Empty: never shown."),
    )  # fmt: skip
    bulk_count = forms.IntegerField(
        label=_("People opened in 10 minutes, this one included"), min_value=1, max_value=1_000_000, initial=1
    )
    shift = forms.ChoiceField(label=_("Shift"), required=False, choices=list(SHIFTS.items()))
    training = forms.ChoiceField(
        label=_("Privacy training"), required=False, choices=[("", _("As it is now")), *TRAINING.items()]
    )
    about = forms.MultipleChoiceField(
        label=_("The record is"), required=False, choices=ABOUT, widget=forms.CheckboxSelectMultiple
    )
    against = forms.ChoiceField(label=_("Beside the version in force, ask"), required=False)

    def __init__(self, *args: Any, matrix: Matrix, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("display_name", "username")
        told = [
            (str(one.pk), f"{one.get_full_name()} ({', '.join(str(role_label(role)) for role in one.roles)})")
            for one in people
        ]
        offer(self, "person", [("", _("Nobody in particular")), *told])
        # Also what only a draft has: the version in force then says that it does not know it.
        waiting = PolicyVersion.objects.filter(state__in=(State.DRAFT, State.SHADOW)).order_by("-version")
        parts = {
            part: dict.fromkeys([*getattr(matrix, part), *(slug for one in waiting for slug in one.matrix[part])])
            for part in ("roles", "purposes", "categories")
        }
        offer(self, "roles", [(one, role_label(one)) for one in parts["roles"] if not one.startswith(JOB_PREFIX)])
        offer(self, "action", [(one, action_label(one)) for one in ORDER])
        offer(self, "purpose", [(one, purpose_label(one)) for one in parts["purposes"]])
        offer(self, "category", [(one, category_label(one)) for one in parts["categories"]])
        others = [(str(one.version), f"#{one.version} · {State(one.state).label}") for one in waiting]
        offer(self, "against", [("", _("No other version")), *others])
        self.fields["circumstances"].initial = ["call", "reason"]
        self.fields["purpose"].initial = "service"
        self.fields["category"].initial = "contact"
        self.fields["action"].initial = "reveal"
        self.fields["roles"].initial = ["agent"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("person") and not given.get("roles") and "roles" not in self.errors:
            self.add_error("roles", _("Choose a person, or at least one role."))
        return given

    def situation(self) -> Situation:
        given = self.cleaned_data
        flags = {name: True for name in (*given["circumstances"], *given["about"])}
        return Situation(
            action=given["action"],
            purpose=given["purpose"],
            category=given["category"],
            roles=tuple(given["roles"]),
            user=User.objects.get(pk=given["person"]) if given["person"] else None,
            record=given["record"],
            mfa_minutes=given["mfa_minutes"],
            shift=given["shift"],
            training=given["training"],
            bulk_count=given["bulk_count"],
            **flags,
        )

    def parts(self) -> Iterator[tuple[Text, list[BoundField], str]]:
        """The fields as the page shows them."""
        yield _("Who"), [self["person"], self["roles"]], "choice-fields"
        yield _("What"), [self[name] for name in ("action", "purpose", "category", "record")], "pair-fields"
        numbers = ("mfa_minutes", "bulk_count", "shift", "training")
        yield _("Circumstances"), [self["circumstances"], *(self[name] for name in numbers)], "choice-fields"
        yield _("The record, where none is named"), [self["about"]], "choice-fields"
        yield _("Compare"), [self["against"]], "pair-fields"


@dataclass(frozen=True)
class Against:
    """One reason against, and what each alone would take it away."""

    says: str
    lifts: list[str]


@dataclass(frozen=True)
class Answer:
    """What one version says."""

    version: PolicyVersion
    look: Badge
    state: Badge
    policies: list[str]
    against: list[Against]
    together: list[str]
    hopeless: str
    roles: list[Text]
    purposes: list[Text]


@for_roles(PROVE)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: ConsoleRequest) -> HttpResponse:
    """Ask, and see what the version in force says, beside a draft."""
    matrix = active().matrix
    given = request.POST if request.method == "POST" else None
    form = TryForm(given, matrix=matrix, initial={"against": request.GET.get("against", "")})
    answers: list[Answer] = []
    if given is not None and form.is_valid():
        try:
            answers = _answers(request, form)
        except CallwardenError as error:
            form.add_error("record" if error.code == "record_not_found" else None, str(error))
    context = {
        "form": form,
        "parts": list(form.parts()),
        "answers": answers,
        "differs": len({answer.look.tone for answer in answers}) > 1,
        "crumbs": crumbs(home_crumb(), Crumb(_("Could this person do that?"))),
    }
    return render(request, "console/matrix/try.html", context, status=422 if form.errors else 200)


def _answers(request: ConsoleRequest, form: TryForm) -> list[Answer]:
    versions = [one for one in (in_force(),) if one]
    if form.cleaned_data["against"]:
        versions += PolicyVersion.objects.filter(version=form.cleaned_data["against"])
    situation = form.situation()
    return [_answer(version, advice) for version, advice in simulate(situation, versions, actor=request.actor)]


def _answer(version: PolicyVersion, advice: Advice) -> Answer:
    matrix = Matrix.from_data(version.matrix)
    allowed = advice.decision.allowed
    reasons = [] if allowed else list(advice.decision.reasons)
    if not allowed and not advice.granted and "not_granted" not in reasons:
        reasons.append("not_granted")
    return Answer(
        version=version,
        look=Badge(pgettext("decision", "Allowed"), "pass", "circle-check") if allowed
        else Badge(pgettext("decision", "Refused"), "fail", "ban"),
        state=tables.badge(version),
        policies=[policy_told(matrix, one) for one in advice.decision.determining],
        against=[
            Against(reason_label(one), [gettext(CHANGES[change]) for change in advice.lifts.get(one, ())])
            for one in reasons
        ],
        together=[gettext(CHANGES[change]) for change in advice.together or ()],
        hopeless="" if allowed or advice.together is not None else gettext(
            "No change of circumstances opens this. Only another person, role or purpose can."
        ),
        roles=[role_label(one) for one in advice.roles],
        purposes=[purpose_label(one) for one in advice.purposes],
    )  # fmt: skip
