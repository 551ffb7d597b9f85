from django.urls import path

from callwarden.doors.console.checking import pages

urlpatterns = [
    path("calls/<uuid:call>/redaction/", pages.check, name="redaction"),
    path("calls/<uuid:call>/redaction/hide/", pages.hide, name="redaction_hide"),
    path("calls/<uuid:call>/redaction/show/", pages.show, name="redaction_show"),
    path("corrections/", pages.cases, name="corrections"),
    path("corrections/cases.jsonl", pages.export, name="corrections_export"),
]
