"""`callwarden up`: everything on this machine, in one command and one folder."""

from __future__ import annotations

import importlib
import ipaddress
import json
import logging
import os
import shutil
import socket
import ssl
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from callwarden.custody.keeper import client as keeper
from callwarden.doors.cli._installation import Usage
from callwarden.doors.cli._secrets import ask_shares
from callwarden.doors.cli.language import CHINESE, ENGLISH, catalogue, gettext
from callwarden.doors.cli.language import gettext as _
from callwarden.kernel.errors import CallwardenError
from callwarden.site import logs
from callwarden.site.accounts import AccountError
from callwarden.site.layout import Accounts, Layout
from callwarden.site.logfiles import LogFile
from callwarden.site.outside import BadSetting
from callwarden.site.postgres import DatabaseStartError, EmbeddedPostgres
from callwarden.site.processes import CLOSED_TABLE, DEMO, MIGRATE, TABLE, Process, Site
from callwarden.site.starts import Starting
from callwarden.site.supervisor import OneShotFailed, Stopped, Supervisor

READY_SECONDS = 120.0
DEFAULT_PORT = 8480


def command(
    demo: Annotated[bool, typer.Option("--demo", help=gettext("Load the demonstration call centre."))] = False,
    host: Annotated[str, typer.Option(help=gettext("Address to listen on."))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help=gettext("Port to listen on."))] = DEFAULT_PORT,
    data_dir: Annotated[Path | None, typer.Option(help=gettext("Folder that holds all data."))] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help=gettext("Job workers; default one a processor core."))
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help=gettext("Certificate chain (PEM)."))] = None,
    tls_key: Annotated[Path | None, typer.Option(help=gettext("Private key (PEM)."))] = None,
    only: Annotated[
        str | None,
        typer.Option(help=gettext("Run only these processes (comma separated), on a machine that joins others.")),
    ] = None,
    unlock: Annotated[
        str, typer.Option(help=gettext("“shares”: open the root key with recovery shares, in memory only."))
    ] = "",
) -> None:
    os.umask(0o077)
    shares = _shares(unlock)
    _require_safe_binding(host, tls_cert, tls_key)
    table = _chosen(only)
    layout = Layout(_data_dir(data_dir))
    _require_settings(layout, demo=demo)
    closed = _is_closed(layout)
    if closed:
        table = tuple(process for process in table if process in CLOSED_TABLE)
    try:
        accounts = Accounts.choose()
        layout.make(accounts)
        new_passphrase = layout.make_secrets(accounts)
        heads_beside = _make_heads(layout, accounts, demo=demo)
    except AccountError as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(
            _("The data folder {folder} cannot be used ({why}). Choose another with --data-dir.").format(
                folder=layout.data, why=error.strerror or type(error).__name__
            )
        )
    _log_to(layout)
    cores = len(os.sched_getaffinity(0))
    site = Site(
        layout=layout,
        accounts=accounts,
        database_url=os.environ.get("CALLWARDEN_DATABASE_URL", ""),
        host=host,
        port=port,
        workers=workers or cores,
        web_workers=max(2, min(cores, 8)),
        demo=demo,
        closed=closed,
        unlock_by_shares=bool(shares),
        tls_cert=tls_cert,
        tls_key=tls_key,
    )
    if any(process.name == "web" for process in table):
        _require_free_port(site)
        site = _with_readable_certificate(site)
    sys.exit(_run(site, table, shares, new_passphrase=new_passphrase, heads_beside=heads_beside))


def _run(site: Site, table: tuple[Process, ...], shares: list[str], *, new_passphrase: bool, heads_beside: bool) -> int:
    database = None if site.database_url else EmbeddedPostgres(site.layout.database)
    site = replace(site, database_url=site.database_url or (database.url if database else ""))
    supervisor = Supervisor(site, database)
    starting, running = Starting.of(site, table), False
    with supervisor.signals():
        try:
            if database is not None:
                database.start()
            supervisor.run_once(MIGRATE)
            # Before anything else runs: what cannot be entered in the log is not started.
            supervisor.run_once(starting.entry())
            starting.done()
            running = True
            supervisor.start_all(table)
            if shares:
                _unlock(supervisor, shares)
                shares.clear()
            if any(process.name == "web" for process in table):
                failing = _await_ready(supervisor)
                links = _load_demo(supervisor) if site.demo and not failing else []
                _say_started(site, links, failing, new_passphrase=new_passphrase, heads_beside=heads_beside)
            supervisor.serve()
        except Stopped:
            pass
        except (DatabaseStartError, CallwardenError) as error:
            _complain(str(error))
            return 1
        except OneShotFailed as failed:
            _complain(
                _("The step “{name}” failed (code {code}). Its log is {file}.").format(
                    name=failed.name, code=failed.code, file=site.layout.logs / f"{failed.name}.log"
                )
            )
            return 1
        finally:
            if supervisor.stop(last=starting.stopped() if running else None):
                starting.over()
    _say(_("Callwarden has stopped."))
    return 0


