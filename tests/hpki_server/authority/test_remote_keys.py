"""When cards are short, the certificate for remote use comes first; the card stays ordered."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import IntegrityError, transaction

from hpki_server.authority import production_queries, services
from hpki_server.authority.models import Card, Certificate
from hpki_server.authority.production_models import RemoteKey
from hpki_server.authority.revocation import Case
from hpki_server.authority.services import remote_keys, shortage
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
UNTIL = dt.date(2027, 3, 31)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "VAR", tmp_path)
    stage.hierarchy()


def refused(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        act()
    return denied.value.codes


def both() -> tuple[Card, Card]:
    plastic = stage.ordered_card()
    remote = services.order_remote(plastic.id, by=cast.officer(cast.TANAKA), at=NOON)
    return plastic, remote


def certified() -> tuple[Card, Card]:
    plastic, remote = both()
    assert services.certify_remote([remote.id], by=cast.officer(cast.TANAKA), at=NOON) == 1
    remote.refresh_from_db()
    return plastic, remote


def test_the_order_is_kept_beside_the_remote_card_and_both_say_the_same() -> None:
    plastic, remote = both()
    assert (plastic.state, remote.state) == ("ordered", "ordered")
    assert remote.reference == plastic.reference
    assert remote.family_name == "渡邉"
    assert bytes(remote.photo_sealed) == b""
    again = services.order_remote(plastic.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert again == remote


def test_two_certificates_from_our_records_for_keys_that_rest_sealed() -> None:
    _plastic, remote = certified()
    assert remote.state == "issued"
    rows = Certificate.objects.filter(card=remote)
    assert {row.profile for row in rows} == {"SIGNING", "AUTHENTICATION"}
    for row in rows:
        certificate = x509.load_der_x509_certificate(bytes(row.certificate_der or b""))
        [number] = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
        assert number.value == remote.card_id
    for key in RemoteKey.objects.filter(card=remote):
        assert bytes(key.sealed)[:2] != b"\x30\x82"
    assert RemoteKey.objects.count() == 2


def test_a_second_call_and_a_job_change_nothing() -> None:
    _plastic, remote = certified()
    assert services.certify_waiting(at=NOON) == remote_keys.Certified(0, 0)
    assert Certificate.objects.filter(card=remote).count() == 2
    acts = list(AuditLine.objects.order_by("sequence").values_list("act", flat=True))
    assert acts.count("card:issue-remote") == acts.count("certificates:sign") == 1


def test_what_stopped_after_the_keys_goes_on_with_the_same_keys() -> None:
    _plastic, remote = both()
    services.begin_personalisation([remote.id], by="system", at=NOON)
    remote.refresh_from_db()
    made = remote_keys._keys_of(remote, at=NOON)
    assert services.certify_waiting(at=NOON).issued == 1
    assert RemoteKey.objects.count() == 2
    certificate = Certificate.objects.get(card=remote, profile="SIGNING")
    recorded = x509.load_der_x509_certificate(bytes(certificate.certificate_der or b""))
    assert recorded.public_key() == made["SIGNING"].public_key()


def test_a_group_shares_its_transactions() -> None:
    remotes = [both()[1].id for _ in range(3)]
    assert services.certify_remote(remotes, by="system", at=NOON) == 3
    assert Certificate.objects.filter(card__carrier="remote", state="signed").count() == 6


def test_no_remote_card_becomes_active_before_remote_signing_comes() -> None:
    _plastic, remote = certified()
    with pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.filter(id=remote.id).update(state="active", activated_at=NOON)


def test_a_remote_card_takes_no_blank_and_no_pins() -> None:
    _plastic, remote = certified()
    assert remote.chip_serial == ""
    tanaka = cast.officer(cast.TANAKA)
    assert refused(lambda: services.take_pins(remote.id, by=tanaka, at=NOON)) == ("pins_printed",)


def test_the_card_is_made_later_and_each_has_its_own_certificates() -> None:
    plastic, remote = certified()
    services.personalise_card(plastic.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert Certificate.objects.filter(card=plastic).count() == 3
    services.revoke_card(plastic.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)
    assert not Certificate.objects.filter(card=remote, revoked_at__isnull=False).exists()


def test_the_keys_of_an_ended_remote_card_are_erased() -> None:
    _plastic, remote = certified()
    services.revoke_card(remote.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)
    assert services.certify_waiting(at=NOON).erased == 2
    assert [bytes(key.sealed) for key in RemoteKey.objects.all()] == [b"", b""]


def test_two_officers_begin_and_end_the_time_of_shortage() -> None:
    tanaka, inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)
    proposal = shortage.propose_shortage(UNTIL, by=tanaka, at=NOON)
    assert production_queries.shortage_at(NOON) is None
    assert refused(lambda: proposals.confirm(proposal.id, by=tanaka, at=NOON)) == ("own_proposal",)
    proposals.confirm(proposal.id, by=inoue, at=NOON)
    running = production_queries.shortage_at(NOON)
    assert running is not None
    assert running.until_on == UNTIL
    assert refused(lambda: shortage.propose_shortage(UNTIL, by=tanaka, at=NOON)) == ("shortage_runs",)
    proposals.confirm(shortage.propose_end(by=inoue, at=NOON).id, by=tanaka, at=NOON)
    assert production_queries.shortage_at(NOON + dt.timedelta(seconds=1)) is None
    assert AuditLine.objects.filter(act__in=["shortage:begin", "shortage:end"]).count() == 2


def test_a_time_of_shortage_ends_by_itself_and_is_not_begun_for_years() -> None:
    tanaka, inoue = cast.officer(cast.TANAKA), cast.officer(cast.INOUE)
    proposals.confirm(shortage.propose_shortage(UNTIL, by=tanaka, at=NOON).id, by=inoue, at=NOON)
    assert production_queries.shortage_at(dt.datetime(2027, 3, 31, 14, 59, tzinfo=dt.UTC)) is not None
    assert production_queries.shortage_at(dt.datetime(2027, 3, 31, 15, 1, tzinfo=dt.UTC)) is None
    late = dt.datetime(2027, 5, 1, tzinfo=dt.UTC)
    too_long = dt.date(2029, 1, 1)
    assert refused(lambda: shortage.propose_shortage(too_long, by=tanaka, at=late)) == ("until_unfit",)
