"""Acts that ask for a fresh proof of the second factor, wherever their form stands.

What is dangerous to do with somebody else's open session is named here once and asked for by the guard, before a page
runs: deciding for others, keys, rules of access, accounts, exports, originals, and what watches over all that. Acts
that only take access away are not among them; they always work. (The policy asks again, with its own limits, where a
decision is made.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse

from callwarden.custody.categories import Category
from callwarden.kernel import clock
from callwarden.kernel.models import Session
from callwarden.protection.signin.passwords import has_factor

# What the web session remembers: by which identity provider its person came.
PROVIDER = "sign_in_provider"
# Names of addresses; a POST to one asks for a fresh proof.
DANGEROUS = frozenset(
    {
        # Deciding for others, and letting somebody decide for oneself
        "console:approval_decide",
        "console:approval_carry_out",
        "console:deputies",
        "console:approval_terms",
        # Rules of access, of keeping, of purposes
        "console:matrix_ask",
        "console:matrix_to_shadow",
        "console:retention",
        "console:purpose_activate",
        "console:revision_ask",
        "console:transfer_ask",
        # Accounts
        "console:account_new",
        "console:account_roles",
        "console:account_lines",
        "console:account_reopen",
        "console:account_erase",
        "console:training_enter",
        "console:training_table",
        "console:program_new",
        "console:program_rotate",
        "console:program_hand_over",
        # Whose word counts beside ours
        "console:neighbour_new",
        "console:neighbour",
        "console:neighbour_pause",
        "console:neighbour_end",
        # Who outside may get data, and whom to reach there
        "console:partner_resume",
        "console:partner_contact_open",
        # Keys
        "console:keys_turn",
        "console:keys_reindex",
        "console:keys_end",
        "console:restore_ask",
        # How people sign in
        "console:sign_in_open",
        "console:sign_in_address_open",
        "console:sign_in_password",
        "console:sign_in_factors",
        "console:sign_in_link",
        "console:sign_in_saml_key",
        # What leaves in readable form
        "console:call_original",
        "console:ledger_export",
        "console:ledger_year_export",
        "console:ledger_evidence",
        "console:usage_export",
        "console:request_report",
        "console:request_explain",
        "console:request_explained",
        # What is kept of somebody becomes something else
        "console:request_correct",
        # What opens at once, and who would notice
        "console:emergency_begin",
        "console:suppressions",
        "console:threshold_tune",
        "console:canary_remove",
        "console:ledger_year_erase",
        "console:siem_pause",
        "console:siem_again",
        "console:tie_end",
    }
)
# Addresses that serve several acts: which of them are dangerous, by the last part of the address.
DANGEROUS_STEPS: Mapping[str, frozenset[str]] = {
    "console:bulk_move": frozenset({"start", "resume", "ask"}),
    "console:request_move": frozenset({"carry_out", "carry-out", "execute"}),
}
# Shown for half a minute to whoever sits there: of these the proof must be fresh, whatever the policy's limit is.
SENSITIVE = frozenset(
    {Category.GOVERNMENT_ID, Category.PAYMENT_CARD, Category.TRANSCRIPT_ORIGINAL, Category.REQUEST_STATEMENT}
)


def demands(name: str, arguments: Mapping[str, object]) -> bool:
    """Whether a POST to this address is a dangerous act."""
    return name in DANGEROUS or arguments.get("step") in DANGEROUS_STEPS.get(name, ())


def is_stale(login: Session) -> bool:
    """Whether the second factor was shown too long ago, or never. A demonstration has none to show."""
    if login.demo:
        return False
    limit = timedelta(seconds=getattr(settings, "CALLWARDEN_STEP_UP", 900))
    return login.mfa_at is None or not timedelta(0) <= clock.now() - login.mfa_at <= limit


def way(request: HttpRequest, login: Session, back: str = "") -> str:
    """Where the proof is shown, and back to the page the form stood on."""
    back = back or _page_before(request)
    slug = str(request.session.get(PROVIDER, ""))
    if has_factor(login.user) or login.mfa_at is None or not slug:
        where = resolve_url("mfa_reauthenticate" if has_factor(login.user) else "mfa_activate_totp")
        return f"{where}?{urlencode({'next': back})}"
    return anew(slug, back)


def anew(slug: str, back: str) -> str:
    """Where somebody whose factors are with an identity provider shows them once more."""
    return f"{reverse('sso_start', args=[slug])}?{urlencode({'fresh': '1', 'next': back})}"


def _page_before(request: HttpRequest) -> str:
    """The page of this site that sent the form; nothing of another site is led to."""
    before = urlsplit(request.headers.get("Referer", ""))
    if before.netloc != request.get_host() or not before.path.startswith("/"):
        return reverse("console:overview")
    return before.path.replace("//", "/") + (f"?{before.query}" if before.query else "")
