"""The words of the register: what a partner is to us, what it does, whom to reach there."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    PROSPECT = "prospect", pgettext_lazy("partner", "Prospect")
    ASSESSING = "assessing", pgettext_lazy("partner", "Being assessed")
    APPROVED = "approved", pgettext_lazy("partner", "Approved")
    ACTIVE = "active", pgettext_lazy("partner", "Active")
    SUSPENDED = "suspended", pgettext_lazy("partner", "Suspended")
    EXITING = "exiting", pgettext_lazy("partner", "Leaving")
    EXITED = "exited", pgettext_lazy("partner", "Left")


class Role(TextChoices):
    """Source: PIPL art. 20, 21, 23; GDPR art. 4(7), 26, 28."""

    PROCESSOR = "processor", pgettext_lazy("partner", "Entrusted: handles data for us alone")
    CONTROLLER = "controller", pgettext_lazy("partner", "Handles data for purposes of its own")
    JOINT = "joint", pgettext_lazy("partner", "Decides on purposes together with us")


class Service(TextChoices):
    CALLS = "calls", _("Takes or makes calls for us")
    COLLECTION = "collection", _("Collects debts")
    TRANSCRIPTION = "transcription", _("Turns speech into text")
    ANALYSIS = "analysis", _("Analyses or summarises calls")
    MESSAGES = "messages", _("Sends messages")
    DELIVERY = "delivery", _("Delivers or repairs")
    MARKETING = "marketing", _("Marketing")
    HOSTING = "hosting", _("Hosts systems or stores data")
    OTHER = "other", pgettext_lazy("partner", "Something else")


class Volume(IntegerChoices):
    """How many people's data it gets in a month."""

    UP_TO_1000 = 1, _("Up to 1,000 people")
    UP_TO_10000 = 2, _("Up to 10,000 people")
    UP_TO_100000 = 3, _("Up to 100,000 people")
    MORE = 4, _("More than 100,000 people")


class Duty(TextChoices):
    SECURITY = "security", pgettext_lazy("duty", "Security")
    PRIVACY = "privacy", pgettext_lazy("duty", "Privacy")
    OPERATIONS = "operations", pgettext_lazy("duty", "Operations")
    INCIDENT = "incident", pgettext_lazy("duty", "Incidents, at any hour")


class Tier(IntegerChoices):
    LOW = 1, pgettext_lazy("risk tier", "Low")
    MEDIUM = 2, pgettext_lazy("risk tier", "Medium")
    HIGH = 3, pgettext_lazy("risk tier", "High")
