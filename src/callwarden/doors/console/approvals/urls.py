from django.urls import path

from callwarden.doors.console.approvals import deputies, pages, terms

urlpatterns = [
    path("approvals/", pages.inbox, name="approvals"),
    path("approvals/deputies/", deputies.page, name="deputies"),
    path("approvals/deputies/<uuid:pk>/end/", deputies.end, name="deputy_end"),
    path("approvals/terms/", terms.page, name="approval_terms"),
    path("approvals/<uuid:pk>/", pages.approval, name="approval"),
    path("approvals/<uuid:pk>/reason/", pages.stated_reason, name="approval_reason"),
    path("approvals/<uuid:pk>/decide/", pages.decide, name="approval_decide"),
    path("approvals/<uuid:pk>/carry-out/", pages.carry_out, name="approval_carry_out"),
    path("approvals/<uuid:pk>/withdraw/", pages.withdraw, name="approval_withdraw"),
]
