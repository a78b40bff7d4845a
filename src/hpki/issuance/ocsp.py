"""OCSP answers: prepared, linted, signed, compared (RFC 6960 4.2, within the limits of RFC 5019 2.2).

::

    ResponseData   ::= SEQUENCE { responderID [2] KeyHash, producedAt, responses SEQUENCE OF SingleResponse,
                                  responseExtensions [1] EXPLICIT OPTIONAL }
    SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] EXPLICIT,
                                  singleExtensions [1] EXPLICIT OPTIONAL }

The octets are assembled here: `cryptography`'s builder costs more than a P-256 signature and knows one certificate an
answer.  A property test holds the two equal.
"""

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from cryptography.x509 import ocsp

from hpki.certs import der
from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance import ocsp_lints
from hpki.issuance.finding import Finding
from hpki.issuance.ocsp_content import (
    ARCHIVE_CUTOFF,
    EXTENDED_REVOKE,
    NONCE,
    AnswerCandidate,
    AnswerContent,
    SingleStatus,
)
from hpki.issuance.ocsp_responder import Responder
from hpki.issuance.profiles import ExtensionRule
from hpki.issuance.status import Good, Revoked
from hpki.issuance.template import SIGNATURE_ALGORITHMS, extension_der
from hpki.keys.algorithms import KeyAlgorithm, verify
from hpki.keys.signer import Signer

_ENUMERATED: Final = 0x0A
_GENERALIZED_TIME: Final = 0x18
_EXPLICIT_0: Final = 0xA0
_EXPLICIT_1: Final = 0xA1
_GOOD: Final = b"\x80\x00"
_REVOKED: Final = 0xA1
_UNKNOWN: Final = b"\x82\x00"
_SUCCESSFUL: Final = b"\x0a\x01\x00"
_ID_BASIC: Final = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
_NONCE_RULE: Final = ExtensionRule(NONCE, critical=False)
_CUTOFF_RULE: Final = ExtensionRule(ARCHIVE_CUTOFF, critical=False)
# RFC 6960 4.4.8: "It is RECOMMENDED that this extension be non-critical"; its value is NULL.
_EXTENDED_REVOKE_DER: Final = extension_der(ExtensionRule(EXTENDED_REVOKE, critical=False), der.NULL)


class OcspFailure(IntEnum):
    """Answers without a signature (RFC 6960 4.2.1): OCSPResponseStatus other than successful."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6

    @property
    def der(self) -> bytes:
        """The whole OCSPResponse: it has no responseBytes."""
        return bytes((0x30, 0x03, _ENUMERATED, 0x01, self.value))


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """An answer that passed its lints and is not signed: exists only after `prepare_answer` succeeded."""

    tbs_der: bytes
    responder: Responder


def prepare_answer(content: AnswerContent, responder: Responder) -> PreparedAnswer:
    """The bytes of an answer that keeps its profile.

    Raises ProfileViolation with every finding, MalformedInput when a moment is not aware and in whole seconds.
    """
    tbs_der = _response_data(content, responder)
    candidate = AnswerCandidate(
        _basic_response(tbs_der, responder, responder.algorithm, b"\0" * 8), content, responder
    )
    if found := _findings(candidate):
        raise ProfileViolation(found)
    return PreparedAnswer(tbs_der, responder)


def sign_answer(prepared: PreparedAnswer, signer: Signer) -> bytes:
    """The OCSPResponse, as DER, over exactly the bytes that were linted.

    Raises SignatureMismatch, KeyUnavailable and KeyRefused as `sign.sign` does.
    """
    responder = prepared.responder
    if signer.algorithm is not responder.algorithm:
        raise SignatureMismatch(f"linted for {responder.algorithm}, the key is {signer.algorithm}")
    signature = signer.sign(prepared.tbs_der)
    response_der = _basic_response(prepared.tbs_der, responder, signer.algorithm, signature)
    written = ocsp.load_der_ocsp_response(response_der)
    if written.tbs_response_bytes != prepared.tbs_der:
        raise SignatureMismatch("the answer does not contain the linted bytes")
    verify(responder.certificate.public_key(), written.signature, prepared.tbs_der)
    return response_der


def _findings(candidate: AnswerCandidate) -> list[Finding]:
    try:
        return [finding for lint in ocsp_lints.ALL for finding in lint(candidate)]
    except MalformedInput as refused:
        return [Finding("not_readable", str(refused), "X.690: DER")]


def _basic_response(tbs_der: bytes, responder: Responder, algorithm: KeyAlgorithm, signature: bytes) -> bytes:
    basic = der.tlv(
        der.SEQUENCE,
        tbs_der,
        SIGNATURE_ALGORITHMS[algorithm],
        der.tlv(der.BIT_STRING, b"\0", signature),
        responder.certificates_der,
    )
    response_bytes = der.tlv(der.SEQUENCE, _ID_BASIC, der.tlv(der.OCTET_STRING, basic))
    return der.tlv(der.SEQUENCE, _SUCCESSFUL, der.tlv(_EXPLICIT_0, response_bytes))


def _response_data(content: AnswerContent, responder: Responder) -> bytes:
    moments = _time(content.at) + der.tlv(_EXPLICIT_0, _time(content.next_update))
    if content.archive_cutoff is not None:
        moments += _archive_cutoff(content.archive_cutoff)
    singles = [
        der.tlv(der.SEQUENCE, single.cert_id.der, _status(single, content), moments)
        for single in content.singles
    ]
    return der.tlv(
        der.SEQUENCE,
        responder.id_der,
        _time(content.at),
        der.tlv(der.SEQUENCE, *singles),
        _response_extensions(content),
    )


def _status(single: SingleStatus, content: AnswerContent) -> bytes:
    status = content.told(single.status)
    if isinstance(status, Good):
        return _GOOD
    if not isinstance(status, Revoked):
        return _UNKNOWN
    reason = b"" if status.reason is None else _reason(ocsp_lints.REASON_CODES[status.reason])
    return der.tlv(_REVOKED, _time(status.revoked_at), reason)


def _reason(code: int) -> bytes:
    return der.tlv(_EXPLICIT_0, bytes((_ENUMERATED, 0x01, code)))


def _response_extensions(content: AnswerContent) -> bytes:
    extensions = b""
    if content.nonce is not None:
        extensions += extension_der(_NONCE_RULE, der.tlv(der.OCTET_STRING, content.nonce))
    if content.tells_not_issued:
        extensions += _EXTENDED_REVOKE_DER
    return der.tlv(_EXPLICIT_1, der.tlv(der.SEQUENCE, extensions)) if extensions else b""


@lru_cache(maxsize=64)
def _archive_cutoff(moment: dt.datetime) -> bytes:
    extension = extension_der(_CUTOFF_RULE, _time(moment))
    return der.tlv(_EXPLICIT_1, der.tlv(der.SEQUENCE, extension))


@lru_cache(maxsize=256)
def _time(moment: dt.datetime) -> bytes:
    """A GeneralizedTime.  RFC 5019 2.2.4: "GMT (Zulu)", seconds, no fractions."""
    if moment.tzinfo is None or moment.microsecond:
        raise MalformedInput("OCSP answer", f"{moment.isoformat()} is not an aware moment in whole seconds")
    return der.tlv(_GENERALIZED_TIME, moment.astimezone(dt.UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii"))
