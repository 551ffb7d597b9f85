"""The addresses of the SCIM door (RFC 7644 section 3.2)."""

from django.urls import path, re_path

from callwarden.doors.scim import pages

app_name = "scim"
urlpatterns = [
    path("ServiceProviderConfig", pages.config),
    path("ResourceTypes", pages.resource_types),
    path("ResourceTypes/<str:name>", pages.resource_type),
    path("Schemas", pages.schemas),
    path("Schemas/<str:name>", pages.schema),
    path(".search", pages.search),
    path("Users", pages.users),
    path("Users/.search", pages.search_users),
    path("Users/<str:pk>", pages.user),
    path("Groups", pages.groups),
    path("Groups/<str:role>", pages.group),
    re_path(r"", pages.nothing),
]
