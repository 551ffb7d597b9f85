from django.urls import path

from callwarden.doors.console.training import pages

urlpatterns = [
    path("control/training/", pages.listing, name="training"),
    path("control/training/enter/", pages.enter, name="training_enter"),
    path("control/training/table/", pages.take_table, name="training_table"),
    path("control/training/people/<uuid:pk>/", pages.person, name="training_person"),
    path("control/training/<uuid:pk>/take-back/", pages.take_back, name="training_take_back"),
]
