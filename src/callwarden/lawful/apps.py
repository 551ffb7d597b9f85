from django.apps import AppConfig


class LawfulConfig(AppConfig):
    name = "callwarden.lawful"
    label = "lawful"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Each registers the acts it owns, in every process.
        from callwarden.lawful.anonymisation import acts as _anonymisation  # noqa: F401
        from callwarden.lawful.assessments import acts as _assessments  # noqa: F401
        from callwarden.lawful.consent import many as _many_consents  # noqa: F401
        from callwarden.lawful.holds import acts as _holds  # noqa: F401
        from callwarden.lawful.holds import many as _many_holds  # noqa: F401
        from callwarden.lawful.notices import acts as _notices  # noqa: F401
        from callwarden.lawful.purposes import acts as _purposes  # noqa: F401
        from callwarden.lawful.requests import acts as _requests  # noqa: F401
        from callwarden.lawful.requests import many as _many_requests  # noqa: F401
        from callwarden.lawful.retention import acts as _retention  # noqa: F401
        from callwarden.lawful.staff import acts as _staff  # noqa: F401
