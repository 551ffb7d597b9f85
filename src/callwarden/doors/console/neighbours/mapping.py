"""A mapping as people fill it in: which place of a line is who, act, customer, call and time."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.control.neighbours.models import Neighbour
from callwarden.doors.console.components import Text
from callwarden.doors.console.neighbours.words import ACTS, PRESET_NAMES
from callwarden.doors.console.offering import offer
from callwarden.engines.neighbours import PRESETS, BadMapping, Mapping, Within

_TEXTS: Final = (
    ("json", _("an object of JSON")),
    ("csv", _("columns separated by commas (CSV)")),
    ("pairs", _("name=value, one after the other")),
    ("none", _("nothing: all stands in the header of the message")),
)
_FORMS: Final = (
    ("iso", "2026-03-02T12:00:00+08:00"),
    ("seconds", _("seconds since 1970")),
    ("milliseconds", _("milliseconds since 1970")),
)
_KINDS: Final = (
    ("customer_no", _("the customer's number")),
    ("phone", _("a telephone number")),
    ("email", _("an e-mail address")),
)
# Of the mapping, by which field: (part of the mapping, name in it).
_PLACES: Final[MappingOf[str, tuple[str, str]]] = {
    "who": ("who", "path"),
    "act": ("act", "path"),
    "other": ("act", "other"),
    "subject": ("subject", "path"),
    "subject_kind": ("subject", "kind"),
    "time": ("time", "path"),
    "form": ("time", "form"),
    "zone": ("time", "zone"),
    "call": ("call", "path"),
    "rows": ("rows", "path"),
    "only": ("only", "path"),
    "starts": ("only", "starts"),
    "within": ("within", "path"),
    "after": ("within", "after"),
    "within_text": ("within", "text"),
    "within_as": ("within", "as"),
    "inside": ("inside", "path"),
}
# Where a part that cannot be used is to be mended, when it is not the field of the same name.
_MENDED_AT: Final = {"kind": "subject_kind", "as": "within_as", "mapping": "who"}
_CAUSES: Final[MappingOf[str, Text]] = {
    "missing": _("Say where this stands in a line."),
    "path": _("Names and numbers joined by dots, such as actor.user.name; no blanks."),
    "choice": _("One of these acts is not known here. Use the words of the list."),
    "too_many": _("These are too many."),
    "too_long": _("This is too long."),
    "zone": _("Name a time zone, such as Asia/Shanghai."),
}
FRAME: Final = ("preset", "text")
MAIN: Final = ("who", "act", "words", "other", "subject", "subject_kind", "time", "form", "zone", "call", "rows")
MORE: Final = ("only", "starts", "within", "after", "within_text", "within_as", "inside", "programs")


def _path(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off", "list": "places"})
    return forms.CharField(label=label, required=False, max_length=500, widget=widget, help_text=help_text)


def _listed(label: Any, help_text: Any, rows: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "class": "mono", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=20_000, widget=widget, help_text=help_text)


class MappingFields(forms.Form):
    """The parts of a mapping, each a field. `reading` is what they make together."""

    preset = forms.ChoiceField(
        label=_("Begin with the mapping for"), required=False, help_text=_("“Fill in” writes it into the fields below.")
    )
    text = forms.ChoiceField(label=_("A line is"), choices=_TEXTS, required=False)
    who = _path(_("Who acted"), _("The place in a line, such as user or actor.user.name; in CSV the column from 0."))
    act = _path(pgettext_lazy("part of a line", "Act"), _("Empty where every line is of one act."))
    words = _listed(
        _("Its words for acts"),
        _("One a line: its word = ours. Ours are read, search, export, play, create, change, delete, call, sign_in, …"),
        4,
    )
    other = forms.ChoiceField(label=_("An act that is not listed"), required=False)
    subject = _path(pgettext_lazy("part of a line", "Customer"), _("Empty where lines name none."))
    subject_kind = forms.ChoiceField(label=_("Customers are named by"), choices=_KINDS, required=False)
    time = _path(pgettext_lazy("part of a line", "Time"), _("Empty: the time of the syslog message."))
    form = forms.ChoiceField(label=_("Times are written as"), choices=_FORMS, required=False)
    zone = forms.CharField(label=_("Zone of times that name none"), required=False, max_length=60, initial="UTC")
    call = _path(pgettext_lazy("part of a line", "Call"))
    rows = _path(pgettext_lazy("part of a line", "How many rows"))
    only = _path(_("Only lines where this place"), _("Others are left out as not meant for us."))
    starts = forms.CharField(label=_("begins with"), required=False, max_length=60, strip=False)
    within = _path(_("A text inside the text stands at"))
    after = forms.CharField(label=_("behind the words"), required=False, max_length=60, strip=False)
    within_text = forms.ChoiceField(label=_("It is"), choices=_TEXTS[:3], required=False)
    within_as = forms.CharField(
        label=_("and is named"), required=False, max_length=20, help_text=_("Its places then begin so: audit.3")
    )
    inside = _path(_("Which program did it"))
    programs = _listed(_("Programs that are the application itself"), _("One a line. Others went around it."), 2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "preset", [("", "—"), *PRESET_NAMES.items()])
        offer(self, "other", [("", _("is kept out")), *((act, _("is: %(act)s") % {"act": ACTS[act]}) for act in ACTS)])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        told: object = written(given)
        if not given.get("who") and given.get("preset") in PRESETS:
            told = PRESETS[given["preset"]]
        try:
            given["reading"] = Mapping.of(told)
        except BadMapping as bad:
            if "act" in (bad.where, bad.code) and bad.code in {"choice", "too_many", "too_long"}:
                self.add_error("words", str(_CAUSES[bad.code]))
            else:
                self.add_error(_MENDED_AT.get(bad.where, bad.where), str(_CAUSES.get(bad.code, _CAUSES["path"])))
        return given

    def frame(self) -> list[forms.BoundField]:
        return [self[name] for name in FRAME if name in self.fields]

    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in MAIN]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    def has_more(self) -> bool:
        """Whether one of the rarer parts is in use, or wrong."""
        names = ("only", "within", "inside")
        return any(self[name].value() for name in names) or any(self[name].errors for name in MORE)


class TrialForm(MappingFields):
    """What a trial needs: a mapping, a line, and how such lines come."""

    way = forms.ChoiceField(choices=Neighbour.Way.choices)
    named_by = forms.ChoiceField(choices=Neighbour.NamedBy.choices)
    line = forms.CharField(required=False, max_length=16_384, strip=False)

    def within_of(self) -> Within | None:
        """The text inside the text, as far as it is filled in."""
        given = self.cleaned_data
        if not given.get("within") or not given.get("within_as"):
            return None
        return Within(given["within"], given.get("after", ""), given.get("within_text") or "json", given["within_as"])


def written(given: MappingOf[str, Any]) -> dict[str, Any]:
    """Fields as a mapping says it."""
    told: dict[str, Any] = {"text": given.get("text") or "json"}
    for name, (part, key) in _PLACES.items():
        if part == "within" and not given.get("within"):
            continue
        if value := given.get(name):
            told.setdefault(part, {})[key] = value
    if words := _words(given.get("words", "")):
        told.setdefault("act", {})["words"] = words
    if programs := [one.strip() for one in given.get("programs", "").splitlines() if one.strip()]:
        told.setdefault("inside", {})["values"] = programs
    return told


def _words(text: str) -> dict[str, str]:
    words = {}
    for line in text.splitlines():
        if line.strip():
            word, _equals, act = line.rpartition("=")
            words[word.strip()] = act.strip()
    return words


def fields_of(mapping: MappingOf[str, Any]) -> dict[str, Any]:
    """A mapping as its fields; what `written` makes of them is the same mapping."""
    found: dict[str, Any] = {"text": mapping.get("text", "json")}
    for name, (part, key) in _PLACES.items():
        found[name] = (mapping.get(part) or {}).get(key, "")
    words = (mapping.get("act") or {}).get("words") or {}
    found["words"] = "\n".join(f"{word} = {act}" for word, act in words.items())
    found["programs"] = "\n".join((mapping.get("inside") or {}).get("values") or [])
    found["form"], found["zone"] = found["form"] or "iso", found["zone"] or "UTC"
    found["subject_kind"] = found["subject_kind"] or "customer_no"
    return found
