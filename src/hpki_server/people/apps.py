from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "hpki_server.people"
    label = "people"

    def ready(self) -> None:
        from hpki_server.people import dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty
        from hpki_server.people.field_words import speak_kindly
        from hpki_server.people.services.duties import GRANT, carry_out_grant

        speak_kindly()
        dual_control.offer(dual_control.Act(GRANT, _("権限の付与"), Duty.ACCOUNTS, carry_out_grant))
        # A permission for whoever takes the record out of the house.
        dual_control.offer(dual_control.Act("audit:export", _("操作の記録の書き出し"), Duty.AUDIT))
        both = frozenset({Duty.ACCOUNTS, Duty.AUDIT, Duty.ISSUING, Duty.REVOKING})
        menu.offer(menu.Offer("people:proposals", _("二人での確認"), Audience.OFFICER, 85, both))
        menu.offer(
            menu.Offer("people:accounts", _("担当者と権限"), Audience.OFFICER, 80, frozenset({Duty.ACCOUNTS}))
        )
        menu.offer(menu.Offer("people:audit", _("操作の記録"), Audience.OFFICER, 90, frozenset({Duty.AUDIT})))
