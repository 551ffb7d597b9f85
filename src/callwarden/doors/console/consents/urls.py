"""Addresses of consent and of calling out. They hold random ids only."""

from django.urls import path

from callwarden.doors.console.consents import calling, panel, renew, timeline

urlpatterns = [
    path("customers/<uuid:customer>/consents/", timeline.timeline, name="consents"),
    path("customers/<uuid:customer>/consents/say/", timeline.say, name="consents_say"),
    path("customers/<uuid:customer>/consents/receipt/", timeline.receipt, name="consents_receipt"),
    path("customers/<uuid:customer>/consents/<uuid:event>/proof/", timeline.proof, name="consents_proof"),
    path("calls/<uuid:call>/consent/", panel.say, name="call_consent"),
    path("calls/<uuid:call>/consent/<uuid:proposal>/dismiss/", panel.dismiss, name="call_consent_dismiss"),
    path("calls/<uuid:call>/no-more-calls/", panel.no_more_calls, name="call_no_more_calls"),
    path("lawful/consents/renew/", renew.renew, name="consents_renew"),
    path("lawful/calling/", calling.calling, name="calling"),
    path("lawful/calling/numbers/", calling.numbers, name="calling_numbers"),
    path("lawful/calling/<slug:line>/hours/", calling.hours, name="calling_hours"),
]
