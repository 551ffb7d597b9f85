"""Numbers that are not called, and the hours in which nobody is."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models import Line
from callwarden.custody.models._owned import ClientOwned
from callwarden.kernel.columns import declare


class DoNotCall(ClientOwned):
    """A number that is not called, kept as a keyed token: it can be asked about, not read.

    Source: Civil Code art. 1033(1); PIPL art. 24; GDPR art. 21(2)-(3).
    """

    class Source(models.TextChoices):
        CALLER = "caller", _("Asked for in a call")
        IMPORT = "import", _("Imported list")
        API = "api", _("Reported by another system")

    token = models.BinaryField(max_length=32)
    source = models.CharField(max_length=10, choices=Source)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    removed_by = models.CharField(max_length=60, blank=True)
    removed_at = models.DateTimeField(null=True)

    columns = declare(structural="id client source added_by added_at removed_by removed_at", token="token")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "token"], condition=Q(removed_at__isnull=True), name="do_not_call_once"
            )
        ]


class CallingHours(ClientOwned):
    """When a line may call out, by the clock of the line's time zone. A line without a row goes by its jurisdiction.

    Attributes:
        opens, closes: the first minute in which a call may begin, and the first in which none may any more.
        pause_from, pause_until: a rest within the day (noon); both empty for none.
        days: ISO weekdays on which calls may be made, 1 is Monday.
    """

    line = models.OneToOneField(Line, on_delete=models.CASCADE, related_name="calling_hours")
    opens = models.TimeField()
    closes = models.TimeField()
    pause_from = models.TimeField(null=True, blank=True)
    pause_until = models.TimeField(null=True, blank=True)
    days = ArrayField(models.PositiveSmallIntegerField())

    columns = declare(structural="id client line opens closes pause_from pause_until days")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(opens__lt=models.F("closes")), name="calling_opens_before_it_closes"),
            models.CheckConstraint(
                condition=Q(pause_from__isnull=True, pause_until__isnull=True)
                | Q(pause_from__isnull=False, pause_until__gt=models.F("pause_from")),
                name="calling_pause_is_whole",
            ),
        ]
