from django.urls import path

from callwarden.doors.console.programs import pages

urlpatterns = [
    path("protection/service-keys/", pages.listing, name="programs"),
    path("protection/service-keys/new/", pages.new, name="program_new"),
    path("protection/service-keys/<uuid:pk>/", pages.program, name="program"),
    path("protection/service-keys/<uuid:pk>/rotate/", pages.rotate, name="program_rotate"),
    path("protection/service-keys/<uuid:pk>/hand-over/", pages.hand_over, name="program_hand_over"),
    path("protection/service-keys/<uuid:pk>/end/", pages.end, name="program_end"),
]
