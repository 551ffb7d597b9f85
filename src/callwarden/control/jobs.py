"""Background work of chapter 3, gathered for the job runner from its rooms."""

from callwarden.control.accounts import jobs as _accounts  # noqa: F401
from callwarden.control.alerts import jobs as _alerts  # noqa: F401
from callwarden.control.emergency import jobs as _emergency  # noqa: F401
from callwarden.control.grants import jobs as _grants  # noqa: F401
from callwarden.control.reviews import jobs as _reviews  # noqa: F401
from callwarden.control.siem import jobs as _siem  # noqa: F401
from callwarden.control.training import jobs as _training  # noqa: F401
