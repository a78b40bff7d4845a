"""Paths are found through whatever is at hand, and hostile heaps of certificates cost a bounded amount of work."""

import sys
import time
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.indication import Indication, SubIndication
from hpki.validation.judge import judge
from hpki.validation.policy import TrustAnchor, ValidationPolicy, WorkLimits
from hpki.validation.report import Report
from hpki.validation.revocation import RevocationDemand
from tests.hpki.validation.status_world import AT, CRL_SIGN, DAY, certificate, name, usage
from tests.pki import key

POLICY = ValidationPolicy("building", revocation=RevocationDemand(required=False), strict=False)


def authority(
    subject: str, key: str, issuer: str, issuer_key: str, *, serial: int = 1, ended: bool = False
) -> CertificateFacts:
    life = (AT - 100 * DAY, AT - DAY) if ended else (AT - 100 * DAY, AT + 100 * DAY)
    extensions = [(x509.BasicConstraints(ca=True, path_length=None), True), (usage(*CRL_SIGN), True)]
    return certificate(subject, key, issuer, issuer_key, serial=serial, extensions=extensions, life=life)


ROOT = authority("Root", "root", "Root", "root")
SUB = authority("CA", "ca", "Root", "root")
HOLDER = certificate("Hanako", "hanako", "CA", "ca")


def judged(
    *pool: CertificateFacts, target: CertificateFacts = HOLDER, policy: ValidationPolicy = POLICY
) -> Report:
    return judge(target, Evidence(pool), policy, [TrustAnchor(ROOT)], AT)


def test_the_order_of_what_is_at_hand_says_nothing() -> None:
    strangers = [authority(f"Stranger {n}", "stranger", "Root", "root") for n in range(3)]
    assert judged(SUB, *strangers).path == judged(*strangers, SUB).path == (ROOT, SUB, HOLDER)


def test_an_expired_namesake_does_not_stand_in_the_way() -> None:
    assert judged(authority("CA", "ca", "Root", "root", ended=True, serial=2), SUB).is_passed


def test_a_namesake_with_another_key_does_not_stand_in_the_way() -> None:
    assert judged(authority("CA", "mallory", "Root", "root", serial=2), SUB).is_passed


def test_an_authority_that_came_to_us_in_a_loop_is_refused() -> None:
    one, two = authority("One", "one", "Two", "two"), authority("Two", "two", "One", "one")
    report = judged(one, two, target=certificate("Hanako", "hanako", "One", "one"))

    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert report.indication is Indication.INDETERMINATE


def test_an_anchor_that_ended_is_replaced_by_its_cross_certificate() -> None:
    ended = authority("Root", "root", "Root", "root", ended=True)
    new_root = authority("New root", "new root", "New root", "new root")
    crossed = authority("Root", "root", "New root", "new root", serial=9)
    anchors = [TrustAnchor(ended), TrustAnchor(new_root)]

    assert not judge(HOLDER, Evidence((SUB,)), POLICY, anchors, AT).is_passed
    report = judge(HOLDER, Evidence((SUB, crossed)), POLICY, anchors, AT)
    assert report.path == (new_root, crossed, SUB, HOLDER)
    assert report.is_passed


def test_a_root_that_says_nothing_of_itself_is_an_anchor_where_the_policy_is_not_strict() -> None:
    plain = (
        x509.CertificateBuilder()
        .subject_name(name("Root"))
        .issuer_name(name("Root"))
        .public_key(key(KeyAlgorithm.P_256, "root").public_key())
        .serial_number(1)
        .not_valid_before(AT - DAY)
        .not_valid_after(AT + DAY)
        .sign(key(KeyAlgorithm.P_256, "root").builder_key(), hashes.SHA256())
    )
    anchors = [TrustAnchor(facts_of(plain))]

    assert judge(HOLDER, Evidence((SUB,)), POLICY, anchors, AT).is_passed
    assert not judge(HOLDER, Evidence((SUB,)), replace(POLICY, strict=True), anchors, AT).is_passed


def test_without_the_authority_between_no_path_is_found() -> None:
    report = judged()
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "CN=CA" in report.findings[0].sentence("en")


def test_hundreds_of_namesakes_end_in_too_much_work_and_soon() -> None:
    decoys = [authority("CA", f"decoy {n % 4}", "CA", f"decoy {n % 3}", serial=n + 10) for n in range(300)]
    begun = time.perf_counter()
    report = judged(*decoys)

    assert [finding.code for finding in report.findings] == ["too_much_work"]
    assert report.indication is Indication.INDETERMINATE
    assert time.perf_counter() - begun < 10


def test_a_path_may_be_as_long_as_the_limit_and_not_longer() -> None:
    chain = [authority("CA 1", "ca 1", "Root", "root")]
    chain += [authority(f"CA {n}", f"ca {n}", f"CA {n - 1}", f"ca {n - 1}") for n in range(2, 5)]
    target = certificate("Hanako", "hanako", "CA 4", "ca 4")

    assert judged(*chain, target=target, policy=replace(POLICY, limits=WorkLimits(intermediates=4))).is_passed
    short = replace(POLICY, limits=WorkLimits(intermediates=3))
    assert not judged(*chain, target=target, policy=short).is_passed


def test_what_is_remembered_changes_no_report() -> None:
    decoys = [authority("CA", f"decoy {n}", "Root", "root", serial=n + 10) for n in range(3)]
    limits = replace(POLICY, limits=WorkLimits(signatures=4))
    warm = [judged(*decoys, SUB, policy=limits).as_json() for _ in range(2)]
    for title, module in list(sys.modules.items()):
        if title.startswith("hpki.validation"):
            for value in vars(module).values():
                if hasattr(value, "cache_clear") and not isinstance(value, type):
                    value.cache_clear()

    assert warm[0] == warm[1] == judged(*decoys, SUB, policy=limits).as_json()


@pytest.mark.parametrize("signatures", [1, 2, 3])
def test_the_limit_of_signatures_is_kept(signatures: int) -> None:
    decoys = [authority("CA", f"decoy {n % 4}", "Root", "root", serial=n + 10) for n in range(8)]
    report = judged(*decoys, policy=replace(POLICY, limits=WorkLimits(signatures=signatures)))
    assert [finding.code for finding in report.findings] == ["too_much_work"]