# Before anything starts


def _data_dir(given: Path | None) -> Path:
    default = "/var/lib/callwarden" if os.geteuid() == 0 else "~/.local/share/callwarden"
    return Path(given or os.environ.get("CALLWARDEN_DATA_DIR") or default).expanduser().absolute()


def _chosen(only: str | None) -> tuple[Process, ...]:
    if only is None:
        return TABLE
    names = {name.strip() for name in only.split(",")}
    if unknown := names - {process.name for process in TABLE}:
        _give_up(
            _("Unknown process: {names}. Known are: {known}.").format(
                names=", ".join(sorted(unknown)), known=", ".join(process.name for process in TABLE)
            )
        )
    return tuple(process for process in TABLE if process.name in names)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_safe_binding(host: str, cert: Path | None, key: Path | None) -> None:
    if (cert is None) != (key is None):
        _give_up(_("Give --tls-cert and --tls-key together."))
    for path in (cert, key):
        if path is not None and not path.is_file():
            _give_up(_("There is no file {path}.").format(path=path))
    if cert is None and not _is_loopback(host):
        _give_up(
            _(
                "Listening on {host} would send personal data over the network in clear. Give --tls-cert and "
                "--tls-key, or listen on 127.0.0.1 behind a reverse proxy that ends TLS."
            ).format(host=host)
        )


def _require_settings(layout: Layout, *, demo: bool) -> None:
    """Read the settings as every process will, so that a wrong one is told here and not in the log of a child."""
    os.environ["CALLWARDEN_DATA_DIR"], os.environ["CALLWARDEN_DEMO"] = str(layout.data), "1" if demo else ""
    if demo and not os.environ.get("CALLWARDEN_BACKUP_TARGET"):
        # So that copies and drills can be seen. A real site's targets are off its host.
        targets = layout.data / "demo-backups"
        os.environ["CALLWARDEN_BACKUP_TARGET"] = str(targets / "data")
        os.environ["CALLWARDEN_KEY_BACKUP_TARGET"] = str(targets / "keys")
    try:
        importlib.import_module("callwarden.site.settings")
    except BadSetting as error:
        _give_up(str(error))


def _is_closed(layout: Layout) -> bool:
    """Whether this is a restored store that two people have not signed yet."""
    from callwarden.protection.backup.restoring import state_of

    state = state_of(layout.data).get("state", "")
    if state == "restoring":
        _give_up(_("A restore into this folder was not finished. Run “callwarden restore” again; it starts over."))
    return bool(state)


def _require_free_port(site: Site) -> None:
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((site.host, site.port))
        except OSError as error:
            _give_up(
                _("Cannot listen on {host} port {port} ({why}). Choose another with --port.").format(
                    host=site.host, port=site.port, why=error.strerror
                )
            )


def _with_readable_certificate(site: Site) -> Site:
    """As root: copies that the web account can read, renewed at each start; else the files as they are."""
    app = site.accounts.app
    if site.tls_cert is None or site.tls_key is None or app.is_current:
        return site
    folder = site.layout.data / "run" / "tls"
    folder.mkdir(exist_ok=True, mode=0o700)
    copies = []
    for source in (site.tls_cert, site.tls_key):
        copy = folder / source.name
        copy.unlink(missing_ok=True)
        shutil.copyfile(source, copy)
        copy.chmod(0o400)
        app.own(copy)
        copies.append(copy)
    app.own(folder)
    return replace(site, tls_cert=copies[0], tls_key=copies[1])


