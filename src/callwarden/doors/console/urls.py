"""Addresses of the console."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from callwarden.doors.console import demo, preferences

app_name = "console"

ROOMS = ["calls", "customers", "overview", "audit", "approvals", "findings", "imports", "chapters", "settings"]

urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences/language/", login_not_required(set_language), name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("demo/", demo.landing, name="demo"),
    path("demo/<str:link>/", demo.enter, name="demo_enter"),
    *(path("", include(f"callwarden.doors.console.{room}.urls")) for room in ROOMS),
]
