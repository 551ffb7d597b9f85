from django.apps import AppConfig


class LawfulConfig(AppConfig):
    name = "callwarden.lawful"
    label = "lawful"
    default_auto_field = "django.db.models.BigAutoField"
