"""OCSP answers: octets as the builder's, and a finding for each breach."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance import profiles
from hpki.issuance.ocsp import OcspFailure, prepare_answer, sign_answer
from hpki.issuance.ocsp_content import ARCHIVE_CUTOFF, EXTENDED_REVOKE, AnswerContent, SingleStatus
from hpki.issuance.ocsp_lints import REASON_CODES
from hpki.issuance.ocsp_request import CertIdHash
from hpki.issuance.ocsp_responder import IssuerIdentity, Responder
from hpki.issuance.status import Good, Revoked, Status, Unknown
from hpki.keys.algorithms import KeyAlgorithm, signature_hash, verify
from tests import pki

NOON = pki.CEREMONY_DAY + dt.timedelta(hours=2)
DAY = dt.timedelta(days=1)
HASHES = {CertIdHash.SHA1: hashes.SHA1(), CertIdHash.SHA256: hashes.SHA256()}  # noqa: S303 - RFC 6960 4.1.1
SERIAL = 1 << 158 | 0xABC
LOST = Revoked(NOON - DAY, x509.ReasonFlags.key_compromise)
# Builders read the clock; the responder is valid whenever the tests run.
ALWAYS = dt.datetime.fromtimestamp(int(dt.datetime.now(dt.UTC).timestamp()), dt.UTC)  # noqa: TID251 - see above


@cache
def responder_for(
    algorithm: KeyAlgorithm = KeyAlgorithm.P_256, at: dt.datetime = pki.CEREMONY_DAY
) -> Responder:
    made = pki.hierarchy(KeyAlgorithm.P_256, at=at)
    authority = made.authorities["SIGNING_CA"]
    public_key = pki.key(algorithm, "responder").public_key()
    request = pki.request_for(profiles.OCSP_RESPONDER, public_key, authority.issuer, at=at)
    return Responder(authority.issue(request, at), authority.issuer)


def content_of(status: Status = Good(), **changed: object) -> AnswerContent:  # noqa: B008 - a value without content
    cert_id = responder_for().identity.cert_id(CertIdHash.SHA256, SERIAL)
    facts: dict[str, object] = {
        "singles": (SingleStatus(cert_id, status),),
        "at": NOON,
        "next_update": NOON + DAY,
    }
    return AnswerContent(**{**facts, **changed})  # type: ignore[arg-type]  # the names above are the fields


def answered(content: AnswerContent, algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> ocsp.OCSPResponse:
    prepared = prepare_answer(content, responder_for(algorithm))
    return ocsp.load_der_ocsp_response(sign_answer(prepared, pki.key(algorithm, "responder")))


def built_by_cryptography(content: AnswerContent, responder: Responder) -> ocsp.OCSPResponse:
    [single] = content.singles
    cert_id, status = single.cert_id, single.status
    assert cert_id.hash_algorithm is not None
    revoked = status if isinstance(status, Revoked) else None
    states = {Good: ocsp.OCSPCertStatus.GOOD, Unknown: ocsp.OCSPCertStatus.UNKNOWN}
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            cert_id.issuer_name_hash,
            cert_id.issuer_key_hash,
            cert_id.serial_number,
            HASHES[cert_id.hash_algorithm],
            states.get(type(status), ocsp.OCSPCertStatus.REVOKED),
            content.at,
            content.next_update,
            revoked.revoked_at if revoked else None,
            revoked.reason if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    if content.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(content.nonce), critical=False)
    signer = pki.key(responder.algorithm, "responder")
    return builder.sign(signer.builder_key(), signature_hash(signer.algorithm))


STATUSES = st.one_of(
    st.just(Good()),
    st.just(Unknown()),
    st.builds(
        Revoked,
        st.integers(0, 10**9).map(lambda seconds: ALWAYS - dt.timedelta(seconds=seconds)),
        st.sampled_from(
            [None, *(set(REASON_CODES) - {x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl})]
        ),
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    status=STATUSES,
    serial=st.integers(1, (1 << 159) - 1),
    hash_algorithm=st.sampled_from(CertIdHash),
    life=st.integers(1, 96 * 3600),
    nonce=st.none() | st.binary(min_size=16, max_size=32),
    algorithm=st.sampled_from([KeyAlgorithm.P_256, KeyAlgorithm.RSA_2048]),
)
def test_the_octets_are_those_of_the_builder(
    status: Status,
    serial: int,
    hash_algorithm: CertIdHash,
    life: int,
    nonce: bytes | None,
    algorithm: KeyAlgorithm,
) -> None:
    responder = responder_for(algorithm, ALWAYS)
    cert_id = responder.identity.cert_id(hash_algorithm, serial)
    while True:  # the builder takes producedAt from the clock
        at = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - as the builder does
        content = AnswerContent((SingleStatus(cert_id, status),), at, at + dt.timedelta(seconds=life), nonce)
        theirs = built_by_cryptography(content, responder)
        if theirs.produced_at_utc == at:
            break
    ours = prepare_answer(content, responder)
    assert ours.tbs_der == theirs.tbs_response_bytes
    signer = Replayed(theirs.signature, algorithm)
    assert sign_answer(ours, signer) == theirs.public_bytes(Encoding.DER)  # type: ignore[arg-type]  # signs this only


class Replayed:
    """A signer that knows one signature."""

    def __init__(self, signature: bytes, algorithm: KeyAlgorithm) -> None:
        self.signature, self.algorithm = signature, algorithm

    def sign(self, _message: bytes) -> bytes:
        return self.signature


@pytest.mark.parametrize(
    "algorithm", [KeyAlgorithm.P_256, KeyAlgorithm.P_384, KeyAlgorithm.RSA_2048, KeyAlgorithm.ML_DSA_65]
)
def test_an_answer_verifies_under_its_responder(algorithm: KeyAlgorithm) -> None:
    response = answered(content_of(LOST), algorithm)
    assert response.responder_key_hash == responder_for(algorithm).key_hash
    verify(pki.key(algorithm, "responder").public_key(), response.signature, response.tbs_response_bytes)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert (response.revocation_time_utc, response.revocation_reason) == (LOST.revoked_at, LOST.reason)


def test_a_list_is_answered_in_its_order() -> None:
    identity = responder_for().identity
    statuses: tuple[Status, ...] = (Good(), LOST, Unknown())
    singles = tuple(
        SingleStatus(identity.cert_id(CertIdHash.SHA1, SERIAL + number), status)
        for number, status in enumerate(statuses)
    )
    response = answered(content_of(singles=singles, archive_cutoff=pki.CEREMONY_DAY))
    assert [single.certificate_status.name for single in response.responses] == ["GOOD", "REVOKED", "UNKNOWN"]


def test_a_serial_never_issued_is_unknown_or_by_policy_revoked_since_1970() -> None:
    assert answered(content_of(Unknown())).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    revoked = answered(content_of(Unknown(), extended_revoke=True))
    assert revoked.revocation_time_utc == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert revoked.revocation_reason is x509.ReasonFlags.certificate_hold
    assert [extension.oid for extension in revoked.extensions] == [EXTENDED_REVOKE]
    assert not list(answered(content_of(LOST, extended_revoke=True)).extensions)


def test_archive_cut_off_says_since_when_records_are_kept() -> None:
    response = answered(content_of(archive_cutoff=pki.CEREMONY_DAY))
    [extension] = response.single_extensions
    assert extension.oid == ARCHIVE_CUTOFF
    assert extension.value.public_bytes() == b"\x18\x0f20261104010000Z"


def foreign(content: AnswerContent) -> AnswerContent:
    other = IssuerIdentity(
        pki.hierarchy(KeyAlgorithm.P_256).authorities["AUTHENTICATION_CA"].issuer.certificate
    )
    return replace(content, singles=(SingleStatus(other.cert_id(CertIdHash.SHA1, SERIAL), Good()),))


BREACHES: dict[str, Callable[[AnswerContent], AnswerContent]] = {
    "foreign_issuer": foreign,
    "life": lambda c: replace(c, next_update=c.at + dt.timedelta(hours=97)),
    "responder_early": lambda c: replace(c, at=c.at - 9 * DAY, next_update=c.at - 8 * DAY),
    "responder_ends": lambda c: replace(c, at=c.at + 90 * DAY, next_update=c.at + 91 * DAY),
    "revoked_ahead": lambda c: replace(c, singles=(replace_status(c, Revoked(c.at + DAY, None)),)),
    "reason_unspecified": lambda c: replace(
        c, singles=(replace_status(c, Revoked(c.at, x509.ReasonFlags.unspecified)),)
    ),
    "reason_remove": lambda c: replace(
        c, singles=(replace_status(c, Revoked(c.at, x509.ReasonFlags.remove_from_crl)),)
    ),
    "nonce_length": lambda c: replace(c, nonce=b"short"),
    "cert_id_changed": lambda c: replace(
        c, singles=(SingleStatus(replace(c.singles[0].cert_id, serial_number=7), Good()),)
    ),
    "certificates": lambda c: replace(c, singles=c.singles * 17),
}


def replace_status(content: AnswerContent, status: Status) -> SingleStatus:
    return replace(content.singles[0], status=status)


@pytest.mark.parametrize("code", BREACHES)
def test_a_breach_is_found_before_the_key_moves(code: str) -> None:
    with pytest.raises(ProfileViolation) as refused:
        prepare_answer(BREACHES[code](content_of()), responder_for())
    assert code in str(refused.value)


def test_moments_are_aware_and_whole() -> None:
    for at in (NOON.replace(tzinfo=None), NOON.replace(microsecond=1)):
        with pytest.raises(MalformedInput):
            prepare_answer(content_of(at=at), responder_for())


def test_the_key_of_another_is_noticed() -> None:
    prepared = prepare_answer(content_of(), responder_for())
    with pytest.raises(SignatureMismatch):
        sign_answer(prepared, pki.key(KeyAlgorithm.P_256, "mallory"))
    with pytest.raises(SignatureMismatch):
        sign_answer(prepared, pki.key(KeyAlgorithm.RSA_2048, "mallory"))


def test_only_a_responder_that_the_issuer_itself_named_answers() -> None:
    made = pki.hierarchy(KeyAlgorithm.P_256)
    other = made.authorities["AUTHENTICATION_CA"].issuer
    with pytest.raises(MalformedInput, match="did not issue"):
        Responder(responder_for().certificate, other)
    holder = made.issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key())
    with pytest.raises(MalformedInput):
        Responder(holder, made.authorities["SIGNING_CA"].issuer)


@pytest.mark.parametrize("failure", OcspFailure)
def test_a_failure_is_read_by_others(failure: OcspFailure) -> None:
    read = ocsp.load_der_ocsp_response(failure.der)
    assert read.response_status.value == failure
