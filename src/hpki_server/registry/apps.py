from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "hpki_server.registry"
    label = "registry"

    def ready(self) -> None:
        from hpki_server.people import menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        menu.offer(
            menu.Offer("registry:entries", _("資格管理簿"), Audience.OFFICER, 70, frozenset({Duty.REGISTRY}))
        )
