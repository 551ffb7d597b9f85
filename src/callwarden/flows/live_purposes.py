"""Where the register of purposes meets the access matrix: a purpose that is retired opens nothing from that moment."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery

from callwarden.control.access import queries
from callwarden.lawful.purposes.models import Purpose

queries.purposes_from(
    retired=ArraySubquery(Purpose.objects.filter(state=Purpose.State.RETIRED).values("slug")),
    known=ArraySubquery(Purpose.objects.values("slug")),
)
