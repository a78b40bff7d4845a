from django.apps import AppConfig


class SigningConfig(AppConfig):
    name = "hpki_server.signing"
    label = "signing"
