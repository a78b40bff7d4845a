"""A full disk, a restored backup: no number twice, nothing lost, no revoked certificate shown good."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from hpki.errors import MalformedInput, SignatureMismatch
from hpki.issuance.crl_request import NO_ENTRIES
from hpki.issuance.status import Good, Revoked, Unknown, status_of
from hpki_server.authority import ports, queries, services
from hpki_server.authority.crl_entries import Content
from hpki_server.authority.models import Card, Certificate, IssuedCrl, Issuer
from hpki_server.authority.revocation import Case
from hpki_server.authority.services import publishing
from hpki_server.authority.services.publishing import SignedList, State
from hpki_server.authority.services.recovering import recover_from_list
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
FULL = publishing.Target(publishing.Scope.ALL)


@pytest.fixture
def issuer() -> Issuer:
    return stage.hierarchy()["SIGNING_CA"]


def cards(count: int) -> list[Card]:
    made = [stage.begun_card() for _ in range(count)]
    services.issue_certificates([stage.issue_order(card) for card in made], by="system", at=NOON)
    return made


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite can be told to have a small disk")
def test_a_full_disk_stores_no_half_list_and_its_number_is_not_given_again(issuer: Issuer) -> None:
    [row] = publishing.reserve(issuer, FULL, at=NOON)
    before = AuditLine.objects.count()
    too_much = SignedList(bytes(4_000_000), Content(NO_ENTRIES, (), 0, None))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        [pages] = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + 20}")
    try:
        with pytest.raises(OperationalError, match="full"), transaction.atomic():
            publishing.record([(row, too_much)], by="system", at=NOON)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 4294967294")
    row.refresh_from_db()
    assert (row.state, bytes(row.der)) == (State.RESERVED, b"")
    assert AuditLine.objects.count() == before
    [later] = publishing.publish(issuer, [FULL], by="system", at=NOON)
    assert later.number > row.number


def forget(*forgotten: Card) -> None:
    """As a backup from before the revocation has them."""
    Certificate.objects.filter(card__in=forgotten).update(
        revoked_at=None, revocation_reason="", held_at=None, status_changed_at=None
    )


def status(card: Card, profile: str = "SIGNING") -> Good | Revoked | Unknown:
    row = Certificate.objects.get(card=card, profile=profile)
    return status_of(queries.certificate_facts(row.issuer_id, int(row.serial_hex, 16)), NOON + 9 * HOUR)


def test_a_published_list_gives_back_what_a_restored_backup_has_forgotten(
    issuer: Issuer, tmp_path: Path
) -> None:
    lost, held, good, gone = cards(4)
    ito = cast.officer(cast.ITO)
    for card in (lost, gone):
        services.revoke_card(card.id, case=Case.LOST, by=ito, at=NOON)
    services.hold_card(held.id, by=ito, at=NOON)
    [published] = publishing.publish(issuer, [FULL], by="system", at=NOON + HOUR)
    as_published = {card.id: status(card) for card in (lost, held, good)}
    mirror = tmp_path / "mirror.crl"
    mirror.write_bytes(bytes(published.der))

    forget(lost, held)
    Certificate.objects.filter(card=gone).delete()
    IssuedCrl.objects.filter(number__gt=1).delete()
    Issuer.objects.filter(id=issuer.id).update(crl_number=1)
    assert status(lost) == Good()

    out = StringIO()
    call_command("authority", "recover", str(mirror), stdout=out)
    assert "1 revoked again, 1 held again, 1 without a record" in out.getvalue()
    assert {card.id: status(card) for card in (lost, held, good)} == as_published
    issuer.refresh_from_db()
    assert issuer.crl_number == published.number
    [after] = publishing.publish(issuer, [FULL], by="system", at=NOON + HOUR)
    assert after.number > published.number
    assert len(x509.load_der_x509_crl(bytes(after.der))) == 2
    # A second time there is nothing left to give back.
    assert recover_from_list(bytes(published.der), by="system", at=NOON).revoked == 0


def test_a_foreign_or_broken_list_gives_nothing_back(issuer: Issuer, tmp_path: Path) -> None:
    [lost] = cards(1)
    services.revoke_card(lost.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)
    [published] = publishing.publish(issuer, [FULL], by="system", at=NOON + HOUR)
    forget(lost)
    forged = bytearray(published.der)
    forged[-1] ^= 1
    with pytest.raises(SignatureMismatch):
        recover_from_list(bytes(forged), by="system", at=NOON)
    with pytest.raises(MalformedInput):
        recover_from_list(b"\x30\x03\x02\x01\x05", by="system", at=NOON)
    with pytest.raises(CommandError, match="No such file"):
        call_command("authority", "recover", str(tmp_path / "nothing.crl"))
    assert status(lost) == Good()
    ports.forget_signers()
