"""What stands until it ends."""

from __future__ import annotations

from django.db import models

from callwarden.kernel.columns import declare


class Standing(models.Model):
    """Something that lasts, by its name (`job:clock.timers`), so that its beginning and its end are told once each."""

    name = models.CharField(max_length=120, primary_key=True)
    since = models.DateTimeField()

    columns = declare(structural="name since")
