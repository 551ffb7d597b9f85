from django.urls import path

from callwarden.doors.console.retention import pages

urlpatterns = [
    path("lawful/calendar/", pages.calendar, name="retention_calendar"),
    path("lawful/calendar/runs/", pages.live_runs, name="retention_runs"),
]
