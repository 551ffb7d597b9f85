"""The table of processes that make up one running Callwarden.

To add one: a line in TABLE. Its module is run by `callwarden.site.run` with logs, environment and account set up.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from callwarden.site.accounts import Account, current
from callwarden.site.layout import Accounts, Layout


@dataclass(frozen=True)
class Site:
    """What `callwarden up` was asked to run, with everything decided."""

    layout: Layout
    accounts: Accounts
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8480
    workers: int = 2
    web_workers: int = 2
    demo: bool = False
    closed: bool = False
    unlock_by_shares: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def base_url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 (compared, not bound)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls_cert else 'http'}://{shown}:{self.port}"


def installed(module: str) -> bool:
    """Whether this installation holds the module; importing its parents only."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True)
class Process:
    """One kind of process.

    Attributes:
        account: who it runs as when root starts us.
        role: the database role its connections take; empty for the owner.
        stop_seconds: how long it may take to end by itself before it is killed.
        umask: files are private by default; the ledger's are for the group to read.
    """

    name: str
    module: str
    arguments: Callable[[Site], list[str]] = lambda _site: []
    account: Literal["app", "keeper", "starter"] = "app"
    role: str = "cw_app"
    count: Callable[[Site], int] = lambda _site: 1
    environment: Callable[[Site], Mapping[str, str]] = lambda _site: {}
    stop_seconds: float = 20.0
    umask: int = 0o077
    needs: tuple[str, ...] = field(default=())  # further modules without which it is left out

    def enabled(self) -> bool:
        return all(installed(module) for module in (self.module, *self.needs))

    def command(self, site: Site) -> list[str]:
        return [sys.executable, "-m", "callwarden.site.run", self.module, *self.arguments(site)]

    def owner(self, accounts: Accounts) -> Account:
        if self.account == "starter":
            return current()
        return accounts.keeper if self.account == "keeper" else accounts.app


def _web_arguments(site: Site) -> list[str]:
    arguments = ["--host", site.host, "--port", str(site.port), "--workers", str(site.web_workers)]
    if site.tls_cert and site.tls_key:
        arguments += ["--tls-cert", str(site.tls_cert), "--tls-key", str(site.tls_key)]
    return arguments


def _keeper_environment(site: Site) -> dict[str, str]:
    given = {name: os.environ[name] for name in SECRET_OF_THE_KEEPER if name in os.environ}
    return {
        "CALLWARDEN_PASSPHRASE_FILE": str(site.layout.passphrase),
        **given,
        "CALLWARDEN_UNLOCK": "shares" if site.unlock_by_shares else "",
        "CALLWARDEN_KEYS_DIR": str(site.layout.keys),
        "CALLWARDEN_KEEPER_UIDS": f"{site.accounts.app.uid} {os.geteuid()}",
    }


KEEPER = Process(
    "keeper",
    "callwarden.custody.keeper.__main__",
    account="keeper",
    role="cw_keeper",
    environment=_keeper_environment,
)
SEQUENCER = Process(
    "sequencer",
    "callwarden.custody.sequencer.__main__",
    account="keeper",
    role="cw_sequencer",
    umask=0o027,
)
WEB = Process("web", "callwarden.site.web", arguments=_web_arguments)
WORKER = Process(
    "worker",
    "callwarden.site.worker",
    arguments=lambda _site: ["--queue", "default"],
    count=lambda site: site.workers,
    stop_seconds=30.0,
)
# Periodic ticks and the rescue of jobs whose worker died must never wait behind work, so they have their own worker.
CLOCK = Process("clock", "callwarden.site.worker", arguments=lambda _site: ["--queue", "clock"])
SPOOL = Process("spool", "callwarden.doors.spool.__main__")
WATCH = Process("watch", "callwarden.site.watch")

# Where no address is set nobody listens (site/neighbours.py).
SYSLOG = Process(
    "syslog",
    "callwarden.doors.syslog.__main__",
    count=lambda _site: 1 if os.environ.get("CALLWARDEN_NEIGHBOURS_SYSLOG") else 0,
    stop_seconds=30.0,
)

# It reads what no other process may read together (rows, objects, key files), and serves nobody.
BACKUPS = Process(
    "backups",
    "callwarden.site.backups",
    account="starter",
    role="",
    count=lambda _site: 1 if os.environ.get("CALLWARDEN_BACKUP_TARGET") else 0,
    stop_seconds=60.0,
)

TABLE: tuple[Process, ...] = (KEEPER, SEQUENCER, WEB, CLOCK, WORKER, SPOOL, WATCH, SYSLOG, BACKUPS)
# What runs while a restored store waits for two people: they can sign in and sign, and nothing is opened.
CLOSED_TABLE: tuple[Process, ...] = (KEEPER, SEQUENCER, WEB)

# One-shot programs.
MIGRATE = Process("migrate", "callwarden.site.migrate", role="")
DEMO = Process(
    "demo",
    "callwarden.site.demo",
    arguments=lambda site: ["--base-url", site.base_url],
    needs=("callwarden.flows.demo",),
)

SECRET_OF_THE_KEEPER = {
    "CALLWARDEN_PASSPHRASE_FILE",
    "CALLWARDEN_HSM_MODULE",
    "CALLWARDEN_HSM_TOKEN",
    "CALLWARDEN_HSM_PIN_FILE",
    "CALLWARDEN_TRANSIT_ADDRESS",
    "CALLWARDEN_TRANSIT_KEY",
    "CALLWARDEN_TRANSIT_MOUNT",
    "CALLWARDEN_TRANSIT_TOKEN_FILE",
    "CALLWARDEN_TRANSIT_CA_FILE",
}
_FOR_KEEPER_ONLY = SECRET_OF_THE_KEEPER | {"CALLWARDEN_KEEPER_DATABASE_URL", "CALLWARDEN_UNLOCK"}
_LOGINS = {f"CALLWARDEN_{name}_DATABASE_URL" for name in ("APP", "KEEPER", "SEQUENCER")}


def environment_of(process: Process, site: Site) -> dict[str, str]:
    """The environment a process starts with: ours, less what it has no business to know."""
    env = {name: value for name, value in os.environ.items() if name not in _FOR_KEEPER_ONLY | _LOGINS}
    layout = site.layout
    hosts = {host for host in env.get("CALLWARDEN_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if host}
    if site.host not in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        hosts.add(f"[{site.host}]" if ":" in site.host else site.host)
    env |= {
        "DJANGO_SETTINGS_MODULE": "callwarden.site.settings",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(layout.run),
        "CALLWARDEN_DATA_DIR": str(layout.data),
        "CALLWARDEN_DATABASE_URL": site.database_url,
        "CALLWARDEN_DATABASE_ROLE": process.role,
        "CALLWARDEN_KEEPER_SOCKET": str(layout.run / "keeper.sock"),
        "CALLWARDEN_HOSTS": ",".join(sorted(hosts)),
        "CALLWARDEN_DEMO": "1" if site.demo else "",
        "CALLWARDEN_CLOSED": "1" if site.closed else "",
        "PROMETHEUS_MULTIPROC_DIR": str(layout.metrics),
    }
    env.setdefault("CALLWARDEN_PUBLIC_URL", site.base_url)
    if site.tls_cert:
        env["CALLWARDEN_TLS"] = "1"
    login = f"CALLWARDEN_{process.role.removeprefix('cw_').upper()}_DATABASE_URL"
    if process.role and (own := os.environ.get(login)):
        env[login] = own
        del env["CALLWARDEN_DATABASE_URL"]  # the owner's login stays out of this process
    return env | dict(process.environment(site))
