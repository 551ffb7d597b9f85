from django.urls import path

from callwarden.doors.console.backups import pages

urlpatterns = [
    path("protection/backups/", pages.backups, name="backups"),
    path("protection/backups/drill/", pages.start_drill, name="drill_start"),
    path("protection/backups/drills/<uuid:pk>/", pages.drill, name="drill"),
    path("protection/backups/open/", pages.ask_to_open, name="restore_ask"),
]
