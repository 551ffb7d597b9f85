"""What an assessment has to answer, how its risks are weighed, and what keeps one from being approved.

Pure. Source: PIPL art. 56 (purpose and method; influence and risk; measures fit for the risk); GDPR art. 35(7), 35(2),
36. The list of risks and the weights are the product's own; no law fixes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.jurisdictions import Jurisdiction
from callwarden.kernel.errors import Translatable

KEEP_YEARS: Final = 3
KEEP_PROVISION: Final = "pipl@2021:56"
REVIEW_MONTHS: Final = (3, 6, 12, 24)
LONGEST_ANSWER: Final = 4000
SHORTEST_ANSWER: Final = 20


@dataclass(frozen=True)
class Question:
    slug: str
    asks: Translatable
    hint: Translatable = ""


@dataclass(frozen=True)
class Step:
    """One page of the guided workflow."""

    slug: str
    title: Translatable
    provision: str
    questions: tuple[Question, ...] = ()


STEPS: Final = (
    Step(
        "description",
        _("What is to be done"),
        "pipl@2021:56(1); gdpr@2016:35(7)(a)",
        (
            Question("context", _("Describe what happens, from the call to the end of storage.")),
            Question("people", _("Whose data, how many people a year, and can they expect it?")),
            Question("sources", _("Where does the data come from, and who gets to see it?")),
        ),
    ),
    Step(
        "necessity",
        _("Whether it has to be"),
        "pipl@2021:56(1); gdpr@2016:35(7)(b)",
        (
            Question("necessity", _("Why is the purpose lawful and proper, and why does it need this data?")),
            Question("milder", _("Which milder way was looked at, and why is it not enough?")),
            Question("rights", _("How can people say no, and how do they reach their rights?")),
        ),
    ),
    Step("risks", _("What could go wrong"), "pipl@2021:56(2); gdpr@2016:35(7)(c)"),
    Step(
        "measures",
        _("What is done about it"),
        "pipl@2021:56(3); gdpr@2016:35(7)(d), 35(2), 35(9)",
        (
            Question("measures", _("Which measures are in place, and why do they fit the risk?")),
            Question("advice", _("What did the data protection officer advise, and what came of it?")),
            Question("views", _("Whose views were sought: callers, agents, their representatives? If none, why not?")),
        ),
    ),
    Step("review", _("Read it through and ask"), "pipl@2021:55, 56; gdpr@2016:35, 36"),
)
QUESTIONS: Final = tuple(question.slug for step in STEPS for question in step.questions)

RISKS: Final[Mapping[str, Translatable]] = {
    "overheard": _("Somebody listens or reads without need"),
    "identified": _("People are identified by their voice"),
    "too_much": _("More is collected than the purpose needs"),
    "too_long": _("It is kept longer than needed"),
    "wrong_person": _("Data of one person reaches another"),
    "leaked": _("It leaks, or is stolen"),
    "misused": _("A recipient uses it for something else"),
    "judged_wrongly": _("A program judges people wrongly or unfairly"),
    "out_of_reach": _("Abroad, people can no longer reach their rights"),
    "pressed": _("Agents are watched more than their work needs"),
}
LEVELS: Final[Mapping[int, Translatable]] = {
    1: pgettext_lazy("risk", "Low"),
    2: pgettext_lazy("risk", "Medium"),
    3: pgettext_lazy("risk", "High"),
}


@dataclass(frozen=True)
class Risk:
    """One risk as weighed: 1 (low) to 3 (high) each, before the measure and after it."""

    risk: str
    likelihood: int
    severity: int
    measure: str
    likelihood_after: int
    severity_after: int

    @property
    def before(self) -> int:
        return level(self.likelihood, self.severity)

    @property
    def after(self) -> int:
        return level(self.likelihood_after, self.severity_after)


def level(likelihood: int, severity: int) -> int:
    """1 (low), 2 (medium) or 3 (high): the usual matrix of three by three, by the product of both."""
    product = likelihood * severity
    return 1 if product <= 2 else 2 if product <= 4 else 3


def risks_of(stored: Sequence[Mapping[str, object]]) -> list[Risk]:
    return [Risk(**one) for one in stored]  # type: ignore[arg-type]


def rest(risks: Iterable[Risk]) -> int:
    """The highest risk that remains; 0 when none was weighed."""
    return max((risk.after for risk in risks), default=0)


def missing(
    answers: Mapping[str, str], risks: Sequence[Risk], consulted: str, jurisdictions: Iterable[str]
) -> list[tuple[str, Translatable]]:
    """What is not answered yet: (step, what to do), in the order of the steps."""
    found: list[tuple[str, Translatable]] = []
    for step in STEPS:
        for question in step.questions:
            if len(answers.get(question.slug, "").strip()) < SHORTEST_ANSWER:
                says = _("Answer in at least {count} characters: {question}")
                found.append((step.slug, format_lazy(says, count=SHORTEST_ANSWER, question=question.asks)))
        if step.slug == "risks":
            found += [("risks", one) for one in _unweighed(risks)]
    if rest(risks) == 3 and not consulted.strip():
        # GDPR art. 36(1); Chinese law names no consultation, so there the measures have to bring it down.
        if set(jurisdictions) & {Jurisdiction.EU, Jurisdiction.UK}:
            says = _("A high risk remains: consult the authority first (GDPR art. 36) and name the reference.")
        else:
            says = _("A high risk remains. Take further measures, or name the written advice that accepts it.")
        found.append(("measures", says))
    return found


def _unweighed(risks: Sequence[Risk]) -> Iterable[Translatable]:
    if len(risks) < 3:
        yield _("Weigh at least three risks.")
    for risk in risks:
        if risk.before > 1 and not risk.measure.strip():
            yield format_lazy(_("Name the measure against “{risk}”."), risk=RISKS[risk.risk])
        if risk.after > risk.before:
            yield format_lazy(_("“{risk}” cannot grow by a measure."), risk=RISKS[risk.risk])
