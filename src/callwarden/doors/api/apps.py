from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "callwarden.doors.api"
    label = "api"
