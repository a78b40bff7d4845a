from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LifecycleConfig(AppConfig):
    name = "hpki_server.lifecycle"
    label = "lifecycle"

    def ready(self) -> None:
        # Services stand on models, which are known only now.
        from hpki_server.authority.services import guards, hearers
        from hpki_server.enrollment.services import handed_over, replacing_rules, standing_still
        from hpki_server.lifecycle import queries
        from hpki_server.lifecycle.act_words import ACTS, SUBJECTS
        from hpki_server.lifecycle.services import (
            emergency_papers,
            exchanging,
            hearing,
            registry_events,
            replacing,
            resuming,
        )
        from hpki_server.people import act_words, dual_control, menu
        from hpki_server.people.access import Audience
        from hpki_server.people.duties import Duty

        guards.offer("the life of cards", resuming.held_by_a_case)
        hearers.offer("the life of cards", hearing.hear)
        handed_over.offer("the life of cards", replacing.settle_hand_over)
        standing_still.offer("the life of cards", queries.death_reported)
        replacing_rules.offer("the life of cards", replacing.denials_at_desk)
        for act in (*resuming.ACTS, *exchanging.ACTS, *registry_events.ACTS, *emergency_papers.ACTS):
            dual_control.offer(act)
        act_words.offer(acts=ACTS, subjects=SUBJECTS)
        desks = frozenset({Duty.INTAKE, Duty.PICKUP, Duty.REVOKING, Duty.HOLDING})
        pages = (
            ("lifecycle:find", _("カードの手続き"), desks),
            ("lifecycle:letters", _("お知らせの手紙"), frozenset({Duty.ISSUING})),
            ("lifecycle:exchanges", _("一斉交換"), frozenset({Duty.ISSUING})),
            ("lifecycle:register", _("登録の変更"), frozenset({Duty.REGISTRY})),
        )
        for order, (url_name, label, duties) in enumerate(pages, start=50):
            menu.offer(menu.Offer(url_name, label, Audience.OFFICER, order, duties))
