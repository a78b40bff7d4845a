"""Foreign software judges full, sharded and delta lists as the server makes them."""

import datetime as dt
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hpki_server.authority import ports, queries, services
from hpki_server.authority.models import Card, Certificate, IssuedCrl
from hpki_server.authority.revocation import Case
from hpki_server.authority.services import publishing
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON
from tests.interop import pkilint_judge

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
# Every finding of pkilint that may stand, with the reason.
EXPLAINED: dict[str, str] = {}


@dataclass
class Lists:
    """What was published of the signing authority, and one certificate for each fate."""

    folder: Path
    base: IssuedCrl
    issued: list[IssuedCrl]
    good: Certificate
    revoked_before: Certificate
    revoked_since: Certificate

    def pem(self, name: str, *objects: x509.Certificate | x509.CertificateRevocationList) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in objects))
        return path

    def openssl(
        self, judged: Certificate, *lists: IssuedCrl, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        issuer, root = map(x509.load_der_x509_certificate, queries.chain_above(judged.id))
        leaf = x509.load_der_x509_certificate(bytes(judged.certificate_der or b""))
        at = str(int((NOON + 12 * HOUR).timestamp()))
        command = [
            "openssl",
            "verify",
            "-no-CApath",
            "-no-CAstore",
            "-attime",
            at,
            "-crl_check",
            "-extended_crl",
        ]
        files: list[str | Path] = [
            "-CAfile", self.pem("root.pem", root), "-untrusted", self.pem("issuer.pem", issuer),
            "-CRLfile", self.pem("crls.pem", *map(read, lists)), self.pem("leaf.pem", leaf),
        ]  # fmt: skip
        return subprocess.run([*command, *options, *files], capture_output=True, text=True, check=False)


def read(row: IssuedCrl) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(bytes(row.der))


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    issuer = stage.hierarchy()["SIGNING_CA"]
    issuer.crl_shards, issuer.crl_delta = 1, True
    issuer.expired_on_crl_from = NOON
    issuer.save()
    cards = [stage.begun_card() for _ in range(3)]
    services.issue_certificates([stage.issue_order(card) for card in cards], by="system", at=NOON)
    revoke(cards[0], NOON)
    [base, *_] = publishing.publish(issuer, publishing.targets(issuer), by="system", at=NOON + HOUR)
    revoke(cards[1], NOON + 2 * HOUR)
    issued = publishing.publish(issuer, publishing.targets(issuer), by="system", at=NOON + 3 * HOUR)
    signing = {row.card_id: row for row in Certificate.objects.filter(issuer=issuer)}
    before, since, good = (signing[card.id] for card in cards)
    yield Lists(tmp_path, base, issued, good, before, since)
    ports.forget_signers()


def revoke(card: Card, at: dt.datetime) -> None:
    services.revoke_card(card.id, case=Case.LOST, by=cast.officer(cast.ITO), at=at)


def test_pkilint_finds_nothing_unexplained(lists: Lists) -> None:
    assert [row.scope for row in lists.issued] == ["all", "all", "shard"]
    for row in (lists.base, *lists.issued):
        assert pkilint_judge.crl_findings(read(row)) - EXPLAINED.keys() == set()


def test_openssl_and_certtool_read_and_verify_every_list(lists: Lists) -> None:
    issuer, _ = map(x509.load_der_x509_certificate, queries.chain_above(lists.good.id))
    anchor = lists.pem("issuer.pem", issuer)
    for row in (lists.base, *lists.issued):
        path = lists.folder / "list.crl"
        path.write_bytes(bytes(row.der))
        ran = subprocess.run(
            ["openssl", "crl", "-inform", "DER", "-in", path, "-CAfile", anchor, "-noout", "-text"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0
        assert "verify OK" in ran.stderr
        assert ("Delta CRL Indicator: critical" in ran.stdout.replace("X509v3 ", "")) is (
            row.base_number is not None
        )
        told = subprocess.run(
            ["certtool", "--crl-info", "--inder", "--infile", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        assert f"Revoked certificates ({row.entries})" in told.stdout


def test_openssl_finds_a_certificate_in_its_shard(lists: Lists) -> None:
    *_, shard = lists.issued
    assert lists.openssl(lists.good, shard).returncode == 0
    for row in (lists.revoked_before, lists.revoked_since):
        assert "certificate revoked" in lists.openssl(row, shard).stderr


def test_openssl_adds_the_delta_to_its_base(lists: Lists) -> None:
    _, delta, _ = lists.issued
    deltas = ("-use_deltas",)
    # The certificate names its shard; a full list speaks of it as well.
    assert lists.openssl(lists.revoked_since, lists.base).returncode == 0
    assert (
        "certificate revoked" in lists.openssl(lists.revoked_since, lists.base, delta, options=deltas).stderr
    )
    assert (
        "certificate revoked" in lists.openssl(lists.revoked_before, lists.base, delta, options=deltas).stderr
    )
    assert lists.openssl(lists.good, lists.base, delta, options=deltas).returncode == 0
