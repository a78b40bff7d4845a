from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "hpki_server.portal"
    label = "portal"
