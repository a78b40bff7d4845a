"""Time-stamp tokens: what a hostile client sends, and tokens equal to those of a slow builder."""

import datetime as dt
import hashlib
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch, TimeStampRefused
from hpki.issuance import profiles, timestamp_response
from hpki.issuance.template import SIGNATURE_ALGORITHMS, oid_der
from hpki.issuance.timestamp import TimeStampUnit, generalized_time, prepare_token, sign_token
from hpki.issuance.timestamp_request import (
    MOST_OCTETS,
    ImprintHash,
    TimeStampRequest,
    encode_request,
    read_request,
)
from hpki.issuance.timestamp_syntax import PkiFailure
from hpki.issuance.timestamp_token import prove_token, read_token
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import generate_software_key
from tests import pki, stamping

HASHES = {ImprintHash.SHA_256: "sha256", ImprintHash.SHA_384: "sha384", ImprintHash.SHA_512: "sha512"}


def query(**changed: Any) -> bytes:
    """A request by asn1crypto."""
    fields: dict[str, Any] = {
        "version": 1,
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": stamping.IMPRINT},
        "nonce": 42,
        "cert_req": True,
    }
    made: bytes = tsp.TimeStampReq({**fields, **changed}).dump()
    return made


def imprint(algorithm: str, octets: bytes) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": octets}


