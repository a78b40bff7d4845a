"""One card at the issuing desk: keys born on it, certificates written, read back, compared, PINs set, locked.

A power cut after any step leaves a card and a record from which the same call goes on: keys that are on the card stay,
certificates that were made for them are used, PINs that were sealed are the ones that are set.
"""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from hpki.card.objects import CardApplication
from hpki.card.personalise import (
    CardCertificates,
    CardPins,
    Personalisation,
    check_personalised,
    is_locked,
    read_card_id,
)
from hpki.card.transport import CardTransport
from hpki_server.authority import queries, rules
from hpki_server.authority.ledger import IssuedCertificate
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.ports import SlotOpener, card_secrets, card_slot
from hpki_server.authority.possession import KeyClaim, ProvenKey, possession_message, prove_possession
from hpki_server.authority.services.batches import note_personalised
from hpki_server.authority.services.cards import begin_personalisation, card_act
from hpki_server.authority.services.duty import require_at_centre
from hpki_server.authority.services.issuing import IssueOrder, issue_certificates
from hpki_server.authority.services.pins import pins_of
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

PROFILE_OF: Mapping[CardApplication, str] = {
    CardApplication.SIGNING: "SIGNING",
    CardApplication.AUTHENTICATION: "AUTHENTICATION",
    CardApplication.PRESENCE: "PRESENCE",
}
_APPLICATION_OF = {profile: application for application, profile in PROFILE_OF.items()}


def personalise_card(card: UUID, *, by: Officer, at: dt.datetime, slot: SlotOpener = card_slot) -> Card:
    """The whole of it, [IO] and [T] in turns; ends in state `issued`.

    Raises `Denied` (`wrong_state`, `other_card_in_reader`, and whatever `issue_certificates` denies), a CardError
    when the card does not answer or gives back something else than was written.  Whatever it raises, it may be called
    again for the same card.
    """
    begin_personalisation([card], by=by, at=at)
    row = Card.objects.get(id=card)
    with slot(row.card_id, row.layout) as transport:
        # Before the issuer's secret is shown to it: a wrong card must not lose one of its tries.
        if read_card_id(transport) != row.card_id:
            raise Denied([rules.OTHER_CARD_IN_READER])
        if is_locked(transport):
            # The plug was pulled between the card's lock and our record: the card proves the rest.
            certificates = _carried(_recorded(row))
        else:
            certificates = _fill(row, transport, by=by, at=at)
        checked = check_personalised(transport, row.card_id, certificates)
    return record_personalised(card, card_id=checked.card_id, by=by, at=at)


def _fill(
    card: Card, transport: CardTransport, *, by: Officer, at: dt.datetime
) -> Mapping[CardApplication, CardCertificates]:
    sitting = Personalisation(transport, card_secrets(card.card_id).issuer)
    keys = _proven_keys(card, sitting)
    issued = issue_certificates([IssueOrder(card=card.id, keys=keys)], by=by, at=at)
    certificates = _carried(issued)
    sitting.write_certificates(certificates)
    pins = pins_of(card, by=by, at=at)
    sitting.set_pins(CardPins(signing=pins.pin, authentication=pins.pin, puk=pins.puk))
    sitting.activate()
    return certificates


def _proven_keys(card: Card, sitting: Personalisation) -> tuple[ProvenKey, ...]:
    """Keys made on the card, or found there, each with the card's proof that it holds the private half."""
    proven = []
    for application, public_key in sitting.generate_keys().items():
        der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        profile = PROFILE_OF[application]
        signature = sitting.sign_possession(application, possession_message(card.card_id, profile, der))
        proven.append(prove_possession(KeyClaim(profile, der, signature), card_id=card.card_id))
    return tuple(proven)


def _recorded(card: Card) -> list[IssuedCertificate]:
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED)
    return [
        IssuedCertificate(row.id, card.id, row.profile, row.serial_hex, bytes(row.certificate_der or b""))
        for row in rows
    ]


def _carried(
    issued: tuple[IssuedCertificate, ...] | list[IssuedCertificate],
) -> Mapping[CardApplication, CardCertificates]:
    """Each application carries its certificate and the two above it."""
    carried = {}
    for one in issued:
        issuer_der, root_der = queries.chain_above(one.id)
        carried[_APPLICATION_OF[one.profile]] = CardCertificates(
            end_entity=one.certificate_der, root=root_der, issuer=issuer_der
        )
    return carried


@transaction.atomic
def record_personalised(card: UUID, *, card_id: str, by: Officer, at: dt.datetime) -> Card:
    """The card is finished: it was read back and answered.

    If it stands in a batch, its item is done in the same transaction.
    Raises `Denied`: `no_duty`, `wrong_state`, `card_incomplete`.
    """
    require_at_centre(by, Duty.ISSUING)
    finished = Card.objects.select_for_update().get(id=card)
    facts = rules.FinishedFacts(
        card_state=finished.state,
        card_id=finished.card_id,
        read_card_id=card_id,
        signed_profiles=frozenset(
            Certificate.objects.filter(card=finished, state=Certificate.State.SIGNED).values_list(
                "profile", flat=True
            )
        ),
        wanted_profiles=frozenset(PROFILE_OF.values()),
        has_pins=hasattr(finished, "pin_envelope"),
    )
    if denials := rules.finished_denials(facts):
        raise Denied(denials)
    finished.state = Card.State.ISSUED
    finished.issued_at = at
    finished.save(update_fields=["state", "issued_at"])
    note_personalised(finished, by=by, at=at)
    audit.record_many([card_act("card:issue", finished, by=by)], at=at)
    return finished
