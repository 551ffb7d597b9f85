from django.urls import path

from callwarden.doors.console.requests import correct, explanation, many, pages

urlpatterns = [
    path("requests/", pages.board, name="requests"),
    path("requests/all/", pages.listing, name="requests_all"),
    path("requests/many/", many.choose, name="requests_many"),
    path("requests/many/<slug:step>/", many.draw, name="requests_draw"),
    path("requests/new/", pages.new, name="request_new"),
    path("requests/<uuid:pk>/", pages.request_page, name="request"),
    path("requests/<uuid:pk>/report/", pages.answer, name="request_report"),
    path("requests/<uuid:pk>/correct/", correct.correct, name="request_correct"),
    path("requests/<uuid:pk>/explain/", explanation.explain, name="request_explain"),
    path("requests/<uuid:pk>/explained/", explanation.again, name="request_explained"),
    path("requests/<uuid:pk>/<slug:step>/", pages.move, name="request_move"),
]
