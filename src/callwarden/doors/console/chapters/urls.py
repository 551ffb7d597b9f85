from django.urls import path

from callwarden.doors.console.chapters import matrix, pages, retention

urlpatterns = [
    path("lawful/", pages.lawful, name="lawful"),
    path("lawful/retention/", retention.retention, name="retention"),
    path("protection/", pages.protection, name="protection"),
    path("protection/sessions/<uuid:pk>/end/", pages.session_revoke, name="session_revoke"),
    path("control/", pages.control, name="control"),
    path("control/matrix/propose/", matrix.propose, name="matrix_propose"),
    path("control/matrix/<uuid:pk>/", matrix.version, name="matrix_version"),
    path("control/matrix/<uuid:pk>/ask/", matrix.ask, name="matrix_ask"),
    path("partners/", pages.partners, name="partners"),
]
