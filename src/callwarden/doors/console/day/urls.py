from django.urls import path

from callwarden.doors.console.day import pages

urlpatterns = [path("lawful/day/", pages.day, name="day")]
