from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "callwarden.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"
