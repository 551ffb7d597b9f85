from django.urls import path

from callwarden.doors.console.settings import pages

urlpatterns = [
    path("settings/", pages.settings, name="settings"),
    path("settings/sessions/<uuid:pk>/end/", pages.own_session_end, name="own_session_end"),
]
