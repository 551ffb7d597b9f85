"""Clock work about keys: of programs, and of this site towards identity providers."""

from __future__ import annotations

from procrastinate.contrib.django import app

from callwarden.protection.signin import arrivals, expiring, saml_keys, watch


@app.periodic(cron="37 * * * *")
@app.task(name="clock.service_keys", queue="clock", pass_context=False)
def look_at_service_keys(timestamp: int) -> None:
    """Once an hour: disable idle keys, tell of those and of certificates that end soon, destroy what is over."""
    watch.look()
    expiring.look()
    saml_keys.forget()
    arrivals.forget()
