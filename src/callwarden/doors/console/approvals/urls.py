from django.urls import path

from callwarden.doors.console.approvals import pages

urlpatterns = [
    path("approvals/", pages.inbox, name="approvals"),
    path("approvals/<uuid:pk>/", pages.approval, name="approval"),
    path("approvals/<uuid:pk>/decide/", pages.decide, name="approval_decide"),
    path("approvals/<uuid:pk>/carry-out/", pages.carry_out, name="approval_carry_out"),
    path("approvals/<uuid:pk>/withdraw/", pages.withdraw, name="approval_withdraw"),
]
