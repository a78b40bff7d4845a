from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "hpki_server.lifecycle"
    label = "lifecycle"
