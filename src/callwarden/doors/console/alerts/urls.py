from django.urls import path

from callwarden.doors.console.alerts import pages, settings_pages, usage

urlpatterns = [
    path("alerts/", pages.board, name="alerts"),
    path("alerts/suppressions/", settings_pages.suppressions, name="suppressions"),
    path("alerts/suppressions/<uuid:pk>/end/", settings_pages.suppression_end, name="suppression_end"),
    path("alerts/thresholds/", settings_pages.thresholds, name="thresholds"),
    path("alerts/thresholds/<slug:kind>/", settings_pages.tune, name="threshold_tune"),
    path("alerts/canaries/", settings_pages.canaries, name="canaries"),
    path("alerts/canaries/<uuid:pk>/remove/", settings_pages.canary_remove, name="canary_remove"),
    path("alerts/usage/", usage.usage, name="usage"),
    path("alerts/usage/export/", usage.export, name="usage_export"),
    path("alerts/usage/look/", usage.look, name="usage_look"),
    path("alerts/usage/<str:month>/report/", usage.report, name="usage_report"),
    path("alerts/<uuid:pk>/", pages.alert, name="alert"),
    path("alerts/<uuid:pk>/<slug:step>/", pages.act, name="alert_act"),
]
