from django.urls import path

from callwarden.doors.console.imports import many, pages

urlpatterns = [
    path("imports/", pages.imports, name="imports"),
    path("imports/live/", pages.live, name="imports_live"),
    path("imports/many/", many.choose, name="imports_many"),
    path("imports/many/<slug:step>/", many.draw, name="imports_draw"),
    path("imports/items/<uuid:pk>/", pages.item, name="import_item"),
    path("imports/items/<uuid:pk>/read/", many.read_again, name="import_read"),
    path("imports/items/<uuid:pk>/destroy/", many.destroy, name="import_destroy"),
    path("imports/<uuid:pk>/", pages.batch, name="import_batch"),
]
