"""Addresses of customers: random ids only. What somebody looks for comes by POST."""

from django.urls import path

from callwarden.doors.console.customers import pages

urlpatterns = [
    path("customers/", pages.customers, name="customers"),
    path("customers/<uuid:customer>/", pages.customer, name="customer"),
    path("customers/<uuid:customer>/same-person/", pages.same_person, name="customer_same_person"),
    path("customers/<uuid:customer>/somebody-else/", pages.somebody_else, name="customer_somebody_else"),
]
