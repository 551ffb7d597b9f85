from django.urls import path

from callwarden.doors.console.neighbours import batches, pages

urlpatterns = [
    path("audit/neighbours/", pages.listing, name="neighbours"),
    path("audit/neighbours/new/", pages.new, name="neighbour_new"),
    path("audit/neighbours/try/", pages.trial, name="neighbour_try"),
    path("audit/neighbours/<uuid:pk>/", pages.change, name="neighbour"),
    path("audit/neighbours/<uuid:pk>/pause/", pages.pause, name="neighbour_pause"),
    path("audit/neighbours/<uuid:pk>/resume/", pages.resume, name="neighbour_resume"),
    path("audit/neighbours/<uuid:pk>/end/", pages.end, name="neighbour_end"),
    path("audit/neighbours/<uuid:pk>/batches/", batches.listing, name="neighbour_batches"),
    path("audit/neighbours/<uuid:pk>/batches/<uuid:batch>/", batches.one, name="neighbour_batch"),
]
