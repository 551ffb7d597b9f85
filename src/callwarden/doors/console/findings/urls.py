from django.urls import path

from callwarden.doors.console.findings import many, pages

urlpatterns = [
    path("findings/", pages.listing, name="findings"),
    path("findings/many/", many.choose, name="findings_many"),
    path("findings/many/<slug:step>/", many.draw, name="findings_draw"),
    path("findings/<uuid:pk>/", pages.finding, name="finding"),
    path("findings/<uuid:pk>/<slug:step>/", pages.move, name="finding_move"),
]
