"""A job worker: takes jobs of its queues from PostgreSQL, one at a time, until told to stop."""

from __future__ import annotations

import argparse
import os
import socket

import django

GRACE_SECONDS = 25.0  # the supervisor kills after 30; what is cut off is taken over by another worker
HEARTBEAT_SECONDS = 10.0
RESCUE_AFTER_SECONDS = 30.0  # three missed heartbeats; shorter, and a busy machine makes live jobs run twice


def main() -> None:
    parser = argparse.ArgumentParser(prog="callwarden.site.worker")
    parser.add_argument("--queue", action="append", required=True)
    queues = parser.parse_args().queue
    django.setup()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    import callwarden.site.jobs  # noqa: F401  (registers the clock's own tasks)
    from callwarden.flows import residue
    from callwarden.site import failing
    from callwarden.site.copies import reach_of_searches

    residue.provide(reach_of_searches)

    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()) as ready:
        ready.run_worker(
            queues=queues,
            name=f"{'-'.join(queues)}@{socket.gethostname()}:{os.getpid()}",
            concurrency=1,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=RESCUE_AFTER_SECONDS,
            worker_middleware=[failing.watched],
        )


if __name__ == "__main__":
    main()
