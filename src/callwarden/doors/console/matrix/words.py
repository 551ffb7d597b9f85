"""What the matrix and its guards are called, in the reader's language and in the other one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from callwarden.control.access.rules import Lapse
from callwarden.doors.console.chapters.words import action_label, category_label, role_label
from callwarden.doors.console.components import Change, Text
from callwarden.doors.console.labels import purpose_label
from callwarden.engines.policy import FAULTS, REASONS, Fault, Matrix, MatrixRefused
from callwarden.kernel.errors import Translatable

LANGUAGES: Final = {"en": "zh-hans", "zh-hans": "en"}

# What may be set about each guard: the name of the setting -> what the guard asks.
GUARDS: Final[dict[str, Text]] = {
    "bulk_limit": _("People whose records one may open in 10 minutes without a grant"),
    "step_up_s": _("Second factor at most this old"),
    "task_bound": _("Only with a call in hand, an open ticket or a campaign"),
    "live_call_categories": _("In clear only during a call"),
    "queue_bound": _("Only records of the lines they serve"),
    "shift_bound": _("Only on shift"),
    "grant_needed": _("Only with a grant of two people"),
    "vip_actions": _("With specially protected people only in a call or with a grant"),
    "reason_actions": _("A reason must be stated"),
    "training_actions": _("Privacy training must count"),
    "training_accepted": _("Training that counts"),
    "incompatible": _("Roles that no one person may join"),
}
LAPSES: Final[dict[str, Text]] = {
    Lapse.RETIRED: _("This purpose was retired: its cells give no access, and a version that has some is refused."),
    Lapse.UNKNOWN: _("This purpose is not in the register: its cells give no access; no version may have some."),
}
_SHORT: Final[dict[str, Translatable]] = {
    Lapse.RETIRED: _("{purpose} – retired"),
    Lapse.UNKNOWN: _("{purpose} – not in the register"),
}


def marked(purpose: str, dead: Mapping[str, Lapse]) -> Text:
    """The name of a purpose, and that it is not in force where it is not."""
    label = purpose_label(purpose)
    return format_lazy(_SHORT[dead[purpose]], purpose=label) if purpose in dead else label


TRAINING: Final[dict[str, Text]] = {
    "valid": _("Valid"),
    "expired": _("Expired"),
    "not_measured": _("Not measured yet"),
}
PURPOSE_RULES: Final[dict[str, Text]] = {
    "consent": _("Needs consent"),
    "while_restricted": _("Also while processing is restricted"),
}
OBLIGATIONS: Final[dict[str, Text]] = {
    "mask": _("shown masked"),
    "countdown": _("hidden again after a while"),
    "watermark": _("marked with viewer and time"),
    "subject_report": _("in the person's access report"),
}
FAULT_TEXTS: Final[dict[str, Text]] = {
    "text": _("The text cannot be read as YAML."),
    "parts": _("A matrix has exactly these parts: %(name)s."),
    "version": _("The version is not a whole number of 1 or more."),
    "unknown": _("%(place)s: %(name)s is not known."),
    "no_setting": _("%(place)s: there is no such setting."),
    "missing": _("%(place)s: this is missing."),
    "empty": _("%(place)s: choose at least one."),
    "list": _("%(place)s: this is not a list."),
    "names": _("%(place)s: this is not a list of names."),
    "numbers": _("%(place)s: each name needs a number."),
    "number": _("%(place)s: give a whole number of 1 or more."),
    "actions_with_categories": _("%(place)s: choose actions and kinds of data."),
    "pairs": _("%(place)s: choose pairs of two different roles."),
    "slug": _("%(place)s: %(name)s may have only small letters, digits and underscores."),
    "twice": _("%(place)s: something is named twice."),
    "mapping": _("%(place)s: this has not the right form."),
    "purpose": _("%(place)s: there are no other settings than consent and restriction, each yes or no."),
    "grant": _("%(place)s: this needs roles, purposes, kinds of data and actions, and nothing else."),
    "cell": _("%(name)s is not known."),
    "label": _("%(place)s: give a name in English and one in Chinese, of at most 60 characters each."),
}
assert set(FAULT_TEXTS) == set(FAULTS)


class Both(NamedTuple):
    """One name in the reader's language and in the other one of the two."""

    own: str
    other: str
    language: str


def both(label: Text) -> Both:
    mine = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    with override(LANGUAGES[mine]):
        other = str(label)
    with override(mine):
        own = str(label)
    return Both(own, "" if other == own else other, "en" if mine == "zh-hans" else "zh-Hans")


def reason_label(reason: str) -> str:
    return gettext(REASONS.get(reason, reason))


def faults_told(refusal: MatrixRefused) -> list[str]:
    """What is wrong with a matrix, for the person who wrote it."""
    return [_fault(fault) for fault in refusal.faults]


def _fault(fault: Fault) -> str:
    return str(FAULT_TEXTS[fault.code]) % {"place": place_label(fault.place), "name": fault.name.strip("'")}


