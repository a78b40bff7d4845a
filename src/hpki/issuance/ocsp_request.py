"""What somebody asks about certificates: an OCSP request, read within bounds (RFC 6960 4.1).

::

    OCSPRequest ::= SEQUENCE { tbsRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
    TBSRequest  ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, requestorName [1] EXPLICIT OPTIONAL,
                               requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT OPTIONAL }
    Request     ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT OPTIONAL }
    CertID      ::= SEQUENCE { hashAlgorithm, issuerNameHash OCTET STRING, issuerKeyHash OCTET STRING, serialNumber }

A signature over the request is not looked at: everybody may ask.
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput

# A request about one certificate has about 100 octets; a requestor's chain may come with its signature.
MOST_OCTETS: Final = 10 * 1024
# RFC 5019 2.1.1 wants one; RFC 6960 allows lists, which a hospital may use for the certificates of one document.
MOST_CERTIFICATES: Final = 16
_MOST_EXTENSIONS: Final = 16
# RFC 9654 2.1: "Nonce ::= OCTET STRING(SIZE(1..128))".  Lengths from 16 to 32 must be accepted; others may be ignored.
_LONGEST_NONCE: Final = 128
ECHOED_NONCES: Final = range(16, 33)
# RFC 5280 4.1.2.2: at most 20 octets; one more where the sign needs it.
_LONGEST_SERIAL: Final = 21

_ID_NONCE: Final = bytes.fromhex("2b0601050507300102")  # id-pkix-ocsp-nonce 1.3.6.1.5.5.7.48.1.2
# RFC 6960 4.4.3 and 4.4.7: what an answer may look like; there is one form only, so nothing follows from them.
_ID_RESPONSE: Final = bytes.fromhex("2b0601050507300104")
_ID_PREFERRED: Final = bytes.fromhex("2b0601050507300108")
_UNDERSTOOD: Final = frozenset({_ID_NONCE, _ID_RESPONSE, _ID_PREFERRED})


class CertIdHash(StrEnum):
    """The hashes by which a CertID may name an issuer; SHA-256 is the one to prefer (RFC 5019's successor)."""

    SHA1 = "sha1"
    SHA256 = "sha256"


_HASHES: Final = MappingProxyType(
    {
        bytes.fromhex("2b0e03021a"): (CertIdHash.SHA1, 20),
        bytes.fromhex("608648016503040201"): (CertIdHash.SHA256, 32),
    }
)


class NotAnswerable(MalformedInput):
    """The request keeps the syntax, and still this responder has nothing to say to it."""


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is meant; `der` are the octets as asked, which the answer repeats.

    `hash_algorithm` is None for a hash that is not in use here.
    """

    der: bytes
    hash_algorithm: CertIdHash | None
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """One to sixteen certificates.  `nonce` is there only when the answer has to repeat it."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None = None


def read_ocsp_request(request_der: bytes) -> OcspRequest:
    """The request in `request_der`.

    Raises MalformedInput when it is not an OCSPRequest or leaves the bounds, NotAnswerable when it has a critical
    extension that nobody here understands (RFC 6960 4.4).
    """
    if not 0 < len(request_der) <= MOST_OCTETS:
        raise MalformedInput("OCSP request", f"it has {len(request_der)} octets; 1 to {MOST_OCTETS} are read")
    whole = DerCursor(request_der, "OCSP request")
    outer = whole.enter(der.SEQUENCE)
    whole.finish()
    request = _tbs_request(outer.enter(der.SEQUENCE))
    outer.skip_optional(0xA0)
    outer.finish()
    return request


def read_get_path(path: str) -> bytes:
    """The DER in the path of a GET: `{url-encoding of base-64 encoding of the DER}` (RFC 6960 A.1).

    Percent signs may be decoded already, padding may be missing, both alphabets are read (RFC 4648 4 and 5); slashes
    in front are left out, as a request never begins with one.  Raises MalformedInput.
    """
    if len(path) > 3 * MOST_OCTETS:
        raise MalformedInput("OCSP request", "the path is too long")
    # A front server or a form decoder may have made a space of "+".
    text = unquote_to_bytes(path).lstrip(b"/").replace(b" ", b"+").translate(_ALPHABET).rstrip(b"=")
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as refused:
        raise MalformedInput("OCSP request", f"the path is not base64: {refused}") from refused


_ALPHABET: Final = bytes.maketrans(b"-_", b"+/")


def _tbs_request(tbs: DerCursor) -> OcspRequest:
    # RFC 6960 4.1.1: v1 only; DER leaves the DEFAULT out, and many clients write it all the same.
    if version := tbs.optional(0xA0):
        if version.octets(der.INTEGER) != b"\0":
            raise MalformedInput("OCSP request", "it is of another version than v1")
        version.finish()
    tbs.skip_optional(0xA1)
    wanted = tbs.enter(der.SEQUENCE)
    cert_ids: list[CertId] = []
    while wanted.more():
        if len(cert_ids) == MOST_CERTIFICATES:
            raise NotAnswerable(
                "OCSP request", f"at most {MOST_CERTIFICATES} certificates are answered at once"
            )
        cert_ids.append(_single(wanted.enter(der.SEQUENCE)))
    if not cert_ids:
        raise MalformedInput("OCSP request", "it asks about no certificate")
    nonce = None
    for identifier, value in _extensions(tbs.optional(0xA2)):
        if identifier == _ID_NONCE:
            nonce = _nonce(value)
    tbs.finish()
    return OcspRequest(tuple(cert_ids), nonce)


def _single(request: DerCursor) -> CertId:
    cert_id = _cert_id(request)
    for _ in _extensions(request.optional(0xA0)):
        pass
    request.finish()
    return cert_id


def _cert_id(request: DerCursor) -> CertId:
    octets, fields = request.enter_whole(der.SEQUENCE)
    algorithm = fields.enter(der.SEQUENCE)
    known = _HASHES.get(algorithm.octets(der.OBJECT_IDENTIFIER))
    algorithm.skip_rest()
    name_hash, key_hash = fields.octets(der.OCTET_STRING), fields.octets(der.OCTET_STRING)
    serial = fields.octets(der.INTEGER)
    fields.finish()
    if not 0 < len(serial) <= _LONGEST_SERIAL:
        raise MalformedInput("OCSP request", "a serial number has 1 to 20 octets")
    if known is not None and {len(name_hash), len(key_hash)} != {known[1]}:
        raise MalformedInput("OCSP request", f"a hash of {known[0]} has {known[1]} octets")
    number = int.from_bytes(serial, "big", signed=True)
    return CertId(octets, None if known is None else known[0], name_hash, key_hash, number)


def _extensions(wrapped: DerCursor | None) -> Iterator[tuple[bytes, bytes]]:
    """The identifiers and values of an extension list."""
    if wrapped is None:
        return
    listed = wrapped.enter(der.SEQUENCE)
    wrapped.finish()
    seen: set[bytes] = set()
    while listed.more():
        extension = listed.enter(der.SEQUENCE)
        identifier = extension.octets(der.OBJECT_IDENTIFIER)
        critical = extension.optional_octets(0x01) not in {None, b"\0"}
        value = extension.octets(der.OCTET_STRING)
        extension.finish()
        if identifier in seen or len(seen) == _MOST_EXTENSIONS:
            raise MalformedInput("OCSP request", "an extension stands twice, or there are too many")
        seen.add(identifier)
        # RFC 6960 4.4: "Unrecognized extensions MUST be ignored (unless they have the critical flag set …)."
        if critical and identifier not in _UNDERSTOOD:
            raise NotAnswerable("OCSP request", "a critical extension is not understood")
        yield identifier, value


def _nonce(value: bytes) -> bytes | None:
    """The nonce if it is to be repeated.  RFC 9654 2.1: an empty one, or one over 128 octets, is malformed."""
    wrapped = DerCursor(value, "OCSP nonce")
    nonce = wrapped.octets(der.OCTET_STRING)
    wrapped.finish()
    if not 0 < len(nonce) <= _LONGEST_NONCE:
        raise MalformedInput("OCSP nonce", f"it has {len(nonce)} octets; 1 to {_LONGEST_NONCE} are allowed")
    return nonce if len(nonce) in ECHOED_NONCES else None
