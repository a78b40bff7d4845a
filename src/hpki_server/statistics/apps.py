from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatisticsConfig(AppConfig):
    name = "hpki_server.statistics"
    label = "statistics"

    def ready(self) -> None:
        from hpki_server.people import menu

        menu.offer_at_the_foot("statistics:cards-by-prefecture", _("統計"))
