"""Every address of the product, by door."""

from django.urls import include, path

urlpatterns = [
    path("", include("callwarden.site.health")),
    path("api/v1/", include("callwarden.doors.api.urls")),
    path("scim/v2/", include("callwarden.doors.scim.urls")),
    path("accounts/", include("callwarden.doors.console.signin_urls")),
    path("", include("callwarden.doors.console.urls")),
]

handler500 = "callwarden.doors.console.errors.server_error"
