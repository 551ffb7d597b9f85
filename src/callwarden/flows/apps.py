from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "callwarden.flows"
    label = "flows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers the findings it reports, and what explains accesses, in every process.
        from callwarden.flows import explained, live_purposes, many_arrivals, many_findings, reviewing, troubles  # noqa: F401
        from callwarden.flows.requests import lifting, many, of_agents  # noqa: F401
