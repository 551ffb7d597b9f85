from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "callwarden.custody"
    label = "custody"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from callwarden.custody import permits  # noqa: F401  (registers what ends with an account)
        from callwarden.custody.ledger.health import require_witnessed
        from callwarden.custody.ledger.writer import write
        from callwarden.kernel import approvals, journal

        journal.set_sink(write)
        approvals.require_before(require_witnessed)
