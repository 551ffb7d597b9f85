from django.urls import path

from callwarden.doors.console.signins import pages, site_keys

urlpatterns = [
    path("protection/sign-in/", pages.sign_ins, name="sign_ins"),
    path("protection/sign-in/addresses/open/", pages.open_address, name="sign_in_address_open"),
    path("protection/sign-in/saml-keys/<slug:use>/", site_keys.replace, name="sign_in_saml_key"),
    path("protection/sign-in/<uuid:pk>/", pages.person, name="sign_in_person"),
    path("protection/sign-in/<uuid:pk>/open/", pages.unlock, name="sign_in_open"),
    path("protection/sign-in/<uuid:pk>/password/", pages.new_password, name="sign_in_password"),
    path("protection/sign-in/<uuid:pk>/factors/", pages.remove_factors, name="sign_in_factors"),
    path("protection/sign-in/<uuid:pk>/link/", pages.link, name="sign_in_link"),
    path("protection/sign-in/<uuid:pk>/unlink/", pages.unlink, name="sign_in_unlink"),
    path("protection/sign-in/<uuid:pk>/browsers/", pages.forget_browsers, name="sign_in_browsers"),
]
