"""Lists go out: every kind, numbers that only grow, entries that say what the records say."""

import datetime as dt
from collections.abc import Iterator

import pytest
from cryptography import x509

from hpki.errors import KeyUnavailable
from hpki.issuance.status import Revoked, status_of
from hpki_server.authority import crl_entries, ports, queries, services
from hpki_server.authority.models import Card, Certificate, IssuedCrl, Issuer, StatusChange
from hpki_server.authority.revocation import Case, next_crl_number
from hpki_server.authority.services import publishing
from hpki_server.authority.services.publishing import Scope, State, Target
from hpki_server.people.models import AuditLine
from tests import cast, pki
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
MINUTE = HOUR / 60
FULL = Target(Scope.ALL)


@pytest.fixture
def issuer() -> Issuer:
    return stage.hierarchy()["SIGNING_CA"]


def card_with_certificates(at: dt.datetime = NOON) -> Card:
    card = stage.begun_card(at=at)
    services.issue_certificates([stage.issue_order(card)], by=cast.officer(cast.TANAKA), at=at)
    return card


def revoke(card: Card, at: dt.datetime, case: Case = Case.LOST) -> None:
    services.revoke_card(card.id, case=case, by=cast.officer(cast.ITO), at=at)


def publish(issuer: Issuer, at: dt.datetime, target: Target = FULL) -> x509.CertificateRevocationList:
    return read(publishing.publish(issuer, [target], by="system", at=at)[0])


def read(row: IssuedCrl) -> x509.CertificateRevocationList:
    crl = x509.load_der_x509_crl(bytes(row.der))
    assert crl.is_signature_valid(ports.unit_of(row.issuer).signer.public_key())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == row.number
    return crl


def said(crl: x509.CertificateRevocationList) -> dict[str, tuple[dt.datetime, str]]:
    return {f"{entry.serial_number:040x}": (entry.revocation_date_utc, _reason(entry)) for entry in crl}


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return ""


def recorded(issuer: Issuer, at: dt.datetime) -> dict[str, tuple[dt.datetime, str]]:
    """What status_of says of every certificate of an issuer that is not good."""
    found = {}
    for row in Certificate.objects.filter(issuer=issuer):
        status = status_of(queries.certificate_facts(issuer.id, int(row.serial_hex, 16)), at)
        if isinstance(status, Revoked):
            reason = "" if status.reason is None else status.reason.value
            found[row.serial_hex] = (status.revoked_at.replace(microsecond=0), reason)
    return found


def test_a_new_list_comes_every_day_and_is_valid_for_96_hours(issuer: Issuer) -> None:
    first = services.publish_due(at=NOON + DAY)
    # The three sub-CAs and both lists of the root, whose key the test holds open.
    assert (len(first.lists), first.obstacles) == (5, ())
    assert services.publish_due(at=NOON + DAY + 22 * HOUR).lists == ()
    assert len(services.publish_due(at=NOON + DAY + 23 * HOUR).lists) == 5
    row = publishing.latest(issuer, FULL)
    assert row is not None
    crl = read(row)
    assert crl.next_update_utc == crl.last_update_utc + dt.timedelta(hours=96)
    assert [entry.oid.dotted_string for entry in crl.extensions] == ["2.5.29.35", "2.5.29.20"]
    line = AuditLine.objects.filter(act="crl:issue").last()
    assert line is not None
    assert line.facts()["sha256"] == IssuedCrl.objects.latest("id").sha256


def test_a_root_has_two_lists_on_one_counter_and_they_name_its_authorities(issuer: Issuer) -> None:
    root = issuer.parent
    assert root is not None
    Issuer.objects.filter(id=issuer.id).update(revoked_at=NOON, revocation_reason="cessationOfOperation")
    lists = publishing.publish(root, publishing.targets(root), by="system", at=NOON + HOUR)
    assert [row.scope for row in lists] == ["roots", "subordinates"]
    assert lists[1].number == lists[0].number + 1
    serial = x509.load_der_x509_certificate(bytes(issuer.certificate_der)).serial_number
    assert said(read(lists[0])) == {}
    assert said(read(lists[1])) == {f"{serial:040x}": (NOON, "cessationOfOperation")}


