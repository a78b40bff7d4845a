from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "hpki_server.people"
    label = "people"
