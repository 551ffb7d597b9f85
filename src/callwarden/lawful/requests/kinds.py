"""What a data subject may ask for, how it reaches the centre, and why it may be refused."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    """Source: PIPL art. 44-48, 24; GDPR art. 15-22; GB/T 35273-2020 clause 8."""

    ACCESS = "access", _("Access: what is kept and who looked at it")
    COPY = "copy", _("A copy to take along")
    CORRECTION = "correction", _("Correction")
    ERASURE = "erasure", _("Erasure")
    RESTRICTION = "restriction", pgettext_lazy("request", "Restriction")
    WITHDRAWAL = "withdrawal", _("Withdrawal of consent")
    OBJECTION = "objection", _("Objection")
    EXPLANATION = "explanation", _("Explanation of the rules")
    ACCOUNT_CLOSING = "account_closing", _("Closing the account")

    @property
    def destroys(self) -> bool:
        """Whether carrying it out ends data for good."""
        return self in {Kind.ERASURE, Kind.ACCOUNT_CLOSING}

    @property
    def undone_until_answered(self) -> bool:
        """Whether nothing has changed while it is under way, so that it may still turn out that it cannot be met."""
        return self in {Kind.ACCESS, Kind.COPY, Kind.CORRECTION, Kind.EXPLANATION}

    @property
    def hands_out(self) -> bool:
        """Whether the answer carries the person's data, so that nothing may leave before they are known."""
        return self in {Kind.ACCESS, Kind.COPY}


class Channel(TextChoices):
    PHONE = "phone", _("By telephone, through an agent")
    WEB = "web", _("Through the public form")
    API = "api", _("From another system")
    LETTER = "letter", _("In writing")


class RejectionReason(TextChoices):
    """Why a request is not met. Each has a remedy that the answer names (PIPL art. 50; GDPR art. 12(4))."""

    TAKEN_BACK = "taken_back", _("The person took the request back")
    NOT_VERIFIED = "not_verified", _("The person could not be verified")
    NOT_THE_SUBJECT = "not_the_subject", _("Asked by somebody else without authority")
    NOTHING_KEPT = "nothing_kept", _("Nothing is kept about this person")
    RIGHT_AS_IT_IS = "right_as_it_is", _("What is kept is right as it is")
    EXCESSIVE = "excessive", _("Repeated without reason")
    HARMS_OTHERS = "harms_others", _("It would harm the rights of others")
    LAW_REQUIRES_KEEPING = "law_requires_keeping", _("A law requires it to be kept")
