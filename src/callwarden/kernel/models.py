"""People who use Callwarden. Every chapter refers to them, so they live beneath all chapters."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person (or service account) who signs in."""
