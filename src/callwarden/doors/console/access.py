"""Which roles have business with a page: asked on the server for every request. The rail only leaves out the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from callwarden.doors.console.components import Text
from callwarden.kernel.errors import CallwardenError
from callwarden.kernel.roles import seen_as

View = Callable[..., HttpResponseBase]


def holds(request: HttpRequest, roles: Collection[str]) -> bool:
    """Whether the viewer holds one of these roles."""
    return not seen_as(getattr(request.user, "roles", ())).isdisjoint(roles)


def for_roles(roles: Collection[str]) -> Callable[[View], View]:
    """Open a page to these roles alone: others get 403, strangers the way to sign in."""

    def guarded(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.path)
            if not holds(request, roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return answer

    return guarded


def do(request: HttpRequest, act: Callable[[], object], *, said: Text | None = None, then: str) -> HttpResponse:
    """Do what a form asked for, say what became of it (`said`, else what `act` answers), and go on to `then`.

    What may not be done is said in words on the page the person came from; nothing of it has happened then.
    """
    try:
        answer = act()
    except CallwardenError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, str(answer if said is None else said))
    return HttpResponseRedirect(then)
