from django.urls import path

from callwarden.doors.console.assessments import pages

urlpatterns = [
    path("lawful/assessments/", pages.listing, name="assessments"),
    path("lawful/assessments/start/<slug:slug>/", pages.start, name="assessment_start"),
    path("lawful/assessments/<uuid:pk>/", pages.assessment, name="assessment"),
    path("lawful/assessments/<uuid:pk>/write/<slug:step>/", pages.write, name="assessment_write"),
    path("lawful/assessments/<uuid:pk>/ask/", pages.ask, name="assessment_ask"),
    path("lawful/assessments/<uuid:pk>/abandon/", pages.abandon, name="assessment_abandon"),
]
