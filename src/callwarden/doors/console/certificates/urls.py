from django.urls import path

from callwarden.doors.console.certificates import pages

urlpatterns = [
    path("lawful/certificates/", pages.listing, name="certificates"),
    path("lawful/certificates/<uuid:pk>/", pages.certificate, name="certificate"),
    path("lawful/certificates/<uuid:pk>/file/", pages.file, name="certificate_file"),
]
