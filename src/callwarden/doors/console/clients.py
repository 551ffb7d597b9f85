"""Whose calls the viewer works with. A centre that serves only itself has one client and never sees the word."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Client
from callwarden.kernel.errors import NotFound

CHOSEN = "console_client"


def client_of(request: HttpRequest) -> Client:
    """The client the viewer chose, else the first.

    Raises:
        NotFound: no client has been set up.
    """
    clients = Client.objects.order_by("slug")
    chosen = request.session.get(CHOSEN)
    client = (clients.filter(slug=chosen).first() if chosen else None) or clients.first()
    if client is None:
        raise NotFound("no_client", _("Nothing has been set up yet. A system administrator opens a line first."))
    return client
