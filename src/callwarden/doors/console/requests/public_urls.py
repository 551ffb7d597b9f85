"""What people who do not sign in ask for and follow. Before the notices: `request` is no version of a notice."""

from django.urls import path

from callwarden.doors.console.requests import public

urlpatterns = [
    path("privacy/<str:line>/request/", public.ask, name="public_request"),
    path("privacy/<str:line>/request/code/", public.prove, name="public_request_code"),
    path("privacy/<str:line>/request/status/", public.follow, name="public_request_status"),
]
