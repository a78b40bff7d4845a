"""The status service inside one process: the desk, the shelf, the watch between them."""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.db import OperationalError

from hpki.errors import MalformedInput
from hpki.issuance.ocsp import OcspFailure
from hpki.issuance.ocsp_request import CertIdHash
from hpki.issuance.ocsp_responder import IssuerIdentity
from hpki.issuance.status import Good, Revoked, status_of
from hpki_server.authority import queries, services
from hpki_server.authority.models import Card, Certificate, Issuer, OcspResponder, StatusChange
from hpki_server.authority.ocsp import ahead, records
from hpki_server.authority.ocsp.ready import LAST_SECONDS
from hpki_server.authority.ocsp.service import StatusService, status_service
from hpki_server.authority.ocsp.shelf import AnswerShelf, ShelfWriter, ShelvedAnswer
from hpki_server.authority.ocsp.signing import DEMAND_LIFE, REFRESH_AFTER, SHELF_LIFE
from hpki_server.authority.ocsp.watch import StatusWatch
from hpki_server.authority.revocation import Case
from hpki_server.authority.services import publishing
from hpki_server.authority.services.responders import renew_responders
from hpki_server.people.denial import Denied
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.asking import lose, read, request_der, signing
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


# --- the desk ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", CertIdHash)
def test_the_desk_answers_with_the_hash_it_was_asked_by(
    card: Card, serving: StatusService, digest: CertIdHash
) -> None:
    answer = read(serving.desk.answer(request_der(signing(card), digest), at=NOON + HOUR))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.hash_algorithm.name == digest
    assert answer.produced_at_utc == answer.this_update_utc == NOON + HOUR
    assert answer.next_update_utc == NOON + HOUR + DEMAND_LIFE


def test_revoked_held_released_and_unknown_are_told_apart(card: Card, serving: StatusService) -> None:
    certificate, desk = signing(card), serving.desk
    ito = cast.officer(cast.ITO)
    services.hold_card(card.id, by=ito, at=NOON + HOUR)
    held = read(desk.answer(request_der(certificate), at=NOON + 2 * HOUR))
    assert held.revocation_reason is x509.ReasonFlags.certificate_hold
    services.release_card(card.id, by=ito, at=NOON + 3 * HOUR)
    released = read(desk.answer(request_der(certificate), at=NOON + 4 * HOUR))
    assert released.certificate_status is ocsp.OCSPCertStatus.GOOD
    lose(card, at=NOON + 5 * HOUR)
    lost = read(desk.answer(request_der(certificate), at=NOON + 6 * HOUR))
    assert (lost.revocation_time_utc, lost.revocation_reason) == (
        NOON + 5 * HOUR,
        x509.ReasonFlags.key_compromise,
    )
    strange = read(desk.answer(request_der(certificate, serial=1 << 158 | 9), at=NOON + HOUR))
    assert strange.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_responder_tells_its_own_status_too(card: Card, serving: StatusService) -> None:
    responder = OcspResponder.objects.get(issuer=signing(card).issuer)
    asked = request_der(signing(card), serial=int(responder.serial_hex, 16))
    assert read(serving.desk.answer(asked, at=NOON + HOUR)).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_the_moment_of_a_revocation_is_told_in_whole_seconds(card: Card, serving: StatusService) -> None:
    lose(card, at=NOON + dt.timedelta(seconds=5, microseconds=700_000))
    answer = read(serving.desk.answer(request_der(signing(card)), at=NOON + HOUR))
    assert answer.revocation_time_utc == NOON + dt.timedelta(seconds=5)


def test_without_a_responder_the_desk_asks_to_come_later(var: Path) -> None:
    stage.hierarchy()
    begun = stage.begun_card()
    services.issue_certificates([stage.issue_order(begun)], by=cast.officer(cast.TANAKA), at=NOON)
    made = status_service(ahead.shelf_path())
    assert made.desk.answer(request_der(signing(begun)), at=NOON).body == OcspFailure.TRY_LATER.der
    assert set(ahead.sign_ahead(at=NOON).silent) == set(Issuer.objects.values_list("slug", flat=True))


def test_an_issuer_of_somebody_else_is_nobody_here(serving: StatusService) -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(b"n" * 32, b"k" * 32, 5, hashes.SHA256())
    asked = builder.build().public_bytes(Encoding.DER)
    assert serving.desk.answer(asked, at=NOON).body == OcspFailure.UNAUTHORIZED.der


