"""Background work of chapter 2, gathered for the job runner from its rooms."""

from callwarden.protection.backup import jobs as _backup  # noqa: F401
from callwarden.protection.signin import jobs as _signin  # noqa: F401