def test_lists_say_what_the_records_say_whether_taken_over_or_read_afresh(issuer: Issuer) -> None:
    cards = [card_with_certificates() for _ in range(5)]
    revoke(cards[0], NOON + HOUR)
    at = NOON + 2 * HOUR
    assert said(publish(issuer, at)) == recorded(issuer, at)
    revoke(cards[1], NOON + 3 * HOUR, Case.DIED)
    services.hold_card(cards[2].id, by=cast.officer(cast.ITO), at=NOON + 3 * HOUR)
    services.hold_card(cards[3].id, by=cast.officer(cast.ITO), at=NOON + 3 * HOUR)
    at = NOON + 4 * HOUR
    second = publish(issuer, at)
    assert said(second) == recorded(issuer, at)
    assert len(second) == 4
    services.release_card(cards[3].id, by=cast.officer(cast.ITO), at=NOON + 5 * HOUR)
    revoke(cards[2], NOON + 5 * HOUR)
    at = NOON + 6 * HOUR
    assert said(publish(issuer, at)) == recorded(issuer, at)
    assert len(recorded(issuer, at)) == 3
    afresh = crl_entries.complete(issuer, None, None, at=at)
    taken_over = crl_entries.complete(issuer, None, publishing.latest(issuer, FULL), at=at)
    assert (afresh.count, len(afresh.settled.der)) == (taken_over.count, len(taken_over.settled.der))


def test_a_list_whose_signature_does_not_hold_is_not_taken_over(issuer: Issuer) -> None:
    revoke(card_with_certificates(), NOON)
    publish(issuer, NOON + HOUR)
    row = publishing.latest(issuer, FULL)
    assert row is not None
    tampered = bytearray(row.der)
    tampered[tampered.index(bytes.fromhex(next(iter(recorded(issuer, NOON))))) + 5] ^= 1
    IssuedCrl.objects.filter(id=row.id).update(der=bytes(tampered))
    assert said(publish(issuer, NOON + 2 * HOUR)) == recorded(issuer, NOON)


def test_a_shard_speaks_of_its_certificates_and_names_their_address(issuer: Issuer) -> None:
    Issuer.objects.filter(id=issuer.id).update(crl_shards=4)
    issuer.refresh_from_db()
    cards = [card_with_certificates() for _ in range(6)]
    for card in cards:
        revoke(card, NOON)
    rows = Certificate.objects.filter(issuer=issuer)
    assert {row.crl_shard for row in rows} <= {1, 2, 3, 4}
    lists = publishing.publish(issuer, publishing.targets(issuer), by="system", at=NOON + HOUR)
    assert [(row.scope, row.shard) for row in lists] == [("all", 0), *(("shard", n) for n in (1, 2, 3, 4))]
    assert said(read(lists[0])) == recorded(issuer, NOON + HOUR)
    for row in rows:
        crl = read(lists[row.crl_shard])
        assert row.serial_hex in said(crl)
        named = x509.load_der_x509_certificate(bytes(row.certificate_der or b"")).extensions
        points = named.get_extension_for_class(x509.CRLDistributionPoints).value
        idp = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
        assert idp.critical
        assert list(points[0].full_name or ()) == list(idp.value.full_name or ())
    assert sum(len(read(row)) for row in lists[1:]) == 6


def test_a_delta_tells_what_changed_since_the_oldest_list_in_use(issuer: Issuer) -> None:
    Issuer.objects.filter(id=issuer.id).update(crl_delta=True)
    issuer.refresh_from_db()
    ito = cast.officer(cast.ITO)
    cards = [card_with_certificates() for _ in range(4)]
    revoke(cards[0], NOON)
    services.hold_card(cards[1].id, by=ito, at=NOON)
    [base] = publishing.publish(issuer, [FULL], by="system", at=NOON + HOUR)
    revoke(cards[2], NOON + 2 * HOUR)
    services.hold_card(cards[3].id, by=ito, at=NOON + 2 * HOUR)
    services.release_card(cards[1].id, by=ito, at=NOON + 2 * HOUR)
    complete, delta = publishing.publish(issuer, [FULL], by="system", at=NOON + 3 * HOUR)
    assert complete.number == delta.number > base.number == delta.base_number
    crl = read(delta)
    indicator = crl.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert (indicator.critical, indicator.value.crl_number) == (True, base.number)
    fresher = read(complete).extensions.get_extension_for_class(x509.FreshestCRL).value
    assert [name.value for name in fresher[0].full_name or ()] == [
        issuer.crl_url.replace(".crl", "-delta.crl")
    ]
    # Base and delta together say what the complete list says.
    together = said(read(base)) | said(crl)
    together = {serial: what for serial, what in together.items() if what[1] != "removeFromCRL"}
    assert together == said(read(complete)) == recorded(issuer, NOON + 3 * HOUR)
    assert len(crl) == 3


