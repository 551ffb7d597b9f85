from django.urls import path

from callwarden.doors.console.registry import pages, purposes, transfers

urlpatterns = [
    path("lawful/registry/", pages.listing, name="registry"),
    path("lawful/registry/kinds/", pages.kinds, name="registry_kinds"),
    path("lawful/registry/kinds/<slug:category>/<slug:law>/", pages.kind, name="registry_kind"),
    path("lawful/registry/file/", pages.take_over, name="registry_file"),
    path("lawful/registry/new/", purposes.new, name="purpose_new"),
    path("lawful/registry/purposes/<slug:slug>/", purposes.purpose, name="purpose"),
    path("lawful/registry/purposes/<slug:slug>/edit/", purposes.edit, name="purpose_edit"),
    path("lawful/registry/purposes/<slug:slug>/activate/", purposes.activate, name="purpose_activate"),
    path("lawful/registry/purposes/<slug:slug>/retire/", purposes.retire, name="purpose_retire"),
    path("lawful/registry/purposes/<slug:slug>/lines/", purposes.serve, name="purpose_serve"),
    path("lawful/registry/revisions/<uuid:pk>/ask/", purposes.ask, name="revision_ask"),
    path("lawful/processing/", pages.processing, name="processing"),
    path("lawful/processing/export/", pages.export, name="processing_export"),
    path("lawful/transfers/", transfers.listing, name="transfers"),
    path("lawful/transfers/new/", transfers.new, name="transfer_new"),
    path("lawful/transfers/<uuid:pk>/ask/", transfers.ask, name="transfer_ask"),
    path("lawful/transfers/<uuid:pk>/end/", transfers.end, name="transfer_end"),
]
