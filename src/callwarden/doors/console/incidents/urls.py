from django.urls import path

from callwarden.doors.console.incidents import pages

urlpatterns = [
    path("incidents/", pages.listing, name="incidents"),
    path("incidents/report/", pages.report, name="incident_report"),
    path("incidents/<uuid:pk>/", pages.incident, name="incident"),
]
