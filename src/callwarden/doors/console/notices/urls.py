from django.urls import path

from callwarden.doors.console.notices import editor, pages, public

urlpatterns = [
    path("privacy/<str:line>/", public.privacy, name="privacy"),
    path("privacy/<str:line>/<str:version>/", public.version, name="privacy_version"),
    path("privacy/<str:line>/<str:version>/notice.json", public.file, name="privacy_file"),
    path("lawful/lines/<uuid:line>/notices/", pages.versions, name="notices"),
    path("lawful/lines/<uuid:line>/notice/", editor.new, name="notice_new"),
    path("lawful/notices/timing/<str:language>/", editor.timing, name="notice_timing"),
    path("lawful/notices/<uuid:pk>/", pages.notice, name="notice"),
    path("lawful/notices/<uuid:pk>/edit/", editor.edit, name="notice_edit"),
    path("lawful/notices/<uuid:pk>/ask/", pages.ask, name="notice_ask"),
]
