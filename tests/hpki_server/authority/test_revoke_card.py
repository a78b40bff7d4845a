"""A card is lost, paused, found again: what becomes of its certificates, and who may say so."""

import datetime as dt

import pytest
from cryptography.x509 import ReasonFlags

from hpki.issuance.status import CertificateFacts, Good, Revoked, Unknown, status_of
from hpki_server.authority import queries, services
from hpki_server.authority.models import Card, Certificate, StatusChange
from hpki_server.authority.revocation import Case
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def card() -> Card:
    """花子's card with its three certificates."""
    stage.hierarchy()
    begun = stage.begun_card()
    services.issue_certificates([stage.issue_order(begun)], by=cast.officer(cast.TANAKA), at=NOON)
    return begun


def statuses(card: Card, at: dt.datetime = NOON) -> list[Good | Revoked | Unknown]:
    rows = Certificate.objects.filter(card=card).order_by("profile")
    return [
        status_of(queries.certificate_facts(row.issuer_id, int(row.serial_hex, 16)), at + 2 * HOUR)
        for row in rows
    ]


def test_a_lost_card_ends_with_all_its_certificates_and_one_audit_line(card: Card) -> None:
    ito = cast.officer(cast.ITO)
    before = AuditLine.objects.count()
    changed = services.revoke_card(card.id, case=Case.LOST, by=ito, at=NOON + HOUR)
    assert statuses(card) == [Revoked(NOON + HOUR, ReasonFlags.key_compromise)] * 3
    assert changed.is_urgent
    assert len(changed.issuers) == 3
    card.refresh_from_db()
    assert card.state == Card.State.STOPPED
    [line] = AuditLine.objects.filter(sequence__gt=before)
    assert (line.act, line.facts()["case"], line.facts()["reason"]) == (
        "card:revoke",
        "lost",
        "keyCompromise",
    )
    assert {line.facts()[profile] for profile in stage.CARD_PROFILES} == set(changed.serials)
    assert [row.kind for row in StatusChange.objects.all()] == ["revoke"] * 3


def test_what_was_only_intended_for_the_card_is_given_up_and_counts_as_revoked() -> None:
    stage.hierarchy()
    card = stage.begun_card()
    services.issue_certificates([stage.issue_order(card)], by=cast.officer(cast.TANAKA), at=NOON)
    row = Certificate.objects.filter(card=card, profile="SIGNING").get()
    Certificate.objects.filter(id=row.id).update(state="intended", certificate_der=None, signed_at=None)
    assert status_of(queries.certificate_facts(row.issuer_id, int(row.serial_hex, 16)), NOON) == Unknown()
    services.revoke_card(card.id, case=Case.REPLACED, by=cast.officer(cast.ITO), at=NOON + HOUR)
    found = status_of(queries.certificate_facts(row.issuer_id, int(row.serial_hex, 16)), NOON + HOUR)
    assert found == Revoked(NOON + HOUR, ReasonFlags.cessation_of_operation)
    assert sorted(StatusChange.objects.values_list("kind", flat=True)) == ["abandon", "revoke", "revoke"]


def test_a_pause_can_be_taken_back_and_a_revocation_cannot(card: Card) -> None:
    ito = cast.officer(cast.ITO)
    services.hold_card(card.id, by=ito, at=NOON)
    assert statuses(card) == [Revoked(NOON, ReasonFlags.certificate_hold)] * 3
    with pytest.raises(Denied, match="already_held"):
        services.hold_card(card.id, by=ito, at=NOON)
    services.release_card(card.id, by=ito, at=NOON + HOUR)
    assert statuses(card) == [Good()] * 3
    with pytest.raises(Denied, match="not_held"):
        services.release_card(card.id, by=ito, at=NOON + HOUR)
    services.revoke_card(card.id, case=Case.NO_LONGER_USED, by=ito, at=NOON + HOUR)
    for refused in (services.hold_card, services.release_card):
        with pytest.raises(Denied, match=r"already_revoked|not_held"):
            refused(card.id, by=ito, at=NOON + HOUR)
    with pytest.raises(Denied, match="already_revoked"):
        services.revoke_card(card.id, case=Case.LOST, by=ito, at=NOON + 2 * HOUR)


def test_a_paused_card_that_ends_was_not_to_be_trusted_since_the_pause(card: Card) -> None:
    services.hold_card(card.id, by=cast.officer(cast.ITO), at=NOON)
    services.revoke_card(card.id, case=Case.STOLEN, by=cast.officer(cast.ITO), at=NOON + HOUR)
    assert statuses(card) == [Revoked(NOON, ReasonFlags.key_compromise)] * 3


def test_one_certificate_alone_ends(card: Card) -> None:
    row = Certificate.objects.get(card=card, profile="SIGNING")
    services.revoke_certificate(row.id, case=Case.NAME_CHANGED, by=cast.officer(cast.ITO), at=NOON)
    assert sorted(type(status).__name__ for status in statuses(card)) == ["Good", "Good", "Revoked"]
    card.refresh_from_db()
    assert card.state == Card.State.PERSONALISING
    assert AuditLine.objects.filter(act="certificate:revoke").count() == 1


@pytest.mark.parametrize("role", [cast.TANAKA, cast.OSAKA_CLERK, cast.IDLE])
def test_nobody_without_the_duty_ends_or_pauses_a_card(card: Card, role: cast.Role) -> None:
    officer = cast.officer(role)
    with pytest.raises(Denied, match="out_of_reach"):
        services.revoke_card(card.id, case=Case.LOST, by=officer, at=NOON)
    with pytest.raises(Denied, match="out_of_reach"):
        services.hold_card(card.id, by=officer, at=NOON)
    assert statuses(card) == [Good()] * 3


def test_a_card_without_certificates_has_nothing_to_end() -> None:
    with pytest.raises(Denied, match="no_certificate"):
        services.revoke_card(stage.ordered_card().id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)


def test_a_scrapped_cards_certificates_end_with_it(card: Card) -> None:
    services.scrap_card(card.id, reason="chip_defect", by=cast.officer(cast.TANAKA), at=NOON)
    assert statuses(card) == [Revoked(NOON, ReasonFlags.cessation_of_operation)] * 3
    assert StatusChange.objects.count() == 3


def test_a_serial_without_a_record_is_unknown_and_never_good(card: Card) -> None:
    row = Certificate.objects.filter(card=card).first()
    assert row is not None
    assert status_of(queries.certificate_facts(row.issuer_id, 5), NOON) == Unknown()
    assert status_of(None, NOON) == Unknown()


def test_revoked_stays_revoked_when_the_clock_was_set_back() -> None:
    facts = CertificateFacts(5, NOON + HOUR, revoked_at=NOON, reason=ReasonFlags.unspecified)
    assert status_of(facts, NOON - HOUR) == Revoked(NOON - HOUR, None)