def place_label(place: str) -> str:
    """`guards.bulk_limit.agent` as people read it."""
    first, *rest = place.split(".")
    if first == "guards" and rest:
        named = [str(GUARDS.get(rest[0], rest[0]))]
        named += [str(role_label(one) if rest[0] == "bulk_limit" else action_label(one)) for one in rest[1:]]
        return " · ".join(named)
    if first == "purposes" and rest:
        return str(purpose_label(rest[0]))
    return {"purposes": gettext("Purposes"), "grants": gettext("Grants"), "obligations": gettext("Duties")}.get(
        first.split("[")[0], place
    )


def policy_told(matrix: Matrix, policy_id: str) -> str:
    """A determining policy (`grant.agent.service.contact`, `guard.bulk.60`) as a sentence."""
    kind, _dot, rest = policy_id.partition(".")
    if kind == "guard":
        return reason_label(rest.split(".")[0])
    role, purpose, first = rest.rsplit(".", 2)
    for grant in matrix.grants:
        if grant.role == role and purpose in grant.purposes and grant.categories[0] == first:
            return gettext("%(role)s may, for %(purpose)s: %(actions)s, with %(kinds)s") % {
                "role": role_label(role),
                "purpose": purpose_label(purpose),
                "actions": joined(action_label(one) for one in grant.actions),
                "kinds": joined(category_label(one) for one in grant.categories),
            }
    return policy_id


def joined(labels: Iterable[Text]) -> str:
    return gettext(", ").join(str(one) for one in labels)


def guard_changes(before: Matrix, after: Matrix) -> Iterator[Change]:
    """What differs in guards, purposes and duties, each as a line with before and after."""
    for name, label in GUARDS.items():
        was, now = _setting(before, name), _setting(after, name)
        for part in sorted(set(was) | set(now)):
            if was.get(part) != now.get(part):
                place = str(label) if not part else f"{label} · {part}"
                yield Change(place, was.get(part, ""), now.get(part, ""))
    for purpose in sorted(set(before.purposes) | set(after.purposes)):
        was_rules, now_rules = _purpose(before, purpose), _purpose(after, purpose)
        if was_rules != now_rules:
            yield Change(f"{gettext('Purpose')} · {purpose_label(purpose)}", was_rules, now_rules)
    for action in sorted(set(before.obligations) | set(after.obligations)):
        was_duties, now_duties = _duties(before, action), _duties(after, action)
        if was_duties != now_duties:
            yield Change(f"{gettext('Duties')} · {action_label(action)}", was_duties, now_duties)
    yield from _name_changes(before, after)
    for part, title, named in (
        ("roles", _("Roles"), role_label),
        ("categories", _("Kinds of data"), category_label),
    ):
        were, are = getattr(before, part), getattr(after, part)
        if were != are:
            yield Change(
                title,
                joined(named(one) for one in were if one not in are),
                joined(named(one) for one in are if one not in were),
            )


def _name_changes(before: Matrix, after: Matrix) -> Iterator[Change]:
    """Names that differ, of what both versions have."""
    for part, title in (("roles", _("Role")), ("categories", _("Kind of data"))):
        were, are = before.names.get(part, {}), after.names.get(part, {})
        for slug in sorted(set(were) & set(are)):
            if were[slug] != are[slug]:
                told = [" · ".join(filter(None, name)) for name in (were[slug], are[slug])]
                yield Change(f"{title} · {slug}", *told)


def _setting(matrix: Matrix, name: str) -> dict[str, str]:
    """A setting in words, by the part of it that can differ by itself ("" where it is one list)."""
    value = getattr(matrix.guards, name)
    match name:
        case "bulk_limit":
            return {str(_("Every other role")) if role == "default" else str(role_label(role)): str(number)
                    for role, number in value}  # fmt: skip
        case "step_up_s":
            return {str(action_label(action)): age_told(seconds) for action, seconds in value}
        case "grant_needed":
            pairs = [
                f"{joined(action_label(one) for one in actions)}: {joined(category_label(one) for one in kinds)}"
                for actions, kinds in value
            ]
            return {"": "; ".join(pairs)} if pairs else {}
        case "incompatible":
            pairs = [pair_label(*pair) for pair in sorted(value)]
            return {"": joined(pairs)} if pairs else {}
        case _:
            named = {"live_call_categories": category_label, "training_accepted": lambda one: TRAINING[one]}
            label = named.get(name) or (action_label if name.endswith("_actions") else role_label)
            return {"": joined(label(one) for one in value)} if value else {}


def pair_label(one: str, two: str) -> str:
    return f"{role_label(one)} + {role_label(two)}"


def age_told(seconds: int) -> str:
    if seconds % 3600 == 0:
        return gettext("%(count)s h") % {"count": seconds // 3600}
    return gettext("%(count)s min") % {"count": round(seconds / 60, 1) if seconds % 60 else seconds // 60}


def _purpose(matrix: Matrix, purpose: str) -> str:
    rule = matrix.purposes.get(purpose)
    if rule is None:
        return ""
    said = [str(label) for name, label in PURPOSE_RULES.items() if getattr(rule, name)]
    return joined(said) or gettext("No condition")


def _duties(matrix: Matrix, action: str) -> str:
    return joined(OBLIGATIONS[one] for one in matrix.obligations.get(action, ()))