EXTENSIONS = [{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}]
HOSTILE = {
    "nothing": (b"", PkiFailure.BAD_DATA_FORMAT),
    "words": (b"please stamp this", PkiFailure.BAD_DATA_FORMAT),
    "half": (query()[:-3], PkiFailure.BAD_DATA_FORMAT),
    "more behind it": (query() + b"\0", PkiFailure.BAD_DATA_FORMAT),
    "a length that lies": (b"\x30\x84\xff\xff\xff\xff" + query(), PkiFailure.BAD_DATA_FORMAT),
    "indefinite length (BER)": (b"\x30\x80" + query()[2:] + b"\0\0", PkiFailure.BAD_DATA_FORMAT),
    "certReq FALSE written out": (
        der.tlv(der.SEQUENCE, query(cert_req=None)[2:], b"\x01\x01\x00"),
        PkiFailure.BAD_DATA_FORMAT,
    ),
    "too long": (query() + bytes(MOST_OCTETS), PkiFailure.BAD_DATA_FORMAT),
    "version 2": (der.tlv(der.SEQUENCE, b"\x02\x01\x02", query()[5:]), PkiFailure.BAD_REQUEST),
    "a huge version": (
        der.tlv(der.SEQUENCE, b"\x02\x7f" + b"\x11" * 127, query()[5:]),
        PkiFailure.BAD_REQUEST,
    ),
    "a huge nonce": (query(nonce=1 << 600), PkiFailure.BAD_REQUEST),
    "SHA-1": (query(message_imprint=imprint("sha1", bytes(20))), PkiFailure.BAD_ALG),
    "MD5": (query(message_imprint=imprint("md5", bytes(16))), PkiFailure.BAD_ALG),
    "an unknown hash": (query(message_imprint=imprint("1.2.3.4.5", bytes(32))), PkiFailure.BAD_ALG),
    "a short imprint": (query(message_imprint=imprint("sha256", bytes(20))), PkiFailure.BAD_DATA_FORMAT),
    "a long imprint": (query(message_imprint=imprint("sha384", bytes(64))), PkiFailure.BAD_DATA_FORMAT),
    "an unknown extension": (query(extensions=EXTENSIONS), PkiFailure.UNACCEPTED_EXTENSION),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_is_refused_with_the_failure_of_its_fault(name: str) -> None:
    sent, failure = HOSTILE[name]
    with pytest.raises(TimeStampRefused) as refused:
        read_request(sent)
    assert PkiFailure(refused.value.failure) is failure


@given(st.binary(max_size=200), st.integers(0, 70), st.integers(0, 255))
def test_whatever_comes_is_read_or_refused(octets: bytes, place: int, value: int) -> None:
    sent = bytearray(query())
    sent[place % len(sent)] = value
    for each in (octets, bytes(sent)):
        try:
            read = read_request(each)
        except TimeStampRefused:
            continue
        assert len(read.imprint) == read.imprint_hash.length


@given(st.sampled_from(ImprintHash), st.integers(-(2**500), 2**500) | st.none(), st.booleans(), st.booleans())
def test_a_request_is_read_as_it_was_written(
    kind: ImprintHash,
    nonce: int | None,
    wants: bool,  # noqa: FBT001 - drawn by hypothesis
    with_policy: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    policy = "1.2.3.4" if with_policy else None
    sent = query(
        message_imprint=imprint(HASHES[kind], bytes(kind.length)),
        nonce=nonce,
        cert_req=wants,
        req_policy=policy,
    )
    read = read_request(sent)
    assert (read.imprint_hash, read.imprint, read.nonce, read.wants_certificate) == (
        kind,
        bytes(kind.length),
        nonce,
        wants,
    )
    assert (read.policy.dotted_string if read.policy else None) == policy


def test_our_own_request_is_what_asn1crypto_writes() -> None:
    ours = encode_request(ImprintHash.SHA_256, stamping.IMPRINT, nonce=42)
    assert read_request(ours) == read_request(
        query(
            message_imprint={
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256", "parameters": None}),
                "hashed_message": stamping.IMPRINT,
            }
        )
    )


SIGNATURES = {
    KeyAlgorithm.RSA_2048: "sha256",
    KeyAlgorithm.P_256: "sha256",
    KeyAlgorithm.P_384: "sha384",
}


def slowly(
    request: TimeStampRequest, unit: TimeStampUnit, serial: int, at: dt.datetime, signature: bytes
) -> bytes:
    """The token by asn1crypto, field by field."""
    digest = SIGNATURES[unit.algorithm]
    # asn1crypto would write NULL parameters; RFC 5754 2 wants none.
    kind = next(kind for kind, name in HASHES.items() if name == digest)
    digest_algorithm = algos.DigestAlgorithm.load(kind.identifier_der)
    info: dict[str, Any] = {
        "version": "v1",
        "policy": unit.policy.dotted_string,
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm.load(request.algorithm_der),
            "hashed_message": request.imprint,
        },
        "serial_number": serial,
        "gen_time": at.replace(microsecond=at.microsecond // 1000 * 1000),
        "accuracy": {"seconds": 1},
    }
    if request.nonce is not None:
        info["nonce"] = request.nonce
    content = tsp.TSTInfo(info).dump()
    certificate = asn1_x509.Certificate.load(unit.certificate.public_bytes(Encoding.DER))
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
            {
                "type": "signing_certificate_v2",
                "values": [{"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]}],
            },
        ]
    )
    signed: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [digest_algorithm],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
        "signer_infos": [
            {
                "version": "v1",
                "sid": {
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number,
                    }
                },
                "digest_algorithm": digest_algorithm,
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm.load(SIGNATURE_ALGORITHMS[unit.algorithm]),
                "signature": signature,
            }
        ],
    }
    if request.wants_certificate:
        signed["certificates"] = [
            certificate,
            *(asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in unit.chain),
        ]
    made: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)}).dump()
    return made


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(ImprintHash),
    algorithm=st.sampled_from(sorted(SIGNATURES)),
    nonce=st.none() | st.integers(-(2**511), 2**511 - 1),
    serial=st.integers(1, 2**160 - 1),
    micros=st.integers(0, 10**6 * 86400 * 300),
    wants=st.booleans(),
)
def test_a_token_equals_that_of_a_slow_builder(
    kind: ImprintHash,
    algorithm: KeyAlgorithm,
    nonce: int | None,
    serial: int,
    micros: int,
    wants: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    at = pki.CEREMONY_DAY + dt.timedelta(microseconds=micros)
    request = stamping.request(
        imprint_hash=kind,
        algorithm_der=kind.identifier_der,
        imprint=bytes(kind.length),
        nonce=nonce,
        wants_certificate=wants,
    )
    unit = stamping.unit(algorithm)
    made = sign_token(prepare_token(request, unit, serial_number=serial, at=at), stamping.signer(algorithm))
    assert made == slowly(request, unit, serial, at, read_token(made).signer.signature)


@pytest.mark.parametrize("algorithm", [*SIGNATURES, KeyAlgorithm.ML_DSA_65])
def test_a_token_proves_its_time_for_its_hash_alone(algorithm: KeyAlgorithm) -> None:
    token = stamping.token(query(), algorithm, serial_number=99)
    proven = prove_token(token, stamping.IMPRINT)
    assert (proven.serial_number, proven.policy) == (99, oids.POLICY_TIME_STAMP_TEST)
    assert proven.gen_time == stamping.AT.replace(microsecond=123_000)
    with pytest.raises(SignatureMismatch, match="another hash"):
        prove_token(token, bytes(32))


def test_no_octet_of_a_token_can_be_changed() -> None:
    token = stamping.token(query())
    chain = stamping.unit().chain[0].public_bytes(Encoding.DER)
    carried = token.index(chain)
    for place in range(len(token)):
        if carried <= place < carried + len(chain):
            continue  # a certificate above the signer's proves itself
        forged = bytearray(token)
        forged[place] ^= 1
        try:
            assert prove_token(bytes(forged), stamping.IMPRINT) == prove_token(token, stamping.IMPRINT)
        except (MalformedInput, SignatureMismatch):
            continue
        else:
            read, true = read_token(bytes(forged)), read_token(token)
            assert (read.tst_info_der, read.signed_attributes_der) == (
                true.tst_info_der,
                true.signed_attributes_der,
            )


def test_a_key_on_no_known_curve_is_refused_in_words() -> None:
    """Found by fuzzing: the certificate is named rightly, and its key is on a curve that nobody has."""
    token = stamping.token(query())
    certificate = stamping.unit().certificate.public_bytes(Encoding.DER)
    p_256 = oid_der(x509.ObjectIdentifier("1.2.840.10045.3.1.7"))
    other = certificate.replace(p_256, oid_der(x509.ObjectIdentifier("1.2.840.10109.3.1.7")))
    forged = token.replace(certificate, other)
    for before, after in ((certificate, other), (token, forged)):
        assert before != after
    named, renamed = (hashlib.sha256(each).digest() for each in (certificate, other))
    forged = forged.replace(named, renamed)
    with pytest.raises(MalformedInput, match="Curve"):
        prove_token(forged, stamping.IMPRINT)


def test_another_policy_is_refused_and_ours_is_given() -> None:
    with pytest.raises(TimeStampRefused) as refused:
        stamping.token(query(req_policy="1.2.3.4"))
    assert refused.value.failure == PkiFailure.UNACCEPTED_POLICY
    assert stamping.token(query(req_policy=oids.POLICY_TIME_STAMP_TEST.dotted_string))


def test_without_certreq_no_certificate_is_sent() -> None:
    assert read_token(stamping.token(query(cert_req=None))).certificates == ()
    assert len(read_token(stamping.token(query())).certificates) == 2


@pytest.mark.parametrize("serial", [0, 1 << 160])
def test_a_serial_beyond_the_standard_is_found(serial: int) -> None:
    with pytest.raises(ProfileViolation, match="token_serial"):
        prepare_token(stamping.request(), stamping.unit(), serial_number=serial, at=stamping.AT)


def test_no_token_after_the_end_of_its_certificate() -> None:
    late = stamping.unit().certificate.not_valid_after_utc + dt.timedelta(seconds=1)
    with pytest.raises(ProfileViolation, match="token_life"):
        prepare_token(stamping.request(), stamping.unit(), serial_number=1, at=late)


def test_another_key_than_the_units_never_signs() -> None:
    prepared = prepare_token(stamping.request(), stamping.unit(), serial_number=1, at=stamping.AT)
    for algorithm in (KeyAlgorithm.P_256, KeyAlgorithm.P_384):
        with pytest.raises(SignatureMismatch):
            sign_token(prepared, generate_software_key(algorithm))


def test_a_certificate_for_anything_else_makes_no_unit() -> None:
    certificate = pki.hierarchy().issue(profiles.SIGNING, stamping.signer().public_key())
    with pytest.raises(MalformedInput):
        TimeStampUnit(certificate, oids.POLICY_TIME_STAMP_TEST)


def test_responses_are_read_as_they_were_written() -> None:
    token = stamping.token(query())
    assert timestamp_response.read_response(timestamp_response.granted(token)) == token
    for failure in PkiFailure:
        answer = timestamp_response.rejected(failure, "no")
        with pytest.raises(TimeStampRefused) as refused:
            timestamp_response.read_response(answer)
        assert refused.value.failure == failure
        status = tsp.PKIStatusInfo.load(answer[2:])
        assert (status["status"].native, len(status["fail_info"].native)) == ("rejection", 1)


@given(st.binary(max_size=64))
def test_any_answer_is_read_or_refused(octets: bytes) -> None:
    for read in (timestamp_response.read_response, read_token):
        with pytest.raises((MalformedInput, TimeStampRefused)):
            read(octets)


@pytest.mark.parametrize(
    ("micros", "text"), [(0, "20261104010000Z"), (120_000, "20261104010000.12Z"), (999, "20261104010000Z")]
)
def test_a_time_has_no_trailing_zeros(micros: int, text: str) -> None:
    assert generalized_time(pki.CEREMONY_DAY.replace(microsecond=micros))[2:].decode() == text
