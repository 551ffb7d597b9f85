"""Telling people and systems that something waits for them, without telling what it says.

    HOLD_SET = register(Template("hold-set", subject=_("A legal hold was set"), body=_("..."), parameters=...))

    with transaction.atomic():
        ...
        send(HOLD_SET, to=officer, parameters={"rule": "..."}, link=f"/holds/{hold.pk}")

A message is a registered template, structural parameters and a link. There is no way to send free text.
"""

from callwarden.kernel.notify.interface import Deliverer, DeliveryFailed
from callwarden.kernel.notify.outbox import deliver, due, retry, send, tell
from callwarden.kernel.notify.signature import BadSignature, verify
from callwarden.kernel.notify.templates import Template, names, register, render, template

__all__ = [
    "BadSignature",
    "Deliverer",
    "DeliveryFailed",
    "Template",
    "deliver",
    "due",
    "names",
    "register",
    "render",
    "retry",
    "send",
    "tell",
    "template",
    "verify",
]
