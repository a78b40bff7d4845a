"""The holder fetches the card in person, and the card itself says that it is the one."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.errors import CardError, CardUnavailable
from hpki_server.authority import services as authority
from hpki_server.authority.models import Card
from hpki_server.authority.ports import SlotOpener, card_slot
from hpki_server.authority.presence import PresenceClaim, ProvenPresence
from hpki_server.authority.rules import PICKUP
from hpki_server.enrollment.models import Application, Occasion, PickupCheck
from hpki_server.enrollment.rules import IdentityKind, Need, Part, PickupShown, ShownNumber, State, Step
from hpki_server.enrollment.rules.desk import asked_at_desk, first_tap_missing
from hpki_server.enrollment.services import appointments, handed_over, identities
from hpki_server.enrollment.services.issuing import CARD_ABSENT, CARD_FAILED
from hpki_server.enrollment.services.originals import note_original
from hpki_server.enrollment.services.record import Remark, decide, leave_line, locked, move, officer_case
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer


def check_pickup(
    *, application_id: UUID, shown: PickupShown, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> PickupCheck:
    """The first tap: the holder was seen, and the card on the reader is the one.  Raises `Denied`."""
    application = Application.objects.get(id=application_id)
    case, _place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    decide(case, pickup=identities.judged_pickup(application, shown))
    _answer_of(_card_of(application), by=by, at=at, slot=slot)
    return _record_check(application_id, shown, by=by, at=at)


def confirm_pickup(
    *, application_id: UUID, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> Application:
    """The second tap, before the holder's eyes: the card is active from here on.  Raises `Denied`."""
    application = Application.objects.get(id=application_id)
    shown = _shown_at_check(application_id, by=by, at=at)
    case, _place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    decide(case, pickup=shown)
    proof = _answer_of(_card_of(application), by=by, at=at, slot=slot)
    return _record_handed_over(application_id, shown, proof, by=by, at=at)


def hand_over_card(
    *, application_id: UUID, shown: PickupShown, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> Application:
    """Both taps in one go, for a desk whose reader keeps the card.  Raises `Denied`."""
    check_pickup(application_id=application_id, shown=shown, by=by, at=at, slot=slot)
    return confirm_pickup(application_id=application_id, by=by, at=at, slot=slot)


def _card_of(application: Application) -> Card:
    if application.card is None:
        raise ValueError(f"application {application.id} waits for pickup without a card")
    return application.card


def _shown_at_check(application_id: UUID, *, by: Officer, at: dt.datetime) -> PickupShown:
    """What the same officer saw a moment ago; the rules said yes to all of it then."""
    check = PickupCheck.objects.filter(application_id=application_id, checked_by=by.account_id).first()
    if denial := first_tap_missing(check.checked_at if check else None, at):
        raise Denied([denial])
    assert check is not None  # noqa: S101 - the rule has just said so
    return PickupShown(
        in_person=True,
        postcard=True,
        identity_kind=IdentityKind(check.identity_kind),
        identity_expires_on=check.identity_expires_on,
        number=ShownNumber(check.number_hash, reread=check.number_reread),
        old_card=True,
    )


@transaction.atomic
def _record_check(application_id: UUID, shown: PickupShown, *, by: Officer, at: dt.datetime) -> PickupCheck:
    application = locked(application_id)
    case, place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    shown = identities.judged_pickup(application, shown)
    decide(case, pickup=shown)
    assert shown.identity_kind is not None  # noqa: S101 - the rules have just said so
    number = shown.number or ShownNumber("")
    check, _created = PickupCheck.objects.update_or_create(
        application=application,
        defaults={
            "checked_at": at,
            "checked_by_id": by.account_id,
            "identity_kind": shown.identity_kind.value,
            "identity_expires_on": shown.identity_expires_on,
            "number_hash": number.keyed_hash,
            "number_reread": number.reread,
        },
    )
    remark = Remark(identity=shown.identity_kind)
    leave_line(application, Step.CHECK_PICKUP, by=by, at=at, place=place, remark=remark)
    return check


def _answer_of(card: Card, *, by: Officer, at: dt.datetime, slot: SlotOpener) -> ProvenPresence:
    challenge = authority.new_challenge(card.id, purpose=PICKUP, by=by, at=at)
    try:
        with slot(card.card_id, card.layout) as transport:
            held = HpkiCard(transport)
            certificate_der = held.certificate_der(CardApplication.PRESENCE)
            signature = held.prove_presence(challenge.octets)
    except CardUnavailable as error:
        raise Denied([CARD_ABSENT]) from error
    except CardError as error:
        raise Denied([CARD_FAILED]) from error
    claim = PresenceClaim(challenge.id, certificate_der, signature)
    return authority.prove_presence(claim, purpose=PICKUP, by=by, at=at)


def _lock_cards(application: Application) -> None:
    """The new card and the one that ends with it, newest first as everywhere, before the first line of the chain."""
    both = [card for card in (application.card_id, application.replaces_id) if card is not None]
    list(Card.objects.select_for_update().filter(id__in=both).order_by("-card_id").values_list("id"))


@transaction.atomic
def _record_handed_over(
    application_id: UUID, shown: PickupShown, proof: ProvenPresence, *, by: Officer, at: dt.datetime
) -> Application:
    application = locked(application_id)
    _lock_cards(application)
    case, place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    shown = identities.judged_pickup(application, shown)
    decide(case, pickup=shown)
    identities.keep_identity(application, Occasion.PICKUP, shown, by=by, at=at, place=place)
    if Part.OLD_CARD in asked_at_desk(case.facts, case.act.on, Need.AT_PICKUP) and place is not None:
        note_original(application, Part.OLD_CARD, by=by, place=place, at=at)
    appointments.keep_open(application, at=at)
    PickupCheck.objects.filter(application=application).delete()
    authority.hand_over(proof.card, proof=proof, by=by, at=at)
    remark = Remark(identity=shown.identity_kind)
    move(application, Step.HAND_OVER, State.ACTIVE, by=by, at=at, place=place, remark=remark)
    handed_over.tell(application, by=by, at=at)
    return application
