from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "callwarden.doors.console"
    label = "console"

    def ready(self) -> None:
        from callwarden.doors.console import signin

        signin.connect()
