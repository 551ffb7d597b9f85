from django.apps import AppConfig


class SpoolConfig(AppConfig):
    name = "callwarden.doors.spool"
    label = "spool"

    def ready(self) -> None:
        # Registers its finding, in every process.
        from callwarden.doors.spool import left  # noqa: F401
