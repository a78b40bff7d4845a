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
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.authority.services.finishing import abandoned_act
from hpki_server.authority.services.stock import shred_blank_of, spoil_blank_of, take_blanks
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import seal


@transaction.atomic
def order_card(order: CardOrder, *, by: Officer, at: dt.datetime) -> Card:
    """Freeze what the card will say and give it a number.  The same reference again gives the same card.

    Raises `Denied`: `no_duty`, `no_life_left`.
    """
    require_at_centre(by, Duty.ISSUING)
    # The lock on the series also makes two equal orders queue.
    series, _ = CardSeries.objects.select_for_update().get_or_create(prefecture=order.prefecture)
    if card := _living(order.reference, Card.Carrier.PLASTIC):
        return card
    names = order.names
    card = Card.objects.create(
        card_id=_next_number(series),
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
        beside_name=order.beside_name,
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
    audit.record_many([card_act("card:order", card, by=by, reference=card.reference)], at=at)
    return card


@transaction.atomic
def reorder_card(card: UUID, *, by: Officer, at: dt.datetime) -> Card:
    """What a scrapped card should have said, on a fresh one with a number of its own; it keeps its place in the queue.

    Raises `Denied`: `no_duty`, `wrong_state`, `no_life_left`.
    """
    require_at_centre(by, Duty.ISSUING)
    scrapped = Card.objects.select_for_update().get(id=card)
    if denials := rules.step_denials("reorder", scrapped.state):
        raise Denied(denials)
    if living := _living(scrapped.reference, Card.Carrier.PLASTIC):
        return living
    fresh = _copied(
        scrapped, ordered_by=str(by.account_id), expires_on=_last_day(scrapped.environment, at=at)
    )
    acts = [card_act("card:order", fresh, by=by, reference=fresh.reference, instead_of=scrapped.card_id)]
    audit.record_many(acts, at=at)
    return fresh


@transaction.atomic
def order_remote(card: UUID, *, by: Officer, at: dt.datetime) -> Card:
    """Beside an ordered card one of the same holder whose keys the service will keep; the order itself is kept.

    Once for an application.  Raises `Denied` with `no_duty`.
    """
    require_at_centre(by, Duty.ISSUING)
    plastic = Card.objects.select_for_update().get(id=card)
    if living := _living(plastic.reference, Card.Carrier.REMOTE):
        return living
    remote = _copied(
        plastic, carrier=Card.Carrier.REMOTE, photo_sealed=b"", ordered_at=at, ordered_by=str(by.account_id)
    )
    audit.record_many([card_act("card:order-remote", remote, by=by, beside=plastic.card_id)], at=at)
    return remote


def remote_beside(card: UUID) -> Card | None:
    """The living remote card of the same application."""
    reference = Card.objects.values_list("reference", flat=True).get(id=card)
    return _living(reference, Card.Carrier.REMOTE)


def _living(reference: str, carrier: Card.Carrier) -> Card | None:
    ended = [Card.State.STOPPED, Card.State.SCRAPPED]
    return Card.objects.filter(reference=reference, carrier=carrier).exclude(state__in=ended).first()


def _next_number(series: CardSeries) -> str:
    """The caller holds the series' lock."""
    series.last_number += 1
    series.save(update_fields=["last_number"])
    return rules.printed_number(series.prefecture, series.last_number)


def _copied(card: Card, **changed: object) -> Card:
    """A card that says the same, with the next number of its prefecture and its life before it."""
    series, _ = CardSeries.objects.select_for_update().get_or_create(prefecture=card.card_id[:2])
    own = {"id", "card_id", "state", "chip_serial", "issued_at", "activated_at"}
    said = {name: value for name, value in Card.objects.values().get(id=card.id).items() if name not in own}
    return Card.objects.create(**said | {"card_id": _next_number(series)} | changed)


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

    Where stock is kept, each takes a blank.  Raises `Denied`: `no_duty`, `card_unknown`, `wrong_state`, `stock_empty`;
    then none has begun.
    """
    require_at_centre(by, Duty.ISSUING)
    taken = list(Card.objects.select_for_update().defer("photo_sealed").filter(id__in=cards))
    if len(taken) != len(set(cards)):
        raise Denied([rules.CARD_UNKNOWN])
    for card in taken:
        if denials := rules.step_denials("personalise", card.state):
            raise Denied(denials)
    beginning = [card for card in taken if card.state == Card.State.ORDERED]
    take_blanks(beginning, by=by, at=at)
    Card.objects.filter(id__in=[card.id for card in beginning]).update(state=Card.State.PERSONALISING)
    acts = [card_act("card:personalise", card, by=by, **_chip(card)) for card in beginning]
    if acts:
        audit.record_many(acts, at=at)


@transaction.atomic
def scrap_card(card: UUID, *, reason: str, by: Officer, at: dt.datetime) -> Card:
    """This card will never be handed over; what was only intended for it is abandoned.

    A certificate that it has already was signed, so it is revoked.
    `reason` is a short word for the record, e.g. "chip-defect".  Raises `Denied`: `no_duty`, `wrong_state`.
    """
    require_at_centre(by, Duty.ISSUING)
    scrapped = Card.objects.select_for_update().get(id=card)
    # The card that takes its place asks for it after the audit line, and whoever orders holds it before theirs.
    CardSeries.objects.select_for_update().filter(prefecture=scrapped.card_id[:2]).first()
    if denials := rules.step_denials("scrap", scrapped.state):
        raise Denied(denials)
    scrapped.state = Card.State.SCRAPPED
    scrapped.save(update_fields=["state"])
    spoil_blank_of(scrapped, reason, by=by, at=at)
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


@transaction.atomic
def destroy_card(card: UUID, *, reason: str, by: Officer, at: dt.datetime) -> Card:
    """Scrapped and shredded in one act, which two officers have allowed: nobody fetched it.  Raises as `scrap_card`."""
    destroyed = scrap_card(card, reason=reason, by=by, at=at)
    shred_blank_of(destroyed, reason, by=by, at=at)
    return destroyed


def _chip(card: Card) -> dict[str, str]:
    return {"chip": card.chip_serial} if card.chip_serial else {}


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
