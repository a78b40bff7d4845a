"""A card, and whoever stands before it, as the rules of its life see them: reads only."""

import datetime as dt

from hpki_server.authority.models import Card, Certificate
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules, terms
from hpki_server.lifecycle.events import Actor, LetterKind, LifeEvent, event_rule, event_rules, term
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.rules import CardSituation, Report
from hpki_server.people.duties import Duty
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer
from hpki_server.people.queries import centre_ids

By = Officer | Account | str
_DESK = (Duty.INTAKE, Duty.PICKUP)
# Closed, one way or another: no new card comes from it any more.
_OVER = frozenset({State.ACTIVE.value, State.WITHDRAWN.value, "not_fetched"})


def actors_of(card: Card, by: By) -> frozenset[Actor]:
    """As whom this person may act on this card: the holder, its desk, the duties that reach it; often none."""
    if isinstance(by, str):
        return frozenset({Actor.SYSTEM})
    if isinstance(by, Account):
        is_holder = Application.objects.filter(number=card.reference, applicant=by).exists()
        return frozenset({Actor.HOLDER}) if is_holder else frozenset()
    found: set[Actor] = set()
    if any(by.may(duty, card.organisation_id) for duty in _DESK):
        found.add(Actor.DESK)
    centres = centre_ids()
    for duty, actor in ((Duty.REVOKING, Actor.REVOKING), (Duty.HOLDING, Actor.HOLDING)):
        if by.may(duty, card.organisation_id) or by.organisations(duty) & centres:
            found.add(actor)
    if by.organisations(Duty.REGISTRY) & centres:
        found.add(Actor.REGISTRY)
    return frozenset(found)


def situation_of(card: Card) -> CardSituation:
    """The card as the rules see it."""
    events = LifeCase.objects.filter(card=card, state__in=rules.OPEN).values_list("event", flat=True)
    replacing = Application.objects.filter(replaces=card).exclude(state__in=_OVER)
    certificates = Certificate.objects.filter(card=card)
    return CardSituation(
        state=card.state,
        held=certificates.filter(held_at__isnull=False).exists(),
        ends_on=terms.expiry_of(card).on,
        open_events=frozenset(LifeEvent(event) for event in events),
        new_card_under_way=replacing.exists(),
        is_member=card.member_kind == MemberKind.MEMBER,
        has_certificates=certificates.exists(),
        asked_to_exchange=Notice.objects.filter(card=card, kind=LetterKind.EXCHANGE.value).exists(),
    )


def report_of(card: Card, event: LifeEvent, *, by: By, at: dt.datetime) -> Report:
    on = day_of(at)
    return Report(
        rule=event_rule(event, on=on),
        actors=actors_of(card, by),
        card=situation_of(card),
        on=on,
        window_days=term("renewal-window-days", on=on),
    )


def reports_open(card: Card, *, by: By, at: dt.datetime) -> tuple[LifeEvent, ...]:
    """What this person may report about this card now, in the order of the table."""
    on, situation, actors = day_of(at), situation_of(card), actors_of(card, by)
    days = term("renewal-window-days", on=on)
    events = dict.fromkeys(row.event for row in event_rules() if row.from_day <= on)
    said = (Report(event_rule(event, on=on), actors, situation, on, days) for event in events)
    return tuple(one.rule.event for one in said if not rules.report_denials(one))


def may_suspend(card: Card, *, by: By, at: dt.datetime) -> bool:
    return not rules.hold_denials(report_of(card, LifeEvent.LOSS, by=by, at=at))
