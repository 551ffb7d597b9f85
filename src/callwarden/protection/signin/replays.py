"""Answers of identity providers that have been used. Each opens the door once, in whatever process it arrives."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from callwarden.kernel import clock
from callwarden.kernel.tokens import keyed
from callwarden.protection.signin.models import SpentAnswer


def spend(authority: str, answer: str, *, until: datetime) -> bool:
    """Use an answer up. False: it was used before.

    Args:
        authority: the provider; ids are unique within it.
        until: after this nobody would accept it anyway, and it is forgotten.
    """
    SpentAnswer.objects.filter(until__lt=clock.now()).delete()
    try:
        with transaction.atomic():
            SpentAnswer.objects.create(token=keyed("answer", f"{len(authority)}:{authority}{answer}"), until=until)
    except IntegrityError:
        return False
    return True
