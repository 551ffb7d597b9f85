"""Prometheus metrics. Labels are routes, methods and codes; never a path, a person or a record."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.db import DatabaseError, connection
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

REQUESTS = Counter("callwarden_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "callwarden_http_request_seconds",
    "Time to answer a request, in seconds.",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class _Jobs(Collector):
    """Jobs by queue and state, asked from the database when somebody scrapes."""

    def collect(self) -> Iterator[Metric]:
        gauge = GaugeMetricFamily("callwarden_jobs", "Jobs by queue and state.", labels=["queue", "state"])
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs "
                    "WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2"
                )
                for queue, state, count in cursor.fetchall():
                    gauge.add_metric([queue, state], count)
        except DatabaseError:
            return
        yield gauge


def exposition() -> tuple[bytes, str]:
    """All metrics in Prometheus' text format, summed over processes where there are several."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_Jobs())
    return generate_latest(registry), CONTENT_TYPE_LATEST
