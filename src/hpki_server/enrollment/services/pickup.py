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
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import PickupShown, State, Step
from hpki_server.enrollment.services import handed_over
from hpki_server.enrollment.services.issuing import CARD_ABSENT, CARD_FAILED
from hpki_server.enrollment.services.record import Remark, decide, locked, move, officer_case
from hpki_server.people.denial import Denied
from hpki_server.people.officer import Officer


def hand_over_card(
    *, application_id: UUID, shown: PickupShown, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot
) -> Application:
    """Decide, ask the card on the desk's reader, and record: the card is active from here on."""
    application = Application.objects.get(id=application_id)
    case, _place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    decide(case, pickup=shown)
    if application.card is None:
        raise ValueError(f"application {application_id} waits for pickup without a card")
    proof = _answer_of(application.card, by=by, at=at, slot=slot)
    return _record_handed_over(application_id, shown, proof, by=by, at=at)


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


@transaction.atomic
def _record_handed_over(
    application_id: UUID, shown: PickupShown, proof: ProvenPresence, *, by: Officer, at: dt.datetime
) -> Application:
    application = locked(application_id)
    case, place = officer_case(application, Step.HAND_OVER, by=by, at=at)
    decide(case, pickup=shown)
    authority.hand_over(proof.card, proof=proof, by=by, at=at)
    remark = Remark(identity=shown.identity_kind)
    move(application, Step.HAND_OVER, State.ACTIVE, by=by, at=at, place=place, remark=remark)
    handed_over.tell(application, by=by, at=at)
    return application
