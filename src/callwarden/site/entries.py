"""`python -m callwarden.site.entries started|stopped`: one start or stop of this site, entered in the operation log.

The arguments come from `site.starts`, which has compared the settings; here they are names only.
"""

from __future__ import annotations

import argparse

import django


def main() -> None:
    parser = argparse.ArgumentParser(prog="callwarden.site.entries")
    parser.add_argument("what", choices=["started", "stopped"])
    parser.add_argument("--processes", default="")
    parser.add_argument("--changed", default="")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--unclean", action="store_true")
    given = parser.parse_args()
    django.setup()
    if given.what == "stopped":
        stopped()
    else:
        started(_listed(given.processes), _listed(given.changed), first=given.first, unclean=given.unclean)


def _listed(given: str) -> list[str]:
    return [name for name in given.split(",") if name]


def started(processes: list[str], changed: list[str], *, first: bool, unclean: bool) -> None:
    """Enter a start, what has changed since the last one, and the places the log is sent to from now on.

    Args:
        changed: names of settings, never values.
        first: no earlier start is known on this machine, so all of its settings are named.
        unclean: the last run here was cut off (killed, power lost) and has no entry of its stop.
    """
    from django.db import transaction

    from callwarden.kernel import journal
    from callwarden.kernel.events import Event
    from callwarden.kernel.structural import Value

    after = "unknown" if first else "cut_off" if unclean else "stop"
    with transaction.atomic():
        data: dict[str, Value] = {"processes": processes, "after": after}
        journal.record(journal.Entry(event=Event.SITE_STARTED, actor="system", data=data))
        if changed:
            entry = journal.Entry(
                event=Event.CONFIGURATION_CHANGED,
                actor="system",
                fields=tuple(changed),
                count=len(changed),
                data={"first": first},
            )
            journal.record(entry)
        _places()


def _places() -> None:
    """Enter which places of the log came and which went: those of signed heads, and security systems."""
    from django.conf import settings

    from callwarden.custody.ledger.sinks.addresses import name_of
    from callwarden.kernel import journal, standing
    from callwarden.kernel.events import Event

    now = {f"sink:head:{name_of(address)}" for address in settings.LEDGER_SINKS}
    now |= {f"sink:siem:{name}" for name in settings.CALLWARDEN_SIEM}
    changes = [(name, "added") for name in sorted(now) if standing.begins(name)]
    changes += [(name, "removed") for name in sorted(standing.names("sink:") - now) if standing.ends(name)]
    for name, change in changes:
        _sink, kind, place = name.split(":", 2)
        facts = {"takes": "heads" if kind == "head" else "entries", "place": place, "change": change}
        journal.record(journal.Entry(event=Event.LEDGER_SINK_CHANGED, actor="system", data=facts))


def stopped() -> None:
    """Enter an orderly stop."""
    from django.db import transaction

    from callwarden.kernel import journal
    from callwarden.kernel.events import Event

    with transaction.atomic():
        journal.record(journal.Entry(event=Event.SITE_STOPPED, actor="system"))


if __name__ == "__main__":
    main()
