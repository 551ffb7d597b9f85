"""The web process: Granian serving the WSGI application, on loopback or behind a certificate."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from callwarden.site.logs import LOGGING

# Threads that run Django in each web process; each may hold one database connection. More than a few a core only wait.
THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="callwarden.site.web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    given = parser.parse_args()
    os.environ["CALLWARDEN_WEB_PARENT"] = str(os.getpid())
    Server(
        "callwarden.site.wsgi:application",
        address=given.host,
        port=given.port,
        interface=Interfaces.WSGI,
        workers=given.workers,
        blocking_threads=THREADS,
        http=HTTPModes.auto,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        log_access=False,  # its lines hold paths and query strings; the middleware logs routes instead
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=15,
        ssl_cert=given.tls_cert,
        ssl_key=given.tls_key,
    ).serve()


if __name__ == "__main__":
    main()
