from django.apps import AppConfig


class ControlConfig(AppConfig):
    name = "callwarden.control"
    label = "control"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the acts it owns, in every process.
        from callwarden.control.access import acts
        from callwarden.control.accounts import acts as _roles  # noqa: F401
        from callwarden.control.accounts import watch  # noqa: F401
        from callwarden.control.alerts import acts as _silence  # noqa: F401
        from callwarden.control.emergency import actions as _emergency  # noqa: F401
        from callwarden.control.grants import actions as _grants  # noqa: F401
        from callwarden.control.log_years import acts as _years  # noqa: F401
        from callwarden.control.reviews import actions as _reviews  # noqa: F401
        from callwarden.control.siem import acts as _siem  # noqa: F401
        from callwarden.kernel import approvals

        approvals.policy_from(acts.in_force)
