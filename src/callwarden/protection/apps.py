from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "callwarden.protection"
    label = "protection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the acts it owns, in every process.
        from callwarden.protection.backup import actions as _backup  # noqa: F401
        from callwarden.protection.keys import actions, clients, epochs, rotation  # noqa: F401
        from callwarden.protection.signin import actions as _signin  # noqa: F401
        from callwarden.protection.signin import acts as _acts  # noqa: F401
        from callwarden.protection.signin import watch  # noqa: F401
