"""Notice misuse of access while it happens: detectors over a stream of happenings, without names or content."""

from ._facts import Access, Alert, Delivery, Happening, Link, Power, Privilege

__all__ = ["Access", "Alert", "Delivery", "Happening", "Link", "Power", "Privilege"]
