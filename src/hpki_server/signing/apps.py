from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigningConfig(AppConfig):
    name = "hpki_server.signing"
    label = "signing"

    def ready(self) -> None:
        from hpki_server.people import act_words, dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty
        from hpki_server.signing.act_words import ACTS, SUBJECTS
        from hpki_server.signing.services import clients

        for act in clients.ACTS:
            dual_control.offer(act)
        act_words.offer(acts=ACTS, subjects=SUBJECTS)
        menu.offer(menu.Offer("signing:queue", _("署名する文書"), Audience.APPLICANT, 20))
        accounts = frozenset({Duty.ACCOUNTS})
        menu.offer(menu.Offer("signing:clients", _("連携システム"), Audience.OFFICER, 86, accounts))
        menu.offer_at_the_foot("signing:validate", _("署名された文書の検証"))
