"""Legal orders a line can stand under. Chapters attach grounds, sensitivity, deadlines and floors to them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Jurisdiction(TextChoices):
    """Closed list; `generic` holds where none of the others does, with the strictest defaults."""

    CN = "cn", _("Mainland China")
    EU = "eu", _("European Union")
    UK = "uk", _("United Kingdom")
    US_CA = "us-ca", _("California")
    GENERIC = "generic", _("Elsewhere")
