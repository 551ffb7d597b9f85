"""Where signed heads of the log go, so that they leave this host: folders, syslog, mail, locked objects, witnesses.

    CALLWARDEN_LEDGER_SINKS="/mnt/other-host/heads witness+https://witness.example#NAME+ID+KEY"

Each sink is one module with one class, made from its address by `parse`. `delivery` keeps the state of each, tries
again with growing pauses, and never lets one wait for another. A sink works when it has taken the newest head.
"""

from callwarden.custody.ledger.sinks import delivery
from callwarden.custody.ledger.sinks.addresses import BadSink, check_all, configured, parse
from callwarden.custody.ledger.sinks.delivery import Delivery, deliver
from callwarden.custody.ledger.sinks.interface import Head, Sent, Sink, SinkFailed

__all__ = [
    "BadSink",
    "Delivery",
    "Head",
    "Sent",
    "Sink",
    "SinkFailed",
    "check_all",
    "configured",
    "deliver",
    "delivery",
    "parse",
]
