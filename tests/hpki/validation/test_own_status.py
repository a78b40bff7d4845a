"""What our own authority says of its certificates, as our own judge understands it: one rule, two mouths, one ear."""

import datetime as dt
from dataclasses import replace
from functools import cache

import pytest
from cryptography import x509

from hpki.issuance import profiles
from hpki.issuance.crl import prepare_crl, sign_crl
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope, RevokedEntry, delta_url, shard_url
from hpki.issuance.ocsp import prepare_answer, sign_answer
from hpki.issuance.ocsp_content import AnswerContent, SingleStatus
from hpki.issuance.ocsp_request import CertIdHash
from hpki.issuance.ocsp_responder import Responder
from hpki.issuance.status import Good, Revoked, Status, Unknown
from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.judge import judge
from hpki.validation.ocsp_answer import read_ocsp_answer
from hpki.validation.policies import SHIPPED
from hpki.validation.policy import TrustAnchor
from hpki.validation.report import Report
from hpki.validation.revocation_list import RevocationList, read_revocation_list
from tests import pki

LISTED_AT = pki.CEREMONY_DAY + dt.timedelta(hours=1)
AT = pki.CEREMONY_DAY + dt.timedelta(hours=2)
HOUR = dt.timedelta(hours=1)
HOLD, LOST, REMOVED = (
    x509.ReasonFlags.certificate_hold,
    x509.ReasonFlags.key_compromise,
    x509.ReasonFlags.remove_from_crl,
)


@cache
def world() -> tuple[pki.Hierarchy, CertificateFacts]:
    made = pki.hierarchy()
    holder = pki.key(KeyAlgorithm.P_256, "holder").public_key()
    return made, facts_of(made.issue(profiles.SIGNING, holder))


def authority() -> pki.Authority:
    return world()[0].authorities["SIGNING_CA"]


def entry(reason: x509.ReasonFlags | None = LOST) -> RevokedEntry:
    return RevokedEntry(world()[1].serial_number, LISTED_AT - HOUR / 4, reason)


BASE = CrlRequest(ListScope.ALL, 10, LISTED_AT, LISTED_AT + CRL_LIFE)


def listed(request: CrlRequest) -> RevocationList:
    issuer, signer = authority().issuer, authority().signer
    signed = sign_crl(prepare_crl(request, issuer, signer_algorithm=signer.algorithm), signer)
    return read_revocation_list(signed.public_bytes(pki.DER))


def judged(
    *requests: CrlRequest, answer: bytes | None = None, hanako: CertificateFacts | None = None
) -> Report:
    made, own = world()
    root_list = read_revocation_list(made.root.revocation_list(at=LISTED_AT).public_bytes(pki.DER))
    evidence = Evidence(
        (facts_of(authority().issuer.certificate),),
        (root_list, *(listed(request) for request in requests)),
        () if answer is None else (read_ocsp_answer(answer),),
    )
    anchor = TrustAnchor(facts_of(made.root.issuer.certificate))
    return judge(hanako or own, evidence, SHIPPED["hpki-signing-test"], (anchor,), AT)


def test_full_lists() -> None:
    assert judged(BASE).is_passed
    assert judged(replace(BASE, entries=(entry(),))).sub_indication == "REVOKED"
    assert judged(replace(BASE, entries=(entry(HOLD),))).sub_indication == "TRY_LATER"
    assert judged().sub_indication == "TRY_LATER"


def test_delta_lists() -> None:
    base = replace(BASE, freshest_url=delta_url(authority().issuer.crl_url))
    delta = replace(BASE, number=12, base_number=10, this_update=LISTED_AT + HOUR / 2)

    assert judged(base, delta).is_passed
    assert judged(base, replace(delta, entries=(entry(),))).sub_indication == "REVOKED"
    off = replace(delta, entries=(entry(REMOVED),))
    assert judged(replace(base, entries=(entry(HOLD),)), off).is_passed
    assert judged(off).sub_indication == "TRY_LATER", "a delta alone says nothing"


def test_shards() -> None:
    own, other = (shard_url(authority().issuer.crl_url, shard) for shard in (0, 3))
    shard = replace(BASE, scope=ListScope.SHARD, shard_url=own)

    assert judged(shard).is_passed
    assert judged(replace(shard, entries=(entry(),))).sub_indication == "REVOKED"
    elsewhere = judged(replace(shard, shard_url=other))
    assert elsewhere.sub_indication == "TRY_LATER"
    assert "not about this certificate" in elsewhere.findings[0].sentence("en")


@cache
def responder() -> Responder:
    public_key = pki.key(KeyAlgorithm.P_256, "responder").public_key()
    issuer = authority().issuer
    request = pki.request_for(profiles.OCSP_RESPONDER, public_key, issuer)
    return Responder(authority().issue(request, pki.CEREMONY_DAY), issuer)


def answer(status: Status, *, extended_revoke: bool = False, digest: CertIdHash = CertIdHash.SHA256) -> bytes:
    cert_id = responder().identity.cert_id(digest, world()[1].serial_number)
    content = AnswerContent(
        (SingleStatus(cert_id, status),), LISTED_AT, LISTED_AT + 24 * HOUR, extended_revoke=extended_revoke
    )
    return sign_answer(prepare_answer(content, responder()), pki.key(KeyAlgorithm.P_256, "responder"))


@pytest.mark.parametrize("digest", CertIdHash)
def test_answers(digest: CertIdHash) -> None:
    assert judged(answer=answer(Good(), digest=digest)).is_passed
    lost = answer(Revoked(LISTED_AT - HOUR / 4, LOST), digest=digest)
    assert judged(answer=lost).sub_indication == "REVOKED"
    assert judged(BASE, answer=lost).sub_indication == "REVOKED", "the answer knows more than the list"
    assert judged(answer=answer(Unknown(), digest=digest)).sub_indication == "TRY_LATER"


def test_a_certificate_that_was_never_issued_is_as_good_as_revoked() -> None:
    report = judged(answer=answer(Unknown(), extended_revoke=True))

    assert (report.indication, report.sub_indication) == ("FAILED", "REVOKED")
    assert "never issued" in report.findings[0].sentence("en")
    assert "発行した覚えのない" in report.findings[0].sentence("ja")
