"""Paths of the registry."""

from django.urls import path

from hpki_server.registry import views

app_name = "registry"
urlpatterns = [
    path("staff/registry/", views.entries, name="entries"),
    path("staff/registry/entries/<uuid:entry_id>/", views.entry, name="entry"),
    path("staff/registry/import/", views.import_file, name="import"),
]
