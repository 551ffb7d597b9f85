from django.urls import path

from callwarden.doors.console.partners import pages, parts, steps

urlpatterns = [
    path("partners/register/", pages.listing, name="partner_register"),
    path("partners/register/new/", pages.new, name="partner_new"),
    path("partners/register/<uuid:pk>/", pages.partner, name="partner"),
    path("partners/register/<uuid:pk>/change/", pages.change, name="partner_change"),
    path("partners/register/<uuid:pk>/services/", parts.service, name="partner_service"),
    path("partners/register/<uuid:pk>/services/<uuid:part>/remove/", parts.no_service, name="partner_service_remove"),
    path("partners/register/<uuid:pk>/passes-to/", parts.sub_processor, name="partner_sub"),
    path("partners/register/<uuid:pk>/passes-to/<uuid:part>/remove/", parts.no_sub, name="partner_sub_remove"),
    path("partners/register/<uuid:pk>/contacts/", parts.contact, name="partner_contact"),
    path("partners/register/<uuid:pk>/contacts/<uuid:part>/open/", parts.open_contact, name="partner_contact_open"),
    path("partners/register/<uuid:pk>/contacts/<uuid:part>/forget/", parts.no_contact, name="partner_contact_forget"),
    path("partners/register/<uuid:pk>/step/", steps.step, name="partner_step"),
    path("partners/register/<uuid:pk>/left/", steps.left, name="partner_left"),
    path("partners/register/<uuid:pk>/suspend/", steps.suspend, name="partner_suspend"),
    path("partners/register/<uuid:pk>/resume/", steps.resume, name="partner_resume"),
]
