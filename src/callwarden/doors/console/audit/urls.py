from django.urls import path

from callwarden.doors.console.audit import evidence, finding, pages, years

urlpatterns = [
    path("audit/", pages.audit, name="audit"),
    path("audit/find/", finding.find, name="ledger_find"),
    path("audit/verify/", pages.verify, name="verify"),
    path("audit/verify/<uuid:run>/", pages.verify_progress, name="verify_progress"),
    path("audit/export/", pages.export, name="ledger_export"),
    path("audit/evidence/", evidence.take, name="ledger_evidence"),
    path("audit/years/", years.years, name="ledger_years"),
    path("audit/years/<int:year>/export/", years.export, name="ledger_year_export"),
    path("audit/years/<int:year>/erase/", years.erase, name="ledger_year_erase"),
    path("audit/entries/<int:index>/", pages.entry, name="entry"),
    path("audit/entries/<int:index>/proof/", pages.proof, name="proof"),
    path("audit/entries/<int:index>/detail/", pages.detail, name="detail"),
]
