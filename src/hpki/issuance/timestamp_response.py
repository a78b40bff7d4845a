"""TimeStampResp: the answer of a time-stamp authority, written and read (RFC 3161 2.4.2)."""

from functools import lru_cache
from typing import Final

from cryptography.hazmat import asn1

from hpki.certs import der
from hpki.errors import MalformedInput, TimeStampRefused
from hpki.issuance.timestamp_syntax import GrantedResponse, PkiFailure, RefusedResponse

# A token with a chain of certificates has some 5 KB; post-quantum ones some 20.
MOST_OCTETS: Final = 256 * 1024

_GRANTED: Final = bytes.fromhex("3003020100")
_REJECTION: Final = b"\x02\x01\x02"
_UTF8_STRING: Final = 0x0C
# PKIStatus granted (0) and grantedWithMods (1).
_GRANTED_STATUSES: Final = frozenset({0, 1})


@asn1.sequence
class _StatusOnly:
    status: int


@asn1.sequence
class _FailedStatus:
    status: int
    texts: list[asn1.TLV] | None
    failure: asn1.BitString | None


def granted(token_der: bytes) -> bytes:
    """The response that carries a token."""
    return der.tlv(der.SEQUENCE, _GRANTED, token_der)


@lru_cache(maxsize=256)
def rejected(failure: PkiFailure, why: str) -> bytes:
    """The response that says why there is none; `why` is a sentence in English."""
    texts = der.tlv(der.SEQUENCE, der.tlv(_UTF8_STRING, why.encode()))
    return der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, _REJECTION, texts, _failure_bits(failure)))


def read_response(response_der: bytes) -> bytes:
    """The token of a granted response, unread.

    Raises TimeStampRefused with the authority's reason, MalformedInput for anything that is no response.
    """
    if len(response_der) > MOST_OCTETS:
        raise MalformedInput("TimeStampResp", f"more than {MOST_OCTETS} octets are not read")
    try:
        read = asn1.decode_der(GrantedResponse, response_der)
    except (ValueError, TypeError):
        raise _refusal(response_der) from None
    if _status(der.element(read.status)) not in _GRANTED_STATUSES:
        raise MalformedInput("TimeStampResp", "a token, but the status is not granted")
    return der.element(read.token)


def _refusal(response_der: bytes) -> TimeStampRefused:
    try:
        status = asn1.decode_der(
            _FailedStatus, der.element(asn1.decode_der(RefusedResponse, response_der).status)
        )
    except (ValueError, TypeError) as unreadable:
        raise MalformedInput("TimeStampResp", str(unreadable)) from unreadable
    bits = b"" if status.failure is None else status.failure.as_bytes()
    names = [
        failure
        for failure in PkiFailure
        if failure // 8 < len(bits) and bits[failure // 8] & (0x80 >> failure % 8)
    ]
    failure = names[0] if names else PkiFailure.SYSTEM_FAILURE
    return TimeStampRefused(
        failure, f"the time-stamp authority refused (status {status.status}, {failure.name})"
    )


def _status(status_der: bytes) -> int:
    try:
        return asn1.decode_der(_StatusOnly, status_der).status
    except (ValueError, TypeError):
        pass
    try:
        return asn1.decode_der(_FailedStatus, status_der).status
    except (ValueError, TypeError) as unreadable:
        raise MalformedInput("PKIStatusInfo", str(unreadable)) from unreadable


def _failure_bits(failure: PkiFailure) -> bytes:
    # X.690 11.2.2: a BIT STRING with named bits ends with its last one bit.
    octets = bytearray(failure // 8 + 1)
    octets[-1] = 0x80 >> failure % 8
    return der.tlv(der.BIT_STRING, bytes((7 - failure % 8,)), bytes(octets))
