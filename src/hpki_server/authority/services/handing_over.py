"""The holder takes the card home, once the card itself has answered."""

import datetime as dt
import os
from uuid import UUID

from django.db import transaction

from hpki.issuance.profiles import PRESENCE
from hpki_server.authority import rules
from hpki_server.authority.models import Card, Certificate, PresenceChallenge
from hpki_server.authority.presence import (
    Challenge,
    PresenceClaim,
    ProvenPresence,
    challenge_octets,
    has_presence_policy,
    signature_fits,
)
from hpki_server.authority.services.duty import require_at
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

NONCE_OCTETS = 32


@transaction.atomic
def new_challenge(card: UUID, *, purpose: str, by: Officer, at: dt.datetime) -> Challenge:
    """Ask a card to show that it is here.  Raises `Denied` with `no_duty`."""
    asked = Card.objects.get(id=card)
    _require(by, asked, purpose)
    nonce = os.urandom(NONCE_OCTETS)
    made = PresenceChallenge.objects.create(
        card=asked,
        purpose=purpose,
        nonce=nonce,
        made_at=at,
        expires_at=at + rules.CHALLENGE_LIFE,
    )
    audit.record(
        "card:challenge",
        by=by,
        subject_kind="card",
        subject_id=asked.id,
        at=at,
        organisation=asked.organisation_id,
        details={"card_id": asked.card_id, "challenge": str(made.id), "purpose": purpose},
    )
    octets = challenge_octets(nonce, card_id=asked.card_id, purpose=purpose)
    return Challenge(id=made.id, octets=octets, expires_at=made.expires_at)


def prove_presence(claim: PresenceClaim, *, purpose: str, by: Officer, at: dt.datetime) -> ProvenPresence:
    """The card of the challenge, once its answer fits.

    Raises `Denied`; the challenge is used up either way, unless whoever asks has no duty there (`no_duty`).
    """
    denials, proof = _judged(claim, purpose=purpose, by=by, at=at)
    # Outside the transaction: a refusal must not bring the challenge back to life.
    if proof is None:
        raise Denied(denials)
    return proof


@transaction.atomic
def _judged(
    claim: PresenceClaim, *, purpose: str, by: Officer, at: dt.datetime
) -> tuple[list[Denial], ProvenPresence | None]:
    challenge = PresenceChallenge.objects.select_for_update().filter(id=claim.challenge).first()
    if challenge is None:
        return [rules.CHALLENGE_UNKNOWN], None
    card = Card.objects.get(id=challenge.card_id)
    _require(by, card, purpose)
    certificate = Certificate.objects.filter(
        card=card, profile=PRESENCE.name, state=Certificate.State.SIGNED
    ).first()
    denials = rules.presence_denials(_facts(claim, challenge, card, certificate, purpose=purpose, at=at))
    challenge.used_at = challenge.used_at or at
    challenge.save(update_fields=["used_at"])
    audit.record(
        "card:refuse-presence" if denials else "card:prove-presence",
        by=by,
        subject_kind="card",
        subject_id=card.id,
        at=at,
        organisation=card.organisation_id,
        details={
            "card_id": card.card_id,
            "challenge": str(challenge.id),
            "denial": denials[0].code if denials else None,
        },
    )
    if denials or certificate is None:
        return denials, None
    return [], ProvenPresence(card=card.id, certificate=certificate.id, purpose=purpose, proven_at=at)


def _require(by: Officer, card: Card, purpose: str) -> None:
    """A pickup is the work of the desk that has the card; what other purposes need, their own rooms ask."""
    if purpose == rules.PICKUP:
        require_at(by, Duty.PICKUP, card.organisation_id)


def _facts(
    claim: PresenceClaim,
    challenge: PresenceChallenge,
    card: Card,
    certificate: Certificate | None,
    *,
    purpose: str,
    at: dt.datetime,
) -> rules.PresenceFacts:
    recorded = None
    if certificate is not None and certificate.certificate_der is not None:
        recorded = bytes(certificate.certificate_der)
    octets = challenge_octets(bytes(challenge.nonce), card_id=card.card_id, purpose=challenge.purpose)
    return rules.PresenceFacts(
        purpose=purpose,
        asked_purpose=challenge.purpose,
        expires_at=challenge.expires_at,
        used_at=challenge.used_at,
        claimed_certificate_der=claim.unverified_certificate_der,
        recorded_certificate_der=recorded,
        has_presence_policy=recorded is not None and has_presence_policy(recorded, card.environment),
        not_before=certificate.not_before if certificate else None,
        not_after=certificate.not_after if certificate else None,
        # Asked only when the claimed certificate is the recorded one.
        signature_fits=lambda: signature_fits(recorded or b"", claim.unverified_signature, octets),
        at=at,
    )


@transaction.atomic
def hand_over(card: UUID, *, proof: ProvenPresence, by: Officer, at: dt.datetime) -> Card:
    """The card becomes active.  Raises `Denied`; a second time is refused by the card's state."""
    handed = Card.objects.select_for_update().get(id=card)
    require_at(by, Duty.PICKUP, handed.organisation_id)
    facts = rules.HandOverFacts(
        card=handed.id,
        card_state=handed.state,
        proven_card=proof.card,
        proven_purpose=proof.purpose,
        proven_at=proof.proven_at,
        at=at,
    )
    if denials := rules.hand_over_denials(facts):
        raise Denied(denials)
    handed.state = Card.State.ACTIVE
    handed.activated_at = at
    handed.save(update_fields=["state", "activated_at"])
    audit.record(
        "card:hand-over",
        by=by,
        subject_kind="card",
        subject_id=handed.id,
        at=at,
        organisation=handed.organisation_id,
        details={"card_id": handed.card_id, "certificate": str(proof.certificate)},
    )
    return handed
