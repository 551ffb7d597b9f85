from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "callwarden.partners"
    label = "partners"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the acts it owns, in every process.
        from callwarden.partners.register import acts  # noqa: F401
