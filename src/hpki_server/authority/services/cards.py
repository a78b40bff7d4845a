"""A card is ordered."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from hpki_server.authority import rules
from hpki_server.authority.models import Card, CardSeries
from hpki_server.authority.orders import CardOrder
from hpki_server.people import audit
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import seal


@transaction.atomic
def order_card(order: CardOrder, *, by: Officer, at: dt.datetime) -> Card:
    """Freeze what the card will say and give it a number.  The same reference again gives the same card."""
    # The lock on the series also makes two equal orders queue.
    series, _ = CardSeries.objects.select_for_update().get_or_create(prefecture=order.prefecture)
    living = Card.objects.filter(reference=order.reference).exclude(
        state__in=[Card.State.STOPPED, Card.State.SCRAPPED]
    )
    if card := living.first():
        return card
    series.last_number += 1
    series.save(update_fields=["last_number"])
    names = order.names
    card = Card.objects.create(
        card_id=rules.printed_number(order.prefecture, series.last_number),
        layout=order.layout,
        environment=order.environment,
        reference=order.reference,
        organisation_id=order.organisation_id,
        family_name=names.family,
        given_name=names.given,
        family_kana=names.family_kana,
        given_kana=names.given_kana,
        family_romaji=names.family_romaji,
        given_romaji=names.given_romaji,
        born_on=order.born_on,
        qualification_code=order.qualification_code,
        registration_number=order.registration_number,
        registered_on=order.registered_on,
        member_id=order.member_id,
        photo_sealed=seal(order.photo_png),
        expires_on=rules.expires_on(at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()),
        ordered_at=at,
        ordered_by=str(by.account_id),
    )
    audit.record(
        "card:order",
        by=by,
        subject_kind="card",
        subject_id=card.id,
        at=at,
        organisation=card.organisation_id,
        details={"card_id": card.card_id, "reference": card.reference},
    )
    return card
