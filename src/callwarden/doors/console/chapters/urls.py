from django.urls import path

from callwarden.doors.console.chapters import pages, retention

urlpatterns = [
    path("lawful/", pages.lawful, name="lawful"),
    path("lawful/retention/", retention.retention, name="retention"),
    path("protection/", pages.protection, name="protection"),
    path("protection/sessions/<uuid:pk>/end/", pages.session_revoke, name="session_revoke"),
    path("control/", pages.control, name="control"),
    path("partners/", pages.partners, name="partners"),
]
