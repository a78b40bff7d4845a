from django.apps import AppConfig


class FeesConfig(AppConfig):
    name = "hpki_server.fees"
    label = "fees"
