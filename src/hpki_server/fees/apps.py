from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeesConfig(AppConfig):
    name = "hpki_server.fees"
    label = "fees"

    def ready(self) -> None:
        # The marks stand beside models, which are known only now.
        from hpki_server.fees.services import refunding
        from hpki_server.fees.words import ACTS, SUBJECTS
        from hpki_server.people import act_words, dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        act_words.offer(acts=ACTS, subjects=SUBJECTS)
        dual_control.offer(
            dual_control.Act(refunding.ACT, _("返金"), Duty.CASHIER, refunding.carry_out, refunding.in_words)
        )
        menu.offer(menu.Offer("fees:invoices", _("会計"), Audience.OFFICER, 60, frozenset({Duty.CASHIER})))