def _log_to(layout: Layout) -> None:
    """The supervisor's own log: the same lines as every process, in a file of its own."""
    file = LogFile(layout.logs, "supervisor")

    class ToFile(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            file.write(self.format(record))

    handler = ToFile()
    handler.setFormatter(logs.AdmittedOnly())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logs.configure_structlog()


def _make_heads(layout: Layout, accounts: Accounts, *, demo: bool) -> bool:
    """Whether signed heads go beside the data folder, because no other place is named."""
    if os.environ.get("CALLWARDEN_LEDGER_SINKS", "").strip():
        return False
    layout.make_heads(accounts, demo=demo)
    return True


# Recovery shares


def _shares(unlock: str) -> list[str]:
    if not unlock:
        return []
    if unlock != "shares":
        _give_up(_("--unlock takes one word: shares."))
    try:
        return ask_shares()
    except Usage as error:
        _give_up(str(error))


def _unlock(supervisor: Supervisor, shares: list[str]) -> None:
    """Hand the shares to the keeper once it answers. A keeper that starts again later is locked again.

    Raises:
        RootRefused: they are not shares of this root.
        KeeperUnavailable: the keeper did not come up.
    """
    os.environ["CALLWARDEN_KEEPER_SOCKET"] = str(supervisor.site.layout.run / "keeper.sock")
    deadline = time.monotonic() + READY_SECONDS
    while True:
        if supervisor.stopping:
            raise Stopped
        supervisor.tick(0.2)
        try:
            keeper.unlock(shares)
            return
        except keeper.KeeperUnavailable:
            if time.monotonic() > deadline:
                raise


# Readiness


def _await_ready(supervisor: Supervisor) -> list[str]:
    """Wait until the web door says it is ready; the names of the checks that still fail after the wait."""
    deadline = time.monotonic() + READY_SECONDS
    failing = ["web"]
    while time.monotonic() < deadline:
        if supervisor.stopping:
            raise Stopped
        supervisor.tick(0.2)
        failing = _failing_checks(supervisor.site)
        if not failing:
            return []
    return failing


def _failing_checks(site: Site) -> list[str]:
    # The certificate names the site, not this loopback probe, which sends nothing secret.
    context = ssl._create_unverified_context() if site.tls_cert else None  # noqa: S323
    host = next(iter(os.environ.get("CALLWARDEN_HOSTS", "").split(",")), "") or "localhost"
    request = urllib.request.Request(f"{site.base_url}/readyz", headers={"Host": host})  # noqa: S310
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else [])
    )
    try:
        with opener.open(request, timeout=2) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as refused:
        try:
            body = json.load(refused)
        except ValueError:
            return ["web"]
    except (OSError, ValueError):
        return ["web"]
    return [name for name, outcome in body.get("checks", {}).items() if outcome == "fail"]


def _load_demo(supervisor: Supervisor) -> list[tuple[str, str]]:
    if not DEMO.enabled():
        return []
    _say(_("Loading the demonstration call centre…"))
    printed = bytearray()
    supervisor.run_once(DEMO, on_line=printed.extend)
    for line in reversed(printed.splitlines()):
        try:
            return [(str(role), str(url)) for role, url in json.loads(line)["links"]]
        except (ValueError, KeyError, TypeError):
            continue
    return []


# What people read


def _say_started(
    site: Site, links: list[tuple[str, str]], failing: list[str], *, new_passphrase: bool, heads_beside: bool
) -> None:
    for language in (ENGLISH, CHINESE):
        _say("")
        translate = catalogue(language).gettext
        for line in _summary(
            site, failing, new_passphrase=new_passphrase, heads_beside=heads_beside, translate=translate
        ):
            _say(line)
    if links:
        width = max(_columns(role) for role, _url in links)
        _say("")
        for role, url in links:
            _say(f"  {role}{' ' * (width - _columns(role))}  {url}")
    _say("")


def _summary(
    site: Site,
    failing: list[str],
    *,
    new_passphrase: bool,
    heads_beside: bool,
    translate: Callable[[str], str],
) -> list[str]:
    _ = translate
    lines = [
        _("Callwarden answers at {url}").format(url=site.base_url),
        _("Data folder: {folder}").format(folder=site.layout.data),
    ]
    if failing:
        lines.append(
            _("Not ready yet: {checks}. Run “callwarden doctor” to see why.").format(checks=", ".join(failing))
        )
    if new_passphrase:
        lines.append(
            _(
                "A root passphrase was made: {path}. Whoever has it and this folder can open everything. For "
                "production keep it elsewhere (CALLWARDEN_PASSPHRASE_FILE) and never back it up with the data."
            ).format(path=site.layout.passphrase)
        )
    if heads_beside and not site.demo:
        lines.append(
            _(
                "Signed heads of the operation log are kept in {folder}, on this machine only. Before real work set "
                "CALLWARDEN_LEDGER_SINKS to a place on another machine: only that shows a log that was rewritten here."
            ).format(folder=site.layout.heads())
        )
    if site.accounts.root_kept:
        lines.append(
            _(
                "Everything runs as root, because other accounts cannot reach {python}. Install Python where all "
                "accounts can run it, or start Callwarden as a normal user."
            ).format(python=sys.executable)
        )
    if site.closed:
        lines.append(
            _(
                "This store was restored and is closed: only sign-in and approvals answer. Open it with two people: "
                "callwarden open-restored ask, an approval, callwarden open-restored now, then start again."
            )
        )
    if site.demo:
        lines.append(_("Demonstration: invented people only. Links sign in without a password. Never for real data."))
    lines.append(_("Press Ctrl-C to stop."))
    return lines


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _complain(line: str) -> None:
    sys.stderr.write(f"callwarden: {line}\n")


def _give_up(line: str) -> NoReturn:
    _complain(line)
    sys.exit(2)
