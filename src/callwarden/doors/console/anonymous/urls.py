from django.urls import path

from callwarden.doors.console.anonymous import pages

urlpatterns = [
    path("lawful/anonymous/", pages.listing, name="anonymous"),
    path("lawful/anonymous/new/<str:source>/", pages.new, name="anonymous_new"),
    path("lawful/anonymous/new/<str:source>/figures/", pages.figures, name="anonymous_figures"),
    path("lawful/anonymous/at-end/<str:source>/", pages.at_end, name="anonymous_at_end"),
    path("lawful/anonymous/at-end/<uuid:pk>/stop/", pages.stop, name="anonymous_end_stop"),
    path("lawful/anonymous/<uuid:pk>/", pages.release, name="anonymous_release"),
    path("lawful/anonymous/<uuid:pk>/file/", pages.file, name="anonymous_file"),
]
