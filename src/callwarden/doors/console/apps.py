from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "callwarden.doors.console"
    label = "console"
