from django.urls import path

from callwarden.doors.console.findings import pages

urlpatterns = [
    path("findings/", pages.listing, name="findings"),
    path("findings/<uuid:pk>/", pages.finding, name="finding"),
    path("findings/<uuid:pk>/<slug:step>/", pages.move, name="finding_move"),
]
