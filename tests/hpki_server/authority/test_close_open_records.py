"""What a power cut left open is signed as it was recorded, or abandoned, and never both."""

import datetime as dt

import pytest
from cryptography import x509
from django.core.management import call_command

from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner
from hpki_server.authority import ledger, ports, services
from hpki_server.authority.models import Card, Certificate, Issuer
from hpki_server.authority.services import finishing
from hpki_server.authority.services.closing import Closed
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.test_issue_certificates import TokenLies, TokenPulled

pytestmark = pytest.mark.django_db
LATER = stage.NOON + dt.timedelta(hours=1)


def left_open(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> tuple[Card, dict[str, Issuer]]:
    """A card whose three intentions were recorded when the power went."""
    issuers = stage.hierarchy(algorithm)
    card = stage.begun_card()
    held = {name: pulled(issuer, answers=0) for name, issuer in issuers.items() if issuer.issues}
    with pytest.raises(Denied):
        services.issue_certificates([stage.issue_order(card)], by="system", at=stage.NOON)
    for name, signer in held.items():
        ports.adopt(issuers[name], signer)
    return card, issuers


def pulled(issuer: Issuer, *, answers: int) -> SoftwareSigner:
    signer = ports.unit_of(issuer).signer
    assert isinstance(signer, SoftwareSigner)
    ports.adopt(issuer, TokenPulled(signer, answers))
    return signer


def states() -> list[str]:
    return sorted(Certificate.objects.values_list("state", flat=True))


def test_open_records_are_signed_as_they_were_recorded() -> None:
    card, _ = left_open()
    recorded = {row.id: bytes(row.tbs_der) for row in Certificate.objects.filter(card=card)}
    assert services.close_open_records(at=LATER) == Closed(signed=3)
    for row in Certificate.objects.filter(card=card):
        certificate = x509.load_der_x509_certificate(bytes(row.certificate_der or b""))
        assert certificate.tbs_certificate_bytes == recorded[row.id]
        assert row.signed_at == LATER
    assert {len(times) for times in stage.audited("certificates:sign").values()} == {1}
    assert len(stage.audited("certificates:sign")) == 3
    assert services.close_open_records(at=LATER) == Closed()


def test_with_rsa_the_very_certificate_comes_back() -> None:
    """It may have been signed before the power went: PKCS#1 v1.5 gives the same bytes again."""
    card, issuers = left_open(KeyAlgorithm.RSA_2048)
    signing = Certificate.objects.get(card=card, profile="SIGNING")
    lost = ports.unit_of(issuers["SIGNING_CA"]).signer.sign(bytes(signing.tbs_der))
    services.close_open_records(at=LATER)
    signing.refresh_from_db()
    assert x509.load_der_x509_certificate(bytes(signing.certificate_der or b"")).signature == lost


def test_a_missing_token_leaves_them_waiting_and_the_others_go_on() -> None:
    _, issuers = left_open()
    pulled(issuers["AUTHENTICATION_CA"], answers=0)
    assert services.close_open_records(at=LATER) == Closed(signed=2, waiting=1)
    assert states() == ["intended", "signed", "signed"]


def test_a_key_that_cannot_be_opened_leaves_them_waiting() -> None:
    left_open()
    ports.forget_signers()
    Issuer.objects.update(key_store={"kind": "software", "path": "keys/never-made.pem"})
    assert services.close_open_records(at=LATER) == Closed(waiting=3)


def test_a_lying_token_is_not_asked_again_for_that_record() -> None:
    _, issuers = left_open()
    signer = ports.unit_of(issuers["SIGNING_CA"]).signer
    assert isinstance(signer, SoftwareSigner)
    ports.adopt(issuers["SIGNING_CA"], TokenLies(signer, answers=9))
    assert services.close_open_records(at=LATER) == Closed(signed=2, abandoned=1)


def test_a_scrapped_card_gets_nothing_more() -> None:
    card, _ = left_open()
    services.scrap_card(card.id, reason="chip_defect", by=cast.officer(cast.TANAKA), at=LATER)
    assert states() == ["abandoned"] * 3
    assert services.close_open_records(at=LATER) == Closed()
    reasons = {line.facts()["reason"] for line in AuditLine.objects.filter(act="certificate:abandon")}
    assert reasons == {"card_scrapped"}


def test_a_closed_issuers_records_are_abandoned() -> None:
    _, issuers = left_open()
    Issuer.objects.filter(id=issuers["PRESENCE_CA"].id).update(state=Issuer.State.CLOSED)
    assert services.close_open_records(at=LATER) == Closed(signed=2, abandoned=1)
    assert Certificate.objects.get(profile="PRESENCE").state == Certificate.State.ABANDONED


def test_who_records_first_is_right_for_both() -> None:
    """The desk was only slow: while it signed, the job closed the same records."""
    left_open()
    waiting = [record.intention for record in ledger.open_records(limit=10)]
    services.close_open_records(at=LATER)
    slow = finishing.finish(waiting, by="system", at=LATER + dt.timedelta(minutes=1))
    stored = {row.id: bytes(row.certificate_der or b"") for row in Certificate.objects.all()}
    assert {one.id: one.certificate_der for one in slow.issued} == stored
    assert [len(times) for times in stage.audited("certificates:sign").values()] == [1, 1, 1]


def test_what_was_abandoned_meanwhile_is_not_given_back() -> None:
    card, _ = left_open()
    waiting = [record.intention for record in ledger.open_records(limit=10)]
    services.scrap_card(card.id, reason="chip_defect", by=cast.officer(cast.TANAKA), at=LATER)
    assert finishing.finish(waiting, by="system", at=LATER).issued == []
    assert states() == ["abandoned"] * 3


def test_the_command_closes_and_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    left_open()
    call_command("authority", "close-open")
    assert capsys.readouterr().out == "3 signed, 0 abandoned, 0 waiting for their issuer's key\n"
