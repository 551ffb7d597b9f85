from django.urls import path

from callwarden.doors.console.holds import many, pages

urlpatterns = [
    path("lawful/holds/many/release/", many.release, name="holds_release"),
    path("lawful/holds/many/", many.set_page, name="holds_set"),
    path("lawful/holds/", pages.listing, name="holds"),
    path("lawful/holds/new/", pages.new, name="hold_new"),
    path("lawful/holds/<uuid:pk>/", pages.matter, name="hold"),
    path("lawful/holds/<uuid:pk>/live/", pages.live, name="hold_live"),
    path("lawful/holds/<uuid:pk>/review/", pages.review, name="hold_review"),
    path("lawful/holds/<uuid:pk>/release/", pages.release, name="hold_release"),
]
