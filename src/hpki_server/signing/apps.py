from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigningConfig(AppConfig):
    name = "hpki_server.signing"
    label = "signing"

    def ready(self) -> None:
        from hpki_server.people import menu

        menu.offer_at_the_foot("signing:validate", _("署名された文書の検証"))
