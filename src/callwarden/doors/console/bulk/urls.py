from django.urls import path

from callwarden.doors.console.bulk import pages

urlpatterns = [
    path("many/", pages.listing, name="bulk"),
    path("many/<uuid:pk>/", pages.act, name="bulk_act"),
    path("many/<uuid:pk>/live/", pages.live, name="bulk_live"),
    path("many/<uuid:pk>/rows/", pages.rows, name="bulk_rows"),
    path("many/<uuid:pk>/<slug:step>/", pages.move, name="bulk_move"),
]
