"""The form of signing in with a password."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext as _


class PasswordForm(LoginForm):  # type: ignore[misc]
    """allauth's, which would lead to a page for forgotten passwords that is closed here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = _("Forgotten? Your security administrator gives you a new one.")