def test_an_expired_certificate_leaves_after_one_more_list_unless_the_issuer_keeps_it(issuer: Issuer) -> None:
    card = card_with_certificates()
    revoke(card, NOON)
    publish(issuer, NOON + HOUR)
    ended = NOON + 2 * HOUR
    Certificate.objects.filter(card=card).update(not_after=ended)
    assert len(publish(issuer, ended + 2 * DAY)) == 1
    Issuer.objects.filter(id=issuer.id).update(expired_on_crl_from=NOON)
    issuer.refresh_from_db()
    kept = publish(issuer, ended + 4 * DAY)
    assert len(kept) == 1
    assert "2.5.29.60" in [entry.oid.dotted_string for entry in kept.extensions]
    Issuer.objects.filter(id=issuer.id).update(expired_on_crl_from=None)
    issuer.refresh_from_db()
    assert len(publish(issuer, ended + 6 * DAY)) == 0
    # The archive still knows.
    assert [
        len(read(row)) for row in IssuedCrl.objects.filter(issuer=issuer, number__gt=1).order_by("number")
    ] == [
        1,
        1,
        1,
        0,
    ]


def test_numbers_only_grow_over_lost_lists_clocks_and_backups(issuer: Issuer) -> None:
    numbers = [publishing.reserve(issuer, FULL, at=NOON)[0].number]
    for at in (NOON, NOON + DAY, NOON - DAY, NOON - 400 * DAY, NOON + DAY):
        publish(issuer, max(at, pki.CEREMONY_DAY))
        row = publishing.latest(issuer, FULL)
        assert row is not None
        numbers.append(row.number)
    assert numbers == sorted(set(numbers))
    # A backup of long ago has forgotten all of them.
    Issuer.objects.filter(id=issuer.id).update(crl_number=1)
    assert publishing.reserve(issuer, FULL, at=NOON + 2 * DAY)[0].number > numbers[-1]
    assert next_crl_number(1 << 62, at=NOON) == (1 << 62) + 1


def test_a_clock_set_back_makes_no_revoked_certificate_good_and_is_followed_by_a_new_list(
    issuer: Issuer,
) -> None:
    card = card_with_certificates()
    publish(issuer, NOON + 10 * DAY)
    revoke(card, NOON + 10 * DAY)
    # The clock was ten days ahead, and is right now.
    published = services.publish_due(at=NOON + HOUR)
    assert "test-signing-ca" in {row.issuer.slug for row in published.lists}
    row = publishing.latest(issuer, FULL)
    assert row is not None
    assert said(read(row)) == recorded(issuer, NOON + HOUR)
    assert {moment for moment, _ in said(read(row)).values()} == {NOON + HOUR}
    # When the moment has come, it is told as it was recorded.
    assert {moment for moment, _ in said(publish(issuer, NOON + 11 * DAY)).values()} == {NOON + 10 * DAY}


def test_a_number_whose_list_was_never_made_is_given_up_and_stays_taken(issuer: Issuer) -> None:
    [row] = publishing.reserve(issuer, FULL, at=NOON)
    assert publishing.abandon_reservations(at=NOON + HOUR / 2) == 0
    assert publishing.abandon_reservations(at=NOON + 2 * HOUR) == 1
    row.refresh_from_db()
    assert row.state == State.ABANDONED
    # Its process was only slow: it comes too late.
    unit = ports.unit_of(issuer)
    made = publishing.sign_list(row, issuer, unit, at=NOON)
    assert publishing.record([(row, made)], by="system", at=NOON + 2 * HOUR) == []
    assert AuditLine.objects.filter(act="crl:abandon").count() == 1


