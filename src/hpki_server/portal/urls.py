"""Paths of the pages that join rooms."""

from django.urls import path

from hpki_server.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.front, name="front"),
    path("home/", views.applicant_home, name="applicant-home"),
    path("staff/", views.staff_home, name="staff-home"),
    path("staff/overview/", views.association_overview, name="overview"),
]
