from django.urls import path

from callwarden.doors.console.keys import pages

urlpatterns = [
    path("protection/keys/", pages.keys, name="keys"),
    path("protection/keys/runs/", pages.live_runs, name="keys_runs"),
    path("protection/keys/clients/<uuid:client>/turn/", pages.turn, name="keys_turn"),
    path("protection/keys/clients/<uuid:client>/indexes/<slug:column>/", pages.reindex, name="keys_reindex"),
    path("protection/keys/epochs/<uuid:epoch>/end/", pages.end_early, name="keys_end"),
    path("protection/keys/runs/<uuid:run>/pause/", pages.pause, name="keys_pause"),
    path("protection/keys/runs/<uuid:run>/resume/", pages.resume, name="keys_resume"),
]
