"""Addresses of the console."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from callwarden.doors.console import demo, preferences

app_name = "console"

urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences/language/", login_not_required(set_language), name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("demo/", demo.landing, name="demo"),
    path("demo/<str:link>/", demo.enter, name="demo_enter"),
    path("", include("callwarden.doors.console.requests.public_urls")),
    path("", include("callwarden.doors.console.calls.urls")),
    path("", include("callwarden.doors.console.checking.urls")),
    path("", include("callwarden.doors.console.customers.urls")),
    path("", include("callwarden.doors.console.consents.urls")),
    path("", include("callwarden.doors.console.overview.urls")),
    path("", include("callwarden.doors.console.audit.urls")),
    path("", include("callwarden.doors.console.approvals.urls")),
    path("", include("callwarden.doors.console.grants.urls")),
    path("", include("callwarden.doors.console.emergency.urls")),
    path("", include("callwarden.doors.console.findings.urls")),
    path("", include("callwarden.doors.console.bulk.urls")),
    path("", include("callwarden.doors.console.alerts.urls")),
    path("", include("callwarden.doors.console.incidents.urls")),
    path("", include("callwarden.doors.console.imports.urls")),
    path("", include("callwarden.doors.console.chapters.urls")),
    path("", include("callwarden.doors.console.matrix.urls")),
    path("", include("callwarden.doors.console.notices.urls")),
    path("", include("callwarden.doors.console.day.urls")),
    path("", include("callwarden.doors.console.staff.urls")),
    path("", include("callwarden.doors.console.certificates.urls")),
    path("", include("callwarden.doors.console.requests.urls")),
    path("", include("callwarden.doors.console.holds.urls")),
    path("", include("callwarden.doors.console.retention.urls")),
    path("", include("callwarden.doors.console.anonymous.urls")),
    path("", include("callwarden.doors.console.registry.urls")),
    path("", include("callwarden.doors.console.assessments.urls")),
    path("", include("callwarden.doors.console.settings.urls")),
    path("", include("callwarden.doors.console.keys.urls")),
    path("", include("callwarden.doors.console.programs.urls")),
    path("", include("callwarden.doors.console.people.urls")),
    path("", include("callwarden.doors.console.reviews.urls")),
    path("", include("callwarden.doors.console.training.urls")),
    path("", include("callwarden.doors.console.backups.urls")),
    path("", include("callwarden.doors.console.siem.urls")),
    path("", include("callwarden.doors.console.neighbours.urls")),
    path("", include("callwarden.doors.console.partners.urls")),
    path("", include("callwarden.doors.console.residue.urls")),
    path("", include("callwarden.doors.console.signins.urls")),
]