def test_one_card_under_three_issuers_needs_three_requests(card: Card, serving: StatusService) -> None:
    """A responder answers for its own issuer only, so a list with CertIDs of two is refused."""
    identities = [
        service_identity(issuer) for issuer in Issuer.objects.filter(certificates__card=card).order_by("slug")
    ]
    from hpki.certs import der

    def listed(*cert_ids: bytes) -> bytes:
        singles = [der.tlv(der.SEQUENCE, cert_id) for cert_id in cert_ids]
        return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, *singles)))

    mixed = listed(*[identity.cert_id(CertIdHash.SHA1, 5).der for identity in identities])
    assert serving.desk.answer(mixed, at=NOON).body == OcspFailure.UNAUTHORIZED.der
    same = listed(*[identities[0].cert_id(CertIdHash.SHA1, serial).der for serial in (5, 6, 7)])
    assert len(list(read(serving.desk.answer(same, at=NOON)).responses)) == 3


def service_identity(issuer: Issuer) -> IssuerIdentity:
    return IssuerIdentity(x509.load_der_x509_certificate(bytes(issuer.certificate_der)))


# --- the shelf --------------------------------------------------------------------------------------------------


def test_answers_lie_ready_for_both_hashes_and_are_given_octet_for_octet(
    card: Card, serving: StatusService
) -> None:
    for digest in CertIdHash:
        asked = request_der(signing(card), digest)
        first = serving.ready.find(asked, NOON.timestamp() + 60)
        assert read(first).certificate_status is ocsp.OCSPCertStatus.GOOD
        assert first == serving.ready.find(asked, NOON.timestamp() + 120)
        assert read(first).next_update_utc == NOON + SHELF_LIFE


def test_a_nonce_has_no_answer_on_the_shelf_unless_too_many_wait(card: Card, serving: StatusService) -> None:
    asked, at = request_der(signing(card), nonce=b"n" * 32), NOON.timestamp() + 60
    assert serving.ready.find(asked, at) is None
    assert not list(read(serving.ready.find(asked, at, without_nonce=True)).extensions)
    assert serving.ready.find(asked, at) is None


def test_a_revocation_takes_the_ready_answer_away_at_the_next_look(
    card: Card, serving: StatusService
) -> None:
    asked, at = request_der(signing(card)), (NOON + HOUR).timestamp() + 60
    assert read(serving.ready.find(asked, at)).certificate_status is ocsp.OCSPCertStatus.GOOD
    lose(card)
    serving.watch.look()
    assert serving.ready.find(asked, at) is None
    demanded = serving.desk.answer(asked, at=NOON + HOUR + dt.timedelta(minutes=1))
    assert read(demanded).certificate_status is ocsp.OCSPCertStatus.REVOKED
    # From now on nobody has to sign it again.
    assert serving.ready.find(asked, at) == demanded


def test_a_process_that_starts_after_a_revocation_knows_it_from_the_first_request(
    card: Card, serving: StatusService
) -> None:
    lose(card)
    late = status_service(ahead.shelf_path())
    late.watch.look_if_due()
    assert late.ready.find(request_der(signing(card)), (NOON + HOUR).timestamp()) is None


def test_before_the_first_look_nothing_is_trusted(card: Card, serving: StatusService) -> None:
    blind = status_service(ahead.shelf_path())
    assert blind.ready.find(request_der(signing(card)), NOON.timestamp() + 60) is None


def test_only_what_aged_or_changed_is_signed_again(card: Card, serving: StatusService) -> None:
    again = ahead.sign_ahead(at=NOON + HOUR)
    assert (again.signed, again.good) == (0, 6)
    services.revoke_certificate(
        signing(card).id, case=Case.WRONG_CONTENT, by=cast.officer(cast.ITO), at=NOON + HOUR
    )
    changed = ahead.sign_ahead(at=NOON + 2 * HOUR)
    assert (changed.signed, changed.good) == (2, 4)
    aged = ahead.sign_ahead(at=NOON + REFRESH_AFTER + HOUR)
    assert (aged.signed, aged.good) == (4, 2)


def test_an_answer_in_its_last_minutes_is_not_given(card: Card, serving: StatusService) -> None:
    asked, ends = request_der(signing(card)), (NOON + SHELF_LIFE).timestamp()
    assert serving.ready.find(asked, ends - LAST_SECONDS - 1) is not None
    assert serving.ready.find(asked, ends - LAST_SECONDS) is None


def test_what_only_waits_for_its_signature_has_no_answer_ahead(card: Card, serving: StatusService) -> None:
    """It will be good without a change of status: an answer from before would go on to say unknown."""
    Certificate.objects.filter(id=signing(card).id).update(
        state=Certificate.State.INTENDED, certificate_der=None, signed_at=None
    )
    assert len(records.living_after(signing(card).issuer_id, "", at=NOON, limit=10)) == 0


