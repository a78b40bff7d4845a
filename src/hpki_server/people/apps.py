from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "hpki_server.people"
    label = "people"

    def ready(self) -> None:
        from hpki_server.people import menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        menu.offer(
            menu.Offer("people:accounts", _("担当者と権限"), Audience.OFFICER, 80, frozenset({Duty.ACCOUNTS}))
        )
        menu.offer(menu.Offer("people:audit", _("操作の記録"), Audience.OFFICER, 90, frozenset({Duty.AUDIT})))
