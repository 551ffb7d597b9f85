from django.urls import path

from callwarden.doors.console.reviews import pages

urlpatterns = [
    path("control/reviews/", pages.listing, name="reviews"),
    path("control/reviews/new/", pages.new, name="review_new"),
    path("control/reviews/<uuid:pk>/", pages.review, name="review"),
    path("control/reviews/<uuid:pk>/close/", pages.close, name="review_close"),
    path("control/reviews/<uuid:pk>/report/", pages.report, name="review_report"),
    path("control/reviews/<uuid:pk>/people/<uuid:who>/", pages.person, name="review_person"),
    path("control/reviews/<uuid:pk>/people/<uuid:who>/keep/", pages.keep, name="review_keep"),
    path("control/reviews/<uuid:pk>/rights/<uuid:item>/", pages.decide, name="review_decide"),
]
