from django.urls import path

from callwarden.doors.console.emergency import pages

urlpatterns = [
    path("emergency/", pages.listing, name="emergencies"),
    path("emergency/begin/", pages.begin, name="emergency_begin"),
    path("emergency/<uuid:pk>/", pages.access, name="emergency"),
    path("emergency/<uuid:pk>/end/", pages.end, name="emergency_end"),
    path("emergency/<uuid:pk>/review/", pages.review, name="emergency_review"),
]
