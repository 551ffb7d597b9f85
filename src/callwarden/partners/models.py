"""State of chapter 4, gathered for Django from its rooms."""

from callwarden.partners.register.models import Partner, PartnerContact, PartnerService, SubProcessor

__all__ = ["Partner", "PartnerContact", "PartnerService", "SubProcessor"]
