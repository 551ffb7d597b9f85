from django.urls import path

from callwarden.doors.console.grants import pages

urlpatterns = [
    path("access/", pages.listing, name="grants"),
    path("access/ask/", pages.ask, name="grant_ask"),
    path("access/<uuid:pk>/", pages.grant, name="grant"),
    path("access/<uuid:pk>/begin/", pages.begin, name="grant_begin"),
    path("access/<uuid:pk>/sound/", pages.sound, name="grant_sound"),
    path("access/<uuid:pk>/transcripts/", pages.transcripts, name="grant_transcripts"),
    path("access/<uuid:pk>/values/", pages.values, name="grant_values"),
    path("access/<uuid:pk>/end/", pages.end, name="grant_end"),
]
