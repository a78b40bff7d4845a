from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatisticsConfig(AppConfig):
    name = "hpki_server.statistics"
    label = "statistics"

    def ready(self) -> None:
        from hpki_server.people import menu
        from hpki_server.people.access import Audience

        for audience in (Audience.PUBLIC, Audience.OFFICER):
            menu.offer(menu.Offer("statistics:cards-by-prefecture", _("統計"), audience, 95))
