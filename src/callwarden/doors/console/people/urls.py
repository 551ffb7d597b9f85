from django.urls import path

from callwarden.doors.console.people import pages, posts

urlpatterns = [
    path("control/accounts/", pages.listing, name="accounts"),
    path("control/accounts/new/", pages.new, name="account_new"),
    path("control/accounts/posts/", posts.due, name="account_posts"),
    path("control/accounts/<uuid:pk>/", pages.account, name="account"),
    path("control/accounts/<uuid:pk>/roles/", pages.change_roles, name="account_roles"),
    path("control/accounts/<uuid:pk>/lines/", pages.change_lines, name="account_lines"),
    path("control/accounts/<uuid:pk>/close/", pages.close, name="account_close"),
    path("control/accounts/<uuid:pk>/reopen/", pages.reopen, name="account_reopen"),
    path("control/accounts/<uuid:pk>/erase/", pages.erase, name="account_erase"),
]
