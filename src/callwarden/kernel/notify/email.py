"""Delivery by SMTP, through Django's configured mail back end."""

from __future__ import annotations

import smtplib
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.models import OutboxMessage
from callwarden.kernel.notify.interface import DeliveryFailed
from callwarden.kernel.notify.templates import Template, register, render, template

_TIMEOUT_S = 10

TEST_MESSAGE = register(
    Template("test", subject=_("Test message"), body=_("Messages from this site reach you. Nothing needs to be done."))
)


def deliver(message: OutboxMessage) -> None:
    """Send to the recipient's present address.

    Raises:
        DeliveryFailed: no mail server is set; final when there is no address or the server refuses it for good (RFC
            5321 section 4.2.1, 5yz).
    """
    person = message.recipient
    if not configured():
        # Not final: a site that sets its mail server within the day still tells its people.
        raise DeliveryFailed("mail_not_configured")
    if person is None or not person.is_active or not person.email:
        raise DeliveryFailed("no_address", final=True)
    text = render(template(message.template), message.parameters, message.link, message.language)
    mail(person.email, text.subject, text.body, identifier=message.pk)


def mail(to: str, subject: str, body: str, *, identifier: UUID) -> None:
    """Send one mail.

    Raises:
        DeliveryFailed: final where the server refuses it for good.
    """
    made = EmailMessage(
        subject=subject,
        body=body,
        to=[to],
        headers={"Message-ID": f"<{identifier}@{_domain()}>", "Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=_TIMEOUT_S),
    )
    try:
        made.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        raise DeliveryFailed("recipient_refused", final=all(code >= 500 for code in codes)) from None
    except smtplib.SMTPResponseException as error:
        raise DeliveryFailed(f"smtp_{error.smtp_code}", final=error.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(type(error).__name__) from None


def configured() -> bool:
    """Whether this site has a mail server."""
    return bool(settings.EMAIL_HOST) or settings.EMAIL_BACKEND != "django.core.mail.backends.smtp.EmailBackend"


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
