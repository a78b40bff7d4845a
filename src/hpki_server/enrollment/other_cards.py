"""One person, one living card: what else lives under a registration when an application of it is handed in or approved."""

import datetime as dt

from django.db.models import QuerySet

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.queries import QUALIFICATION
from hpki_server.enrollment.rules import CaseKind, State
from hpki_server.registry.matching import number_spellings

_LIVING = (Card.State.ORDERED, Card.State.PERSONALISING, Card.State.ISSUED, Card.State.ACTIVE)


def living_cards(registration_number: str, on: dt.date) -> QuerySet[Card]:
    """Plastic cards of one registration that are being made or may be used on a day."""
    return Card.objects.filter(
        qualification_code=QUALIFICATION,
        registration_number__in=number_spellings(registration_number),
        carrier=Card.Carrier.PLASTIC,
        state__in=_LIVING,
        expires_on__gte=on,
    ).defer("photo_sealed")


def has_another(application: Application, on: dt.date) -> bool:
    """Does a card live that this application does not replace, or is one on its way by another application?"""
    number = application.registration_number
    others = Application.objects.filter(
        registration_number__in=number_spellings(number),
        state__in=[State.APPROVED.value, State.ORDERED.value],
    )
    cards = living_cards(number, on)
    if application.replaces_id is not None:
        cards = cards.exclude(id=application.replaces_id)
    return cards.exists() or others.exclude(id=application.pk).exists()


def replaces_a_stranger(application: Application) -> bool:
    """Does the card that it would replace bear another registration number?"""
    named = application.replaces
    return named is not None and named.registration_number not in number_spellings(
        application.registration_number
    )


def own_card(application: Application, on: dt.date) -> Card | None:
    """The card in use of whoever wrote these entries: number and birth date agree, so a slip in one finds nobody's."""
    if application.born_on is None:
        return None
    cards = living_cards(application.registration_number, on)
    active = cards.filter(state=Card.State.ACTIVE, born_on=application.born_on)
    return active.order_by("-issued_at").first()


def name_lost_card(application: Application, on: dt.date) -> None:
    """An emergency takes the place of the card that its holder had before; nobody who flees has its number at hand."""
    if application.kind != CaseKind.EMERGENCY or not application.entries_complete:
        return
    named = application.replaces
    if named is None or named.registration_number not in number_spellings(application.registration_number):
        application.replaces = own_card(application, on)
