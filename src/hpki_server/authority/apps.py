from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuthorityConfig(AppConfig):
    name = "hpki_server.authority"
    label = "authority"

    def ready(self) -> None:
        from hpki_server.authority.services import governing, shortage, stock
        from hpki_server.people import dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        duties = frozenset({Duty.REVOKING, Duty.HOLDING})
        menu.offer(menu.Offer("authority:cards", _("失効と一時停止"), Audience.OFFICER, 30, duties))
        governs = frozenset({Duty.ISSUING, Duty.REVOKING})
        making = frozenset({Duty.ISSUING})
        menu.offer(menu.Offer("authority:stock", _("白カード"), Audience.OFFICER, 26, making))
        menu.offer(menu.Offer("authority:issuers", _("認証局"), Audience.OFFICER, 70, governs))
        for act in (*governing.ACTS, *stock.ACTS, *shortage.ACTS):
            dual_control.offer(act)
