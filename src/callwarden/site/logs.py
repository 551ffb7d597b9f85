"""Logs that cannot carry personal data: one line of JSON each, made only of what is on a list.

Everything that is not admitted is left out, whoever logs it: messages of other libraries, arguments, request bodies,
query strings, texts of exceptions. What remains of an error is its type, its code and where in the program it arose;
together with the request id that finds the fault. First-party code logs an event name and listed keys:

    log = structlog.get_logger("callwarden.web")
    log.warning("provider_slow", seconds=4.2, code="timeout")

`logging.getLogger("callwarden.x").error("event_name", extra={"code": ...})` comes out the same.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

PACKAGE = Path(__file__).resolve().parent.parent

_EVENT = re.compile(r"[a-z][a-z0-9_.-]{2,79}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}")
_ID = re.compile(r"[0-9a-f]{8,32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ROUTE = re.compile(r"[\w<>:/.()?^$*+\[\]|\\-]{1,160}", re.ASCII)
_PLACE = re.compile(r"[\w./-]{1,160}:\d{1,5}(:[\w.<>]{1,80})?", re.ASCII)
_SENTENCE = re.compile(r"[A-Za-z0-9 ,.;:()'/_=-]{1,300}")
_DIGIT_RUN = re.compile(r"\d{5}")

# Key -> the shape its value must have. `int` and `float` admit numbers only.
_SHAPES: Mapping[str, re.Pattern[str] | type] = {
    "attempt": int,
    "check": _NAME,
    "code": _NAME,
    "count": int,
    "error": _NAME,
    "exit": int,
    "job": int,
    "lines": int,
    "method": _NAME,
    "ms": float,
    "outcome": _NAME,
    "pid_of": int,
    "process_name": _NAME,
    "queue": _NAME,
    "reason": _NAME,
    "request_id": _ID,
    "route": _ROUTE,
    "says": _SENTENCE,
    "seconds": float,
    "size": int,
    "status": int,
    "task": _NAME,
    "where": _PLACE,
}
_HEAD = ("at", "level", "logger", "event")
# Ids and places legitimately hold runs of digits; nothing else may, for a run of digits may be a telephone number.
_MAY_HOLD_DIGITS = frozenset({"request_id", "where"})


def admitted(key: str, value: object) -> bool:
    """Whether this key may appear in a log with this value."""
    shape = _SHAPES.get(key)
    if shape is None:
        return False
    if isinstance(shape, re.Pattern):
        text = str(value) if not isinstance(value, str) else value
        return bool(shape.fullmatch(text)) and (key in _MAY_HOLD_DIGITS or not _DIGIT_RUN.search(text))
    if isinstance(value, bool):
        return False
    # Large whole numbers are telephone numbers as easily as they are counts.
    return isinstance(value, int | float) and abs(value) < 10**9


def describe(error: BaseException) -> dict[str, str]:
    """Type, code and place of an error; never its text."""
    kind = type(error)
    told = {"error": f"{kind.__module__}.{kind.__qualname__}".replace("<locals>.", "").removeprefix("builtins.")}
    code = getattr(error, "code", None)
    if isinstance(code, str) and _NAME.fullmatch(code):
        told["code"] = code
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
    if chosen := (own or frames)[-1:]:
        frame = chosen[0]
        path = Path(frame.filename)
        name = path.relative_to(PACKAGE) if own else Path(*path.parts[-2:])
        told["where"] = f"{name}:{frame.lineno}:{frame.name}"
    return told


class AdmittedOnly(logging.Formatter):
    """Turns any record into one JSON line that holds only what `admitted` lets through."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name if _NAME.fullmatch(record.name) else "other",
        }
        ours = record.name.startswith("callwarden")
        if ours and isinstance(record.msg, str) and not record.args and _EVENT.fullmatch(record.msg):
            line["event"] = record.msg
        else:
            line["event"] = "message_withheld"
            line["where"] = f"{Path(*Path(record.pathname).parts[-2:])}:{record.lineno}"
        for source in (structlog.contextvars.get_contextvars(), record.__dict__, _of_a_job(record)):
            line.update({key: source[key] for key in _SHAPES if key in source and admitted(key, source[key])})
        if record.exc_info and record.exc_info[1] is not None:
            line.update({key: text for key, text in describe(record.exc_info[1]).items() if admitted(key, text)})
        return json.dumps({key: _plain(value) for key, value in line.items()})


class ToStandardError(logging.Handler):
    """Writes to whatever standard error is at that moment, each record in one write."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except (OSError, ValueError):  # closed, or the disk behind it is full: a lost line stops nothing
            return


def _of_a_job(record: logging.LogRecord) -> dict[str, object]:
    """Which job a record of the job library is about; its message has the arguments in it, these have not."""
    job = record.__dict__.get("job")
    if not record.name.startswith("procrastinate") or not isinstance(job, dict):
        return {}
    return {"job": job.get("id"), "task": job.get("task_name"), "reason": record.__dict__.get("action")}


def _plain(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value if isinstance(value, int) else str(value)


def readmit(text: bytes) -> str | None:
    """A line some process printed, again reduced to what is admitted; None when it is not one of ours at all."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("event"), str) or not _EVENT.fullmatch(line["event"]):
        return None
    kept = {key: line[key] for key in _HEAD if isinstance(line.get(key), str) and len(line[key]) <= 100}
    kept.update({key: value for key, value in line.items() if key not in kept and admitted(key, value)})
    return json.dumps(kept)


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"admitted": {"()": AdmittedOnly}},
    "handlers": {"out": {"()": ToStandardError, "formatter": "admitted"}},
    # Other libraries' messages are withheld anyway; below warnings not even their occurrence says anything.
    "root": {"handlers": ["out"], "level": "WARNING"},
    "loggers": {
        "callwarden": {"level": "INFO"},
        # These bring handlers of their own that print values; everything goes through the one handler instead.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "_granian": {"level": "WARNING", "handlers": [], "propagate": True},
        "granian.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}


def at_level(level: str) -> dict[str, Any]:
    """LOGGING with the product's own loggers at another level."""
    return {**LOGGING, "loggers": {**LOGGING["loggers"], "callwarden": {"level": level}}}


def configure_structlog() -> None:
    """Send structlog through standard logging, so that there is one formatter and one list."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def configure() -> None:
    """Set logging up for a process of its own, before Django is; uncaught errors are logged like any other."""
    logging.config.dictConfig(LOGGING)
    configure_structlog()
    sys.excepthook = lambda kind, error, trace: logging.getLogger("callwarden").critical(
        "process_failed", exc_info=(kind, error, trace)
    )
