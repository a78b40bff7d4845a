from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "hpki_server.portal"
    label = "portal"

    def ready(self) -> None:
        from hpki_server.people import act_words, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty
        from hpki_server.portal.act_words import ACTS, SUBJECTS

        act_words.offer(acts=ACTS, subjects=SUBJECTS)

        menu.offer(menu.Offer("portal:applicant-home", _("ホーム"), Audience.APPLICANT, 0))
        desks = frozenset({Duty.INTAKE, Duty.PICKUP})
        menu.offer(menu.Offer("portal:overview", _("窓口の状況"), Audience.OFFICER, 5, desks))
        menu.offer(menu.Offer("portal:staff-home", _("仕事の一覧"), Audience.OFFICER, 0))
