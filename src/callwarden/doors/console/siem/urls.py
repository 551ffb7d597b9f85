from django.urls import path

from callwarden.doors.console.siem import pages

urlpatterns = [
    path("audit/receivers/", pages.siem, name="siem"),
    path("audit/receivers/<uuid:pk>/test/", pages.test, name="siem_test"),
    path("audit/receivers/<uuid:pk>/try/", pages.try_now, name="siem_try"),
    path("audit/receivers/<uuid:pk>/pause/", pages.pause, name="siem_pause"),
    path("audit/receivers/<uuid:pk>/resume/", pages.resume, name="siem_resume"),
    path("audit/receivers/<uuid:pk>/again/", pages.send_again, name="siem_again"),
]
