"""Addresses of calls, search and revealing. They hold random ids and names of structure only."""

from django.urls import path

from callwarden.doors.console.calls import audio, pages, reveal, search

urlpatterns = [
    path("calls/", pages.calls, name="calls"),
    path("calls/<uuid:call>/", pages.call, name="call"),
    path("calls/<uuid:call>/listen/", audio.listen, name="call_listen"),
    path("calls/<uuid:call>/not-this-customer/", pages.not_this_customer, name="call_not_this_customer"),
    path("calls/<uuid:call>/original/", reveal.original, name="call_original"),
    path("calls/<uuid:call>/audio/<uuid:permit>/", audio.call_audio, name="call_audio"),
    path("reveal/<uuid:record>/<slug:field>/", reveal.reveal_value, name="reveal"),
    path("reveal/<uuid:record>/<slug:field>/masked/", reveal.masked_value, name="masked"),
    path("search/", search.search, name="search"),
]
