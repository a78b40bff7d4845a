"""The card itself answers before 花子 takes it home; nobody else's card and no old answer will do."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication, presence_message
from hpki.issuance.profiles import SIGNING
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner, generate_software_key
from hpki_server.authority import rules, services
from hpki_server.authority.models import Card, Certificate, PresenceChallenge
from hpki_server.authority.ports import card_slot
from hpki_server.authority.presence import Challenge, PresenceClaim, ProvenPresence
from hpki_server.authority.services import IssueOrder
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.officer import Officer
from tests import cast
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db
NOON = stage.NOON


@dataclasses.dataclass(frozen=True)
class Issued:
    """An issued card whose presence key the test holds in its hand."""

    card: Card
    keys: dict[str, SoftwareSigner]

    def certificate(self, profile: str = "PRESENCE") -> bytes:
        row = Certificate.objects.get(card=self.card, profile=profile)
        return bytes(row.certificate_der or b"")

    def answer(self, challenge: Challenge) -> PresenceClaim:
        signature = self.keys["PRESENCE"].sign(presence_message(challenge.octets))
        return PresenceClaim(challenge.id, self.certificate(), signature)


@pytest.fixture
def clerk() -> Officer:
    return cast.officer(cast.TAKAHASHI)


def issued_card() -> Issued:
    stage.hierarchy()
    card = stage.begun_card()
    keys = {profile: generate_software_key(KeyAlgorithm.P_256) for profile in stage.CARD_PROFILES}
    proven = tuple(stage.proven_key(card, profile, key) for profile, key in keys.items())
    services.issue_certificates([IssueOrder(card.id, proven)], by="system", at=NOON)
    Card.objects.filter(id=card.id).update(state=Card.State.ISSUED, issued_at=NOON)
    return Issued(card, keys)


@pytest.fixture
def hanako() -> Issued:
    return issued_card()


def asked(issued: Issued, clerk: Officer, at: dt.datetime = NOON) -> Challenge:
    return services.new_challenge(issued.card.id, purpose=rules.PICKUP, by=clerk, at=at)


def prove(claim: PresenceClaim, clerk: Officer, at: dt.datetime = NOON) -> ProvenPresence:
    return services.prove_presence(claim, purpose=rules.PICKUP, by=clerk, at=at)


def refusal(claim: PresenceClaim, clerk: Officer, at: dt.datetime = NOON) -> str:
    with pytest.raises(Denied) as refused:
        prove(claim, clerk, at)
    (code,) = refused.value.codes
    return code


def test_the_cards_answer_makes_it_active(hanako: Issued, clerk: Officer) -> None:
    proof = prove(hanako.answer(asked(hanako, clerk)), clerk)
    card = services.hand_over(hanako.card.id, proof=proof, by=clerk, at=NOON)
    assert card.state == Card.State.ACTIVE
    assert card.activated_at == NOON
    lines = AuditLine.objects.filter(subject_id=str(card.id)).order_by("sequence")
    assert [line.act for line in lines][-3:] == ["card:challenge", "card:prove-presence", "card:hand-over"]


def test_a_card_is_handed_over_once(hanako: Issued, clerk: Officer) -> None:
    proof = prove(hanako.answer(asked(hanako, clerk)), clerk)
    services.hand_over(hanako.card.id, proof=proof, by=clerk, at=NOON)
    with pytest.raises(Denied) as refused:
        services.hand_over(hanako.card.id, proof=proof, by=clerk, at=NOON)
    assert refused.value.codes == ("wrong_state",)


def test_an_answer_counts_once(hanako: Issued, clerk: Officer) -> None:
    answer = hanako.answer(asked(hanako, clerk))
    prove(answer, clerk)
    assert refusal(answer, clerk) == "challenge_used"


def test_a_refused_answer_uses_the_challenge_up_as_well(hanako: Issued, clerk: Officer) -> None:
    right = hanako.answer(asked(hanako, clerk))
    wrong = dataclasses.replace(right, unverified_signature=right.unverified_signature[:-1] + b"\x00")
    assert refusal(wrong, clerk) == "signature_wrong"
    assert refusal(right, clerk) == "challenge_used"
    assert AuditLine.objects.filter(act="card:refuse-presence").count() == 2


def test_a_late_answer_is_refused(hanako: Issued, clerk: Officer) -> None:
    answer = hanako.answer(asked(hanako, clerk))
    assert refusal(answer, clerk, NOON + rules.CHALLENGE_LIFE) == "challenge_expired"


def test_mallorys_card_is_not_hanakos(hanako: Issued, clerk: Officer) -> None:
    mallory = issued_card()
    challenge = asked(hanako, clerk)
    assert refusal(mallory.answer(challenge), clerk) == "other_card"


def test_hanakos_certificate_with_mallorys_key_is_refused(hanako: Issued, clerk: Officer) -> None:
    challenge = asked(hanako, clerk)
    forged = generate_software_key(KeyAlgorithm.P_256).sign(presence_message(challenge.octets))
    claim = PresenceClaim(challenge.id, hanako.certificate(), forged)
    assert refusal(claim, clerk) == "signature_wrong"


def test_an_answer_to_another_challenge_of_the_same_card_is_refused(hanako: Issued, clerk: Officer) -> None:
    first, second = asked(hanako, clerk), asked(hanako, clerk)
    claim = dataclasses.replace(hanako.answer(first), challenge=second.id)
    assert refusal(claim, clerk) == "signature_wrong"


def test_the_authentication_key_does_not_prove_presence(hanako: Issued, clerk: Officer) -> None:
    challenge = asked(hanako, clerk)
    signature = hanako.keys["AUTHENTICATION"].sign(presence_message(challenge.octets))
    claim = PresenceClaim(challenge.id, hanako.certificate("AUTHENTICATION"), signature)
    assert refusal(claim, clerk) == "other_card"


def test_a_record_that_is_no_presence_certificate_is_refused(hanako: Issued, clerk: Officer) -> None:
    """Even a mixed-up record does not let a signing key prove presence."""
    signing = hanako.certificate(SIGNING.name)
    Certificate.objects.filter(card=hanako.card, profile="PRESENCE").update(certificate_der=signing)
    challenge = asked(hanako, clerk)
    signature = hanako.keys["SIGNING"].sign(presence_message(challenge.octets))
    assert refusal(PresenceClaim(challenge.id, signing, signature), clerk) == "other_card"


def test_a_challenge_for_another_purpose_is_refused(hanako: Issued, clerk: Officer) -> None:
    lecture = services.new_challenge(hanako.card.id, purpose="lecture", by=clerk, at=NOON)
    assert refusal(hanako.answer(lecture), clerk) == "challenge_other_purpose"


def test_a_challenge_that_was_never_made_is_refused(hanako: Issued, clerk: Officer) -> None:
    answer = hanako.answer(asked(hanako, clerk))
    PresenceChallenge.objects.all().delete()
    assert refusal(answer, clerk) == "challenge_unknown"


def test_an_expired_certificate_is_refused(hanako: Issued, clerk: Officer) -> None:
    late = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    assert refusal(hanako.answer(asked(hanako, clerk, late)), clerk, late) == "certificate_expired"


def test_an_old_proof_or_another_cards_proof_hands_nothing_over(hanako: Issued, clerk: Officer) -> None:
    proof = prove(hanako.answer(asked(hanako, clerk)), clerk)
    other = issued_card()
    with pytest.raises(Denied) as refused:
        services.hand_over(other.card.id, proof=proof, by=clerk, at=NOON)
    assert refused.value.codes == ("other_card",)
    with pytest.raises(Denied) as refused:
        services.hand_over(
            hanako.card.id, proof=proof, by=clerk, at=NOON + rules.PROOF_LIFE + dt.timedelta(seconds=1)
        )
    assert refused.value.codes == ("proof_too_old",)
    hanako.card.refresh_from_db()
    assert hanako.card.state == Card.State.ISSUED


def test_the_card_on_the_desks_reader_answers(
    clerk: Officer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "VAR", tmp_path)
    stage.hierarchy()
    card = stage.ordered_card()
    services.personalise_card(card.id, by=cast.officer(cast.TANAKA), at=NOON)
    challenge = services.new_challenge(card.id, purpose=rules.PICKUP, by=clerk, at=NOON)
    with card_slot(card.card_id, card.layout) as transport:
        chip = HpkiCard(transport)
        certificate_der = chip.certificate_der(CardApplication.PRESENCE)
        claim = PresenceClaim(challenge.id, certificate_der, chip.prove_presence(challenge.octets))
    proof = prove(claim, clerk)
    assert services.hand_over(card.id, proof=proof, by=clerk, at=NOON).state == Card.State.ACTIVE
