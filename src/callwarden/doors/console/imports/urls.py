from django.urls import path

from callwarden.doors.console.imports import pages

urlpatterns = [
    path("imports/", pages.imports, name="imports"),
    path("imports/live/", pages.live, name="imports_live"),
    path("imports/items/<uuid:pk>/", pages.item, name="import_item"),
    path("imports/<uuid:pk>/", pages.batch, name="import_batch"),
]