def test_a_loss_is_on_the_lists_at_once_and_a_missing_key_is_told(issuer: Issuer) -> None:
    card = card_with_certificates()
    changed = services.revoke_card(card.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)
    published = services.publish_now(sorted(changed.issuers), by=cast.officer(cast.ITO), at=NOON)
    assert len(published.lists) == 3
    assert sorted(serial for row in published.lists for serial in said(read(row))) == sorted(changed.serials)
    ports.forget_signers()
    Issuer.objects.update(key_store={"kind": "software", "path": "nowhere"})
    assert len(services.publish_now(sorted(changed.issuers), by="system", at=NOON).obstacles) == 3
    issuer.refresh_from_db()
    with pytest.raises(KeyUnavailable):
        publish(issuer, NOON)


def test_a_loss_whose_lists_never_went_out_is_on_those_of_the_next_round(issuer: Issuer) -> None:
    card = card_with_certificates()
    services.publish_due(at=NOON)
    changed = services.revoke_card(card.id, case=Case.LOST, by=cast.officer(cast.ITO), at=NOON)
    # Whoever revoked ended here; and then the key was away for a minute.
    stores = [(row, row.key_store, ports.unit_of(row).signer) for row in Issuer.objects.all()]
    ports.forget_signers()
    Issuer.objects.update(key_store={"kind": "software", "path": "nowhere"})
    assert len(services.publish_due(at=NOON + MINUTE).obstacles) == 3
    for row, key_store, signer in stores:
        Issuer.objects.filter(id=row.id).update(key_store=key_store)
        ports.adopt(row, signer)
    published = services.publish_due(at=NOON + 2 * MINUTE)
    assert published.obstacles == ()
    assert sorted(serial for row in published.lists for serial in said(read(row))) == sorted(changed.serials)
    assert services.publish_due(at=NOON + 3 * MINUTE).lists == ()


def test_of_the_shards_only_the_one_that_is_silent_about_a_loss_is_due(issuer: Issuer) -> None:
    Issuer.objects.filter(id=issuer.id).update(crl_shards=3)
    card = card_with_certificates()
    services.publish_due(at=NOON)
    revoke(card, NOON)
    shard = Certificate.objects.get(card=card, issuer=issuer).crl_shard
    rows = [row for row in services.publish_due(at=NOON + MINUTE).lists if row.issuer_id == issuer.id]
    assert [(row.scope, row.shard) for row in rows] == [("all", 0), ("shard", shard)]
    assert len(said(read(rows[1]))) == 1
    assert services.publish_due(at=NOON + 2 * MINUTE).lists == ()


def test_a_hold_is_on_the_lists_of_the_next_round_and_what_is_not_urgent_on_the_daily_ones(
    issuer: Issuer,
) -> None:
    died, held = card_with_certificates(), card_with_certificates()
    services.publish_due(at=NOON)
    revoke(died, NOON, Case.DIED)
    assert services.publish_due(at=NOON + MINUTE).lists == ()
    services.hold_card(held.id, by=cast.officer(cast.ITO), at=NOON + MINUTE)
    assert len(services.publish_due(at=NOON + 2 * MINUTE).lists) == 3
    row = publishing.latest(issuer, FULL)
    assert row is not None
    assert len(said(read(row))) == 2
    services.release_card(held.id, by=cast.officer(cast.ITO), at=NOON + 2 * MINUTE)
    assert services.publish_due(at=NOON + 3 * MINUTE).lists == ()
    assert len(services.publish_due(at=NOON + DAY).lists) == 5


@pytest.fixture(autouse=True)
def signers_are_forgotten() -> Iterator[None]:
    yield
    ports.forget_signers()


def test_following_the_changes_misses_nothing(issuer: Issuer) -> None:
    revoke(card_with_certificates(), NOON)
    assert queries.latest_change(issuer.id) == StatusChange.objects.filter(issuer=issuer).latest("id").id