def test_after_a_restore_from_an_older_copy_the_shelf_proves_nothing(
    card: Card, serving: StatusService
) -> None:
    lose(card)
    ahead.sign_ahead(at=NOON + 2 * HOUR)
    serving.watch.look()
    asked, at = request_der(signing(card)), (NOON + 3 * HOUR).timestamp()
    assert read(serving.ready.find(asked, at)).certificate_status is ocsp.OCSPCertStatus.REVOKED
    StatusChange.objects.all().delete()
    Certificate.objects.update(revoked_at=None, revocation_reason="")
    serving.watch.look()
    assert serving.ready.find(asked, at) is None
    assert ahead.sign_ahead(at=NOON + 3 * HOUR).signed == 6
    serving.watch.look()
    assert read(serving.ready.find(asked, at)).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_when_the_records_rest_the_shelf_goes_on_and_one_line_tells(
    card: Card, serving: StatusService, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable() -> int:
        raise OperationalError("the database rests")

    shelf = AnswerShelf(ahead.shelf_path())
    watch = StatusWatch(shelf, records.changes_after, records.latest_change)
    watch.look()
    resting = StatusWatch(shelf, records.changes_after, unreachable)
    resting.look()
    assert not resting.is_current("", "", 0)
    watch._latest = unreachable
    caplog.clear()
    for _ in range(3):
        watch.look()
    assert watch.is_current("", "", 0)
    # It looks twice a second; a night without a database must not fill the disk.
    watch._latest = records.latest_change
    for _ in range(3):
        watch.look()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_damaged_shelf_costs_time_and_nothing_else(card: Card, serving: StatusService) -> None:
    path = ahead.shelf_path()
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if name.exists():
            name.write_bytes(b"no database" * 1000)
    broken = status_service(path)
    broken.watch.look()
    asked = request_der(signing(card))
    assert broken.ready.find(asked, NOON.timestamp()) is None
    assert read(broken.desk.answer(asked, at=NOON)).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_a_batch_that_fails_leaves_the_shelf_as_it_was(tmp_path: Path) -> None:
    writer = ShelfWriter(tmp_path / "shelf.sqlite3")
    good = ShelvedAnswer("i", "s", 1, 2, 3, b"r")
    writer.put([(b"a", good)])

    def failing() -> Iterator[tuple[bytes, ShelvedAnswer]]:
        yield b"b", good
        raise MalformedInput("answer", "it cannot be made")

    with pytest.raises(MalformedInput):
        writer.put(failing())
    assert set(writer.made_at([b"a", b"b"])) == {b"a"}
    assert writer.drop_aged(2) == 1
    writer.close()


@pytest.mark.parametrize("seed", range(3))
def test_ocsp_the_lists_and_the_records_agree_on_every_serial(var: Path, seed: int) -> None:
    """Whatever officers do in whatever order: one rule, three mouths."""
    chance = random.Random(seed)  # noqa: S311 - a plan of acts, no secret
    stage.hierarchy()
    cards = [stage.begun_card() for _ in range(6)]
    services.issue_certificates(
        [stage.issue_order(card) for card in cards], by=cast.officer(cast.TANAKA), at=NOON
    )
    renew_responders(at=NOON)
    ahead.sign_ahead(at=NOON)
    made, at, ito = status_service(ahead.shelf_path()), NOON, cast.officer(cast.ITO)
    acts = [
        lambda card: services.revoke_card(card.id, case=chance.choice(list(Case)), by=ito, at=at),
        lambda card: services.hold_card(card.id, by=ito, at=at),
        lambda card: services.release_card(card.id, by=ito, at=at),
    ]
    for _ in range(14):
        at += dt.timedelta(minutes=chance.randint(1, 30))
        with suppress(Denied):
            chance.choice(acts)(chance.choice(cards))
        if chance.random() < 0.2:
            ahead.sign_ahead(at=at)
    at += HOUR
    made.watch.look()
    listed = {issuer.id: revoked_on_list(issuer, at) for issuer in Issuer.objects.exclude(issues="")}
    for certificate in Certificate.objects.select_related("issuer"):
        serial = int(certificate.serial_hex, 16)
        told = status_of(queries.certificate_facts(certificate.issuer_id, serial), at)
        expected = (told.revoked_at, told.reason) if isinstance(told, Revoked) else None
        assert isinstance(told, Good | Revoked)
        assert listed[certificate.issuer_id].get(serial) == expected
        asked = request_der(certificate)
        ready = made.ready.find(asked, at.timestamp())
        for answer in [read(ready)] if ready else [read(made.desk.answer(asked, at=at))]:
            shown = (answer.revocation_time_utc, answer.revocation_reason)
            assert shown == (expected or (None, None))


def revoked_on_list(
    issuer: Issuer, at: dt.datetime
) -> dict[int, tuple[dt.datetime, x509.ReasonFlags | None]]:
    [row] = publishing.publish(issuer, publishing.targets(issuer), by="system", at=at)
    entries = x509.load_der_x509_crl(bytes(row.der))
    return {
        entry.serial_number: (
            entry.revocation_date_utc,
            entry.extensions.get_extension_for_class(x509.CRLReason).value.reason,
        )
        if len(entry.extensions)
        else (entry.revocation_date_utc, None)
        for entry in entries
    }
