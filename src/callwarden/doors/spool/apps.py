from django.apps import AppConfig


class SpoolConfig(AppConfig):
    name = "callwarden.doors.spool"
    label = "spool"
