"""Addresses of customers: random ids only. What somebody looks for comes by POST."""

from django.urls import path

from callwarden.doors.console.customers import pages

urlpatterns = [
    path("customers/", pages.customers, name="customers"),
    path("customers/<uuid:customer>/", pages.customer, name="customer"),
]
