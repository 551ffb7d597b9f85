from django.urls import path

from callwarden.doors.console.staff import pages, reading

urlpatterns = [
    path("staff-notice/", reading.read, name="staff_notice"),
    path("lawful/staff/", pages.versions, name="staff_notices"),
    path("lawful/staff/write/", pages.write, name="staff_notice_write"),
    path("lawful/staff/<uuid:pk>/", pages.version, name="staff_notice_version"),
    path("lawful/staff/<uuid:pk>/ask/", pages.ask, name="staff_notice_ask"),
]
