from django.urls import path

from callwarden.doors.console.overview import pages

urlpatterns = [
    path("", pages.overview, name="overview"),
    path("controls/<slug:slug>/", pages.evidence, name="evidence"),
]
