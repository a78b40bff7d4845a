from django.apps import AppConfig


class AuthorityConfig(AppConfig):
    name = "hpki_server.authority"
    label = "authority"
