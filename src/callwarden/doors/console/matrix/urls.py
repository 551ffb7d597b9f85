from django.urls import path

from callwarden.doors.console.matrix import editing, pages, parts, shadowing, ties, trying

urlpatterns = [
    path("control/access/", pages.home, name="access"),
    path("control/access/compare/", pages.compare, name="matrix_compare"),
    path("control/access/drafts/", editing.draft, name="matrix_draft"),
    path("control/access/ties/", ties.listing, name="ties"),
    path("control/access/ties/<uuid:client>/<uuid:pk>/confirm/", ties.confirm, name="tie_confirm"),
    path("control/access/ties/<uuid:client>/<uuid:pk>/end/", ties.end, name="tie_end"),
    path("control/access/try/", trying.page, name="access_try"),
    path("control/access/versions/<uuid:pk>/shadow/", shadowing.counts, name="matrix_shadow"),
    path("control/access/versions/<uuid:pk>/shadow/begin/", shadowing.begin, name="matrix_to_shadow"),
    path("control/access/versions/<uuid:pk>/", pages.version, name="matrix_version"),
    path("control/access/versions/<uuid:pk>/ask/", pages.ask, name="matrix_ask"),
    path("control/access/versions/<uuid:pk>/drop/", pages.drop, name="matrix_drop"),
    path("control/access/versions/<uuid:pk>/cells/", editing.cells, name="matrix_cells"),
    path("control/access/versions/<uuid:pk>/guards/", editing.guards, name="matrix_guards"),
    path("control/access/versions/<uuid:pk>/parts/", parts.page, name="matrix_parts"),
    path(
        "control/access/versions/<uuid:pk>/parts/<slug:part>/<slug:slug>/out/", parts.take_out, name="matrix_part_out"
    ),
    path("control/access/versions/<uuid:pk>/effective/", pages.effective, name="matrix_effective"),
    path("control/access/versions/<uuid:pk>/effective.csv", pages.effective_csv, name="matrix_csv"),
    path("control/access/versions/<uuid:pk>/effective.json", pages.effective_json, name="matrix_json"),
]
