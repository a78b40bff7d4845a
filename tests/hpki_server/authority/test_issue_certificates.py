"""Certificates are prepared, recorded, signed, compared and recorded again, in that order and never otherwise."""

import dataclasses
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.certs.hcrole import hcroles_of
from hpki.errors import KeyUnavailable, SignatureMismatch
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.software import SoftwareSigner, generate_software_key
from hpki_server.authority import ports, services
from hpki_server.authority.models import Card, Certificate, Issuer
from hpki_server.authority.possession import KeyClaim, possession_message, prove_possession
from hpki_server.authority.services import IssueOrder
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db


class TokenPulled:
    """A signer that answers so many times and is then gone, like a token that somebody pulls."""

    def __init__(self, inside: SoftwareSigner, answers: int) -> None:
        self._inside, self._answers = inside, answers
        self.label, self.algorithm = inside.label, inside.algorithm
        self.public_key, self.builder_key = inside.public_key, inside.builder_key

    def sign(self, message: bytes) -> bytes:
        if self._answers == 0:
            raise KeyUnavailable("the token is gone")
        self._answers -= 1
        return self._inside.sign(message)


class TokenLies(TokenPulled):
    """A signer that signs something else than it was given."""

    def sign(self, message: bytes) -> bytes:
        return super().sign(message + b"\x00")


@pytest.fixture
def issuers() -> dict[str, Issuer]:
    return stage.hierarchy()


def issue(*orders: IssueOrder, at: dt.datetime = stage.NOON) -> list[x509.Certificate]:
    issued = services.issue_certificates(orders, by=cast.officer(cast.TANAKA), at=at)
    return [x509.load_der_x509_certificate(one.certificate_der) for one in issued]


def lines(act: str) -> list[AuditLine]:
    return list(AuditLine.objects.filter(act=act).order_by("sequence"))


def test_hanakos_certificates_say_what_our_records_say(issuers: dict[str, Issuer]) -> None:
    card = stage.begun_card()
    signing, authentication, presence = issue(stage.issue_order(card))
    for personal in (signing, authentication):
        assert personal.subject.rfc4514_string().startswith(f"2.5.4.5={card.card_id},CN=Hanako Watanabe")
        assert [role.text for role in hcroles_of(personal)] == ["Medical Doctor"]
    assert "Hanako" not in presence.subject.rfc4514_string()
    assert hcroles_of(presence) == ()
    assert signing.issuer == subject_of(issuers["SIGNING_CA"])
    assert presence.issuer == subject_of(issuers["PRESENCE_CA"])


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_3072, KeyAlgorithm.P_384, KeyAlgorithm.ML_DSA_65])
def test_a_hierarchy_of_another_algorithm_issues_as_well(algorithm: KeyAlgorithm) -> None:
    made = stage.hierarchy(algorithm)
    card = stage.begun_card()
    for certificate, issuer in zip(issue(stage.issue_order(card)), list(made.values())[1:], strict=True):
        signer = ports.unit_of(issuer).signer
        assert signer.algorithm is algorithm
        verify(signer.public_key(), certificate.signature, certificate.tbs_certificate_bytes)


def subject_of(issuer: Issuer) -> x509.Name:
    return x509.load_der_x509_certificate(bytes(issuer.certificate_der)).subject


def test_validity_is_whole_days_in_japan_and_ends_with_the_card(issuers: dict[str, Issuer]) -> None:
    card = stage.begun_card(at=stage.NOON + dt.timedelta(days=2))
    signing, *_ = issue(stage.issue_order(card), at=stage.NOON + dt.timedelta(days=2))
    assert signing.not_valid_before_utc == dt.datetime(2026, 11, 5, 15, 0, tzinfo=dt.UTC)
    # Samples MEDIS: validity ends at 14:59:59Z, midnight of Japan.
    assert signing.not_valid_after_utc.time() == dt.time(14, 59, 59)
    assert (signing.not_valid_after_utc + dt.timedelta(hours=9)).date() == card.expires_on


def test_each_certificate_has_its_record_and_stands_in_two_audit_lines_of_its_card(
    issuers: dict[str, Issuer],
) -> None:
    card = stage.begun_card()
    issue(stage.issue_order(card))
    rows = Certificate.objects.filter(card=card)
    assert {row.state for row in rows} == {Certificate.State.SIGNED}
    for row in rows:
        certificate = x509.load_der_x509_certificate(bytes(row.certificate_der or b""))
        assert row.tbs_sha256 == stage.sha256(certificate.tbs_certificate_bytes)
        intended, signed = (stage.audited(f"certificates:{act}") for act in ("intend", "sign"))
        assert intended[row.serial_hex] == [[row.issuer.slug, row.tbs_sha256]]
        assert signed[row.serial_hex] == [[stage.sha256(bytes(row.certificate_der or b""))]]
        assert f"{certificate.serial_number:040x}" == row.serial_hex


