from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "hpki_server.registry"
    label = "registry"
