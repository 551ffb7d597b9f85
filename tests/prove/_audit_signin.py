"""Who gets in: by an identity provider of their own, by a passkey, and as somebody else in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.prove._pytest import Line, line_of

CONSOLE = "tests/doors/console"


def run(_folder: Path) -> Iterator[Line]:
    yield line_of(
        "In and out by OpenID Connect with a real identity provider, and never by one that lies",
        [f"{CONSOLE}/test_single_sign_on.py"],
    )
    yield line_of(
        "In by SAML with a real identity provider in a browser, and never by an assertion that was tampered with",
        [f"{CONSOLE}/test_saml_in_browser.py", f"{CONSOLE}/test_saml_sign_in.py"],
    )
    yield line_of(
        "A passkey registered, used and used to confirm with Chromium's virtual authenticator; a copy is found out",
        [f"{CONSOLE}/test_passkeys_in_browser.py"],
    )
    yield line_of(
        "A second person in a browser is refused every page that is not theirs, by address and by stolen cookie",
        [f"{CONSOLE}/centre/test_intruder_in_browser.py", f"{CONSOLE}/test_signin_attacks.py"],
        WALK="all",
    )
