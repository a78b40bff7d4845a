"""An issuer is changed or ended, and its key used outside routine, by two officers only."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ReasonFlags
from django.core.management import CommandError, call_command

from hpki_server.authority import ports
from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.services import governing, publishing
from hpki_server.authority.services.governing import ListPolicy
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, Proposal
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
MORI = cast.Role(
    "mori",
    "森　葉子",
    "もり　ようこ",
    Account.Kind.STAFF,
    ((Duty.ISSUING, "centre"), (Duty.REVOKING, "centre")),
)


@pytest.fixture
def issuer() -> Issuer:
    return stage.hierarchy()["SIGNING_CA"]


def test_how_lists_are_made_is_changed_by_two(issuer: Issuer) -> None:
    tanaka = cast.officer(cast.TANAKA)
    policy = ListPolicy(shards=4, delta=True, keeps_expired=True)
    proposal = governing.propose_list_policy(issuer, policy, by=tanaka, at=NOON)
    issuer.refresh_from_db()
    assert issuer.crl_shards == 0
    proposals.confirm(proposal.id, by=cast.officer(MORI), at=NOON)
    issuer.refresh_from_db()
    assert (issuer.crl_shards, issuer.crl_delta, issuer.expired_on_crl_from) == (4, True, NOON)
    assert AuditLine.objects.filter(act="issuer:change-lists").count() == 1
    with pytest.raises(Denied, match="shards_unfit"):
        governing.propose_list_policy(issuer, ListPolicy(shards=5000), by=tanaka, at=NOON)


def test_an_issuer_is_revoked_by_two_and_its_roots_list_says_so(issuer: Issuer) -> None:
    ito = cast.officer(cast.ITO)
    proposal = governing.propose_issuer_revocation(issuer, ReasonFlags.key_compromise, by=ito, at=NOON)
    with pytest.raises(Denied, match="own_proposal"):
        proposals.confirm(proposal.id, by=ito, at=NOON)
    proposals.confirm(proposal.id, by=cast.officer(MORI), at=NOON)
    issuer.refresh_from_db()
    assert (issuer.revoked_at, issuer.state) == (NOON, "closed")
    root = issuer.parent
    assert root is not None
    wanted = [publishing.Target(IssuedCrl.Scope.SUBORDINATES)]
    [row] = publishing.publish(root, wanted, by="system", at=NOON + HOUR)
    serial = x509.load_der_x509_certificate(bytes(issuer.certificate_der)).serial_number
    assert [entry.serial_number for entry in x509.load_der_x509_crl(bytes(row.der))] == [serial]
    with pytest.raises(Denied, match="issuer_ended"):
        governing.propose_issuer_revocation(issuer, ReasonFlags.key_compromise, by=ito, at=NOON)
    with pytest.raises(Denied, match="reason_unfit"):
        governing.propose_issuer_revocation(root, ReasonFlags.certificate_hold, by=ito, at=NOON)


def test_a_roots_key_signs_outside_routine_when_two_officers_allowed_it(issuer: Issuer) -> None:
    root = issuer.parent
    assert root is not None
    unit = ports.unit_of(root)
    with pytest.raises(Denied, match="not_confirmed"):
        governing.publish_outside_routine(root, unit, by="custodians", at=NOON)
    proposal = governing.propose_key_use(root, "root-lists", by=cast.officer(cast.TANAKA), at=NOON)
    proposals.confirm(proposal.id, by=cast.officer(MORI), at=NOON)
    lists = governing.publish_outside_routine(root, unit, by="custodians", at=NOON + HOUR)
    assert [row.scope for row in lists] == ["roots", "subordinates"]
    assert AuditLine.objects.filter(act="key:use").count() == 1


def test_the_pages_propose_and_the_second_officer_carries_out(issuer: Issuer) -> None:
    tanaka, second = cast.signed_in(cast.TANAKA), cast.signed_in(MORI)
    assert issuer.slug in tanaka.get("/staff/issuers/").text
    page = f"/staff/issuers/{issuer.slug}/"
    assert "失効リストの作り方" in tanaka.get(page).text
    said = tanaka.post(f"{page}lists/", {"shards": "3", "delta": "on"}, follow=True).text
    assert "別の担当者が" in said
    assert "分割数が正しくありません" in tanaka.post(f"{page}lists/", {"shards": "x"}, follow=True).text
    tanaka.post(f"{page}key-use/")
    cast.signed_in(cast.ITO).post(f"{page}revoke/", {"compromised": "yes"})
    for proposal in Proposal.objects.order_by("proposed_at"):
        assert second.post(f"/staff/proposals/{proposal.pk}/confirm/").status_code == 302
    issuer.refresh_from_db()
    assert (issuer.crl_shards, issuer.crl_delta, issuer.revocation_reason) == (3, True, "keyCompromise")
    assert Proposal.objects.filter(act="key:use", state="confirmed").exists()
    assert tanaka.get("/staff/issuers/nobody/").status_code == 404


def test_custodians_make_the_roots_lists_only_when_it_was_allowed(issuer: Issuer, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.write_text("not a share")
    with pytest.raises(CommandError, match="not a share"):
        call_command("authority", "custodian-lists", "test-root", "--share", str(share))
    with pytest.raises(CommandError, match="no issuer nobody"):
        call_command("authority", "custodian-lists", "nobody", "--share", str(share))
    assert issuer.parent is not None
