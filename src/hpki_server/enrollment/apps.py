from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "hpki_server.enrollment"
    label = "enrollment"

    def ready(self) -> None:
        # The marks stand beside models, which are known only now.
        from hpki_server.enrollment.services import member_change, not_fetched
        from hpki_server.people import dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        menu.offer(menu.Offer("enrollment:mine", _("申請"), Audience.APPLICANT, 10))
        desks = (
            ("enrollment:intake", _("受付"), Duty.INTAKE),
            ("enrollment:vetting", _("審査"), Duty.VETTING),
            ("enrollment:approval", _("承認"), Duty.APPROVAL),
            ("enrollment:issuing", _("発行"), Duty.ISSUING),
            ("enrollment:pickup", _("交付"), Duty.PICKUP),
        )
        reception = frozenset({Duty.INTAKE, Duty.PICKUP})
        menu.offer(menu.Offer("enrollment:desk", _("窓口の予定"), Audience.OFFICER, 19, reception))
        typing = frozenset({Duty.INTAKE})
        menu.offer(menu.Offer("enrollment:paper-forms", _("紙の申請書"), Audience.OFFICER, 21, typing))
        making = frozenset({Duty.ISSUING})
        menu.offer(menu.Offer("enrollment:production", _("製造"), Audience.OFFICER, 23, making))
        menu.offer(menu.Offer("enrollment:letters", _("郵便物"), Audience.OFFICER, 23, making))
        waited = frozenset({Duty.ISSUING, Duty.PICKUP})
        menu.offer(menu.Offer("enrollment:unfetched", _("受取なし"), Audience.OFFICER, 25, waited))
        approving = frozenset({Duty.APPROVAL})
        menu.offer(menu.Offer("enrollment:approved", _("発注前の申請"), Audience.OFFICER, 26, approving))
        for order, (url_name, label, duty) in enumerate(desks, start=20):
            menu.offer(menu.Offer(url_name, label, Audience.OFFICER, order, frozenset({duty})))
        menu.offer(
            menu.Offer("enrollment:exchanges", _("照会"), Audience.OFFICER, 71, frozenset({Duty.REGISTRY}))
        )
        for act in (*not_fetched.ACTS, *member_change.ACTS):
            dual_control.offer(act)
