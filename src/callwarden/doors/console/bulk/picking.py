"""From a list to an act on many of its rows: which were chosen, and the form that draws the set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from callwarden.doors.console.components import Action
from callwarden.doors.console.listing import Filter, Picks
from callwarden.doors.console.signed_in import ConsoleRequest
from callwarden.kernel import bulk
from callwarden.kernel.errors import CallwardenError, InvalidInput
from callwarden.kernel.structural import Value

# As many as a page of a list shows.
MOST_CHOSEN = 100


def picks(name: str, roles: Sequence[str], kind: str, **given: str) -> Picks | None:
    """What a list offers to somebody who may act on many of its rows; nothing to others.

    Args:
        given: filters the list has beside those of its form.
    """
    allowed = set(bulk.kind_of(kind).roles) & set(roles)
    return Picks(reverse(name), tuple(given.items())) if allowed else None


def to_bulk() -> Action:
    """From a list to what was done from it."""
    return Action(_("Bulk acts"), reverse("console:bulk"), "stack-2")


def filters_of(given: QueryDict, filters: Sequence[Filter]) -> dict[str, Value]:
    """The filters of the list as parameters, and the rows that were chosen where some were.

    Raises:
        InvalidInput: some were to be chosen and none was, or too many.
    """
    if given.get("which") != "chosen":
        return {one.name: one.accept(given.get(one.name, "")) for one in filters}
    chosen = chosen_in(given)
    if not chosen:
        raise InvalidInput("none_chosen", _("Choose at least one in the list, or take all that match."))
    return {"chosen": chosen}


def chosen_in(given: QueryDict) -> list[str]:
    """The ids that were chosen, each once and sorted, as many as a page shows; what is no id is nobody's."""
    found = set()
    for one in given.getlist("chosen"):
        try:
            found.add(str(UUID(one)))
        except ValueError:
            continue
    return sorted(found)[:MOST_CHOSEN]


def hidden(parameters: Mapping[str, Value]) -> list[tuple[str, str]]:
    """The same filters as fields of a form."""
    if isinstance(chosen := parameters.get("chosen"), list):
        return [("which", "chosen"), *(("chosen", one) for one in chosen)]
    return [("which", "all"), *((name, str(value)) for name, value in parameters.items() if value)]


def draw(
    request: ConsoleRequest,
    form: forms.Form,
    kind: str,
    parameters: Callable[[], Mapping[str, Value]],
    *,
    client: Callable[[], UUID] | None = None,
) -> HttpResponse | None:
    """Draw the set and go to its page. None: the form says what is wrong."""
    if not form.is_valid():
        return None
    try:
        of = client() if client else None
        act = bulk.draw(kind, parameters(), by=request.user, client=of, session=request.actor.session)
    except CallwardenError as error:
        form.add_error(None, told(kind, error))
        return None
    return HttpResponseRedirect(reverse("console:bulk_act", args=[act.pk]))


def told(kind: str, error: CallwardenError) -> str:
    """The error, and the reasons why everything is left out where it names some."""
    reasons = error.data.get("reasons")
    known = bulk.kind_of(kind)
    more = [str(known.why(one)) for one in reasons] if isinstance(reasons, list) else []
    return " ".join([str(error), *more])
