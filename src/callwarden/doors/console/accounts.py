"""How allauth meets our accounts: nobody opens one for themselves."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are opened by an administrator (`kernel.people.open_account`), never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