def test_a_group_of_cards_shares_two_transactions(
    issuers: dict[str, Issuer], django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    cards = [stage.begun_card() for _ in range(5)]
    orders = [stage.issue_order(card) for card in cards]
    with django_assert_max_num_queries(40):  # type: ignore[operator]  # pytest-django's fixture is a context manager
        assert len(issue(*orders)) == 15
    assert len({row.serial_hex for row in Certificate.objects.all()}) == 15


def test_a_large_group_is_signed_on_all_cores_and_keeps_its_order() -> None:
    stage.hierarchy(KeyAlgorithm.RSA_2048)
    orders = [stage.issue_order(stage.begun_card()) for _ in range(12)]
    issued = services.issue_certificates(orders, by="system", at=stage.NOON)
    assert [(one.card, one.profile) for one in issued] == [
        (order.card, profile) for order in orders for profile in stage.CARD_PROFILES
    ]
    assert len(stage.audited("certificates:sign")) == 36


def test_asking_again_gives_the_same_certificates(issuers: dict[str, Issuer]) -> None:
    order = stage.issue_order(stage.begun_card())
    first, again = issue(order), issue(order)
    assert first == again
    assert Certificate.objects.count() == 3
    assert len(lines("certificates:intend")) == len(lines("certificates:sign")) == 1


def test_another_key_for_the_same_card_is_refused(issuers: dict[str, Issuer]) -> None:
    card = stage.begun_card()
    issue(stage.issue_order(card))
    with pytest.raises(Denied) as refused:
        issue(stage.issue_order(card))
    assert refused.value.codes == ("key_certified",)
    assert Certificate.objects.count() == 3


def test_a_key_proven_for_another_card_is_refused(issuers: dict[str, Issuer]) -> None:
    mine, other = stage.begun_card(), stage.begun_card()
    stolen = IssueOrder(card=mine.id, keys=(stage.proven_key(other, "SIGNING"),))
    with pytest.raises(Denied) as refused:
        issue(stolen)
    assert refused.value.codes == ("key_of_another_card",)
    assert not Certificate.objects.exists()


def test_mallory_cannot_have_a_key_certified_that_she_does_not_hold() -> None:
    hers, victims = (generate_software_key(KeyAlgorithm.P_256) for _ in range(2))
    der = victims.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    claim = KeyClaim("SIGNING", der, hers.sign(possession_message("33-0000001-6", "SIGNING", der)))
    with pytest.raises(Denied) as refused:
        prove_possession(claim, card_id="33-0000001-6")
    assert refused.value.codes == ("key_not_held",)
    with pytest.raises(Denied) as refused:
        prove_possession(dataclasses.replace(claim, unverified_public_key_der=b"0"), card_id="33-0000001-6")
    assert refused.value.codes == ("key_not_readable",)


def test_a_card_that_was_not_begun_gets_nothing(issuers: dict[str, Issuer]) -> None:
    with pytest.raises(Denied) as refused:
        issue(stage.issue_order(stage.ordered_card()))
    assert refused.value.codes == ("wrong_state",)
    assert not Certificate.objects.exists()
    assert not lines("certificates:intend")


def test_no_certificate_outlives_its_card(issuers: dict[str, Issuer]) -> None:
    card = stage.begun_card()
    Card.objects.filter(id=card.id).update(expires_on=dt.date(2036, 1, 1))
    with pytest.raises(Denied) as refused:
        issue(stage.issue_order(card))
    assert refused.value.codes == ("outlives_issuer",)


def test_without_an_issuer_the_answer_says_so() -> None:
    with pytest.raises(Denied) as refused:
        issue(stage.issue_order(stage.begun_card()))
    assert refused.value.codes == ("no_issuer",)


def test_a_closed_issuer_signs_nothing_new(issuers: dict[str, Issuer]) -> None:
    Issuer.objects.filter(id=issuers["SIGNING_CA"].id).update(state=Issuer.State.CLOSED)
    with pytest.raises(Denied) as refused:
        issue(stage.issue_order(stage.begun_card()))
    assert refused.value.codes == ("no_issuer",)


def test_a_token_pulled_half_way_leaves_intentions_and_the_next_call_finishes_them(
    issuers: dict[str, Issuer],
) -> None:
    authority = issuers["AUTHENTICATION_CA"]
    signer = ports.unit_of(authority).signer
    assert isinstance(signer, SoftwareSigner)
    ports.adopt(authority, TokenPulled(signer, answers=0))
    order = stage.issue_order(stage.begun_card())
    with pytest.raises(Denied) as refused:
        issue(order)
    assert refused.value.codes == ("key_unavailable",)
    states = sorted(Certificate.objects.values_list("profile", "state"))
    assert states == [("AUTHENTICATION", "intended"), ("PRESENCE", "intended"), ("SIGNING", "signed")]
    intended = dict(Certificate.objects.values_list("profile", "serial_hex"))

    ports.adopt(authority, signer)
    finished = issue(order)
    assert {f"{one.serial_number:040x}" for one in finished} == set(intended.values())
    assert len(lines("certificates:intend")) == 1
    assert {len(times) for times in stage.audited("certificates:sign").values()} == {1}
    assert set(stage.audited("certificates:sign")) == set(intended.values())


def test_a_key_that_cannot_be_opened_leaves_no_trace(issuers: dict[str, Issuer]) -> None:
    order = stage.issue_order(stage.begun_card())
    ports.forget_signers()
    Issuer.objects.update(key_store={"kind": "software", "path": "keys/never-made.pem"})
    with pytest.raises(Denied) as refused:
        issue(order)
    assert refused.value.codes == ("key_unavailable",)
    assert not Certificate.objects.exists()


def test_a_token_that_lies_is_found_out_and_its_record_abandoned(issuers: dict[str, Issuer]) -> None:
    authority = issuers["AUTHENTICATION_CA"]
    signer = ports.unit_of(authority).signer
    assert isinstance(signer, SoftwareSigner)
    ports.adopt(authority, TokenLies(signer, answers=9))
    with pytest.raises(SignatureMismatch):
        issue(stage.issue_order(stage.begun_card()))
    assert Certificate.objects.get(profile="AUTHENTICATION").state == Certificate.State.ABANDONED
    (line,) = lines("certificate:abandon")
    assert line.facts()["reason"] == "signature_mismatch"
