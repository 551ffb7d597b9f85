from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "callwarden.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Each registers the acts, findings and messages it owns, in every process.
        from callwarden.kernel import approvals, deadlines, findings, frozen, malware, people, stricter  # noqa: F401
