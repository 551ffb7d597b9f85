"""Emergencies as they concern somebody."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from callwarden.control.emergency.models import EmergencyAccess, EmergencyUse


def about_subjects(subjects: list[UUID]) -> list[tuple[EmergencyAccess, int]]:
    """Emergencies in which records of these people were opened, and how many; for their access report."""
    counts = Counter(EmergencyUse.objects.filter(subject__in=subjects).values_list("access", flat=True))
    found = EmergencyAccess.objects.filter(pk__in=list(counts)).select_related("person").order_by("-starts_at")
    return [(access, counts[access.pk]) for access in found]
