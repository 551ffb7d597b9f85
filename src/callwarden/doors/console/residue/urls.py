from django.urls import path

from callwarden.doors.console.residue import pages

urlpatterns = [
    path("protection/erasures/", pages.searches, name="residue"),
    path("protection/erasures/<uuid:pk>/", pages.search, name="residue_scan"),
    path("protection/erasures/<uuid:pk>/again/", pages.again, name="residue_again"),
]
