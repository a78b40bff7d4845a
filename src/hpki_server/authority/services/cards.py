"""A card is ordered, taken in hand, and, when something went wrong with it, scrapped."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from cryptography import x509
from cryptography.x509 import ReasonFlags
from django.db import transaction

from hpki.errors import ProfileViolation
from hpki_server.authority import candidates, ledger, rules
from hpki_server.authority.models import Card, CardSeries, Issuer, StatusChange
from hpki_server.authority.orders import CardOrder
from hpki_server.authority.queries import PHOTO
from hpki_server.authority.services.finishing import abandoned_act
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import seal


@transaction.atomic
def order_card(order: CardOrder, *, by: Officer, at: dt.datetime) -> Card:
    """Freeze what the card will say and give it a number.  The same reference again gives the same card.

    Raises `Denied` with `no_life_left`.
    """
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
        member_kind=order.member_kind,
        member_id=order.member_id,
        photo_sealed=seal(order.photo_png, purpose=PHOTO),
        expires_on=_last_day(order.environment, at=at),
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


def _last_day(environment: str, *, at: dt.datetime) -> dt.date:
    active = Issuer.objects.filter(environment=environment, state=Issuer.State.ACTIVE).exclude(issues="")
    issuers = {
        issuer.issues: x509.load_der_x509_certificate(bytes(issuer.certificate_der))
        for issuer in active.order_by("registered_at")
    }
    try:
        return candidates.last_day(issuers, at=at)
    except ProfileViolation as violation:
        raise Denied([rules.NO_LIFE_LEFT]) from violation


@transaction.atomic
def begin_personalisation(cards: Sequence[UUID], *, by: Officer | str, at: dt.datetime) -> None:
    """The cards lie at the issuing desk.  A card that was begun before goes on; one line for each that begins now.

    Raises `Denied`: `card_unknown`, `wrong_state`; then none has begun.
    """
    taken = list(Card.objects.select_for_update().defer("photo_sealed").filter(id__in=cards))
    if len(taken) != len(set(cards)):
        raise Denied([rules.CARD_UNKNOWN])
    for card in taken:
        if denials := rules.step_denials("personalise", card.state):
            raise Denied(denials)
    beginning = [card for card in taken if card.state == Card.State.ORDERED]
    Card.objects.filter(id__in=[card.id for card in beginning]).update(state=Card.State.PERSONALISING)
    acts = [card_act("card:personalise", card, by=by) for card in beginning]
    if acts:
        audit.record_many(acts, at=at)


@transaction.atomic
def scrap_card(card: UUID, *, reason: str, by: Officer, at: dt.datetime) -> Card:
    """This card will never be handed over; what was only intended for it is abandoned.

    A certificate that it has already was signed, so it is revoked.
    `reason` is a short word for the record, e.g. "chip_defect".  Raises `Denied` with `wrong_state`.
    """
    scrapped = Card.objects.select_for_update().get(id=card)
    if denials := rules.step_denials("scrap", scrapped.state):
        raise Denied(denials)
    scrapped.state = Card.State.SCRAPPED
    scrapped.save(update_fields=["state"])
    open_ones = [one.intention for one in ledger.living_certificates([card]).values() if one.is_intended]
    ledger.store_abandoned([one.id for one in open_ones], at=at)
    signed = ledger.revoke_signed(ledger.signed_certificates(card), ReasonFlags.cessation_of_operation, at=at)
    acts = [abandoned_act(one.id, one.serial_hex, "card_scrapped", by) for one in open_ones]
    revoked = {row.profile: row.serial_hex for row in signed}
    acts.append(card_act("card:scrap", scrapped, by=by, reason=reason, **revoked))
    audit.record_many(acts, at=at)
    ledger.record_changes(open_ones, StatusChange.Kind.ABANDON, at=at)
    ledger.record_changes(signed, StatusChange.Kind.REVOKE, at=at)
    return scrapped


def card_act(act: str, card: Card, *, by: Officer | str, **details: str | int | bool | None) -> audit.Act:
    """An audit line about a card always names its printed number and its association."""
    return audit.Act(
        act=act,
        by=by,
        subject_kind="card",
        subject_id=card.id,
        organisation=card.organisation_id,
        details={"card_id": card.card_id, **details},
    )
