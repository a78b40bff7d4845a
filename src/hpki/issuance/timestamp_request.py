"""Reading what a client of the time-stamp authority sends (RFC 3161 2.4.1), strictly and bounded."""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes

from hpki.certs import der
from hpki.errors import TimeStampRefused
from hpki.issuance.timestamp_syntax import PkiFailure, TimeStampReq

# The largest request of ours has some 150 octets; room is left for long policies and refused extensions.
MOST_OCTETS: Final = 4096
# RFC 3161 2.4.1: "a large random number … (e.g., a 64 bit integer)".  Seen in clients: up to 20 octets.
MOST_NONCE_OCTETS: Final = 64


class ImprintHash(Enum):
    """A hash that a client may have made its imprint with: the object identifier's content octets, and the length.

    RFC 3161 2.4.1 leaves it to the authority which ones are "sufficiently" secure; EN 319 422 (TS 119 312): SHA-2.
    """

    SHA_256 = (bytes.fromhex("608648016503040201"), 32)
    SHA_384 = (bytes.fromhex("608648016503040202"), 48)
    SHA_512 = (bytes.fromhex("608648016503040203"), 64)

    @property
    def length(self) -> int:
        """Length of a hash in octets."""
        return self.value[1]

    @property
    def hash(self) -> hashes.HashAlgorithm:
        """The hash as `cryptography` knows it."""
        return _HASHES[self]

    @property
    def identifier_der(self) -> bytes:
        """The AlgorithmIdentifier without parameters (RFC 5754 2: "MUST be absent" when generated)."""
        return der.tlv(der.SEQUENCE, der.tlv(der.OBJECT_IDENTIFIER, self.value[0]))


_HASHES: Final = MappingProxyType(
    {
        ImprintHash.SHA_256: hashes.SHA256(),
        ImprintHash.SHA_384: hashes.SHA384(),
        ImprintHash.SHA_512: hashes.SHA512(),
    }
)
# RFC 5754 2: implementations "MUST accept" absent and NULL parameters.
HASH_OF_IDENTIFIER: Final = MappingProxyType(
    {
        der.tlv(der.SEQUENCE, der.tlv(der.OBJECT_IDENTIFIER, each.value[0]), parameters): each
        for each in ImprintHash
        for parameters in (b"", der.NULL)
    }
)


@dataclass(frozen=True, slots=True)
class TimeStampRequest:
    """A request that can be answered: its hash is known and has its length, and it asks for nothing unknown.

    `algorithm_der` is the AlgorithmIdentifier as it came; the token repeats it octet for octet.
    """

    imprint_hash: ImprintHash
    algorithm_der: bytes
    imprint: bytes
    policy: x509.ObjectIdentifier | None = None
    nonce: int | None = None
    wants_certificate: bool = False


def read_request(request_der: bytes) -> TimeStampRequest:
    """One TimeStampReq in DER, at most MOST_OCTETS.

    Raises TimeStampRefused with badDataFormat (no DER of that type, or too long, or a hash of another length),
    badRequest (another version, a nonce beyond all measure), badAlg, unacceptedExtension.
    """
    if len(request_der) > MOST_OCTETS:
        raise _refused(PkiFailure.BAD_DATA_FORMAT, f"a request has at most {MOST_OCTETS} octets")
    try:
        read = asn1.decode_der(TimeStampReq, request_der)
    except (ValueError, TypeError) as unreadable:
        raise _refused(PkiFailure.BAD_DATA_FORMAT, "not a TimeStampReq in DER") from unreadable
    if read.version != 1:
        raise _refused(PkiFailure.BAD_REQUEST, f"version {_short(read.version)}; RFC 3161 knows version 1")
    # RFC 3161 2.4.1: a token is not issued when an extension, "whether it is marked critical or not critical", is not
    # recognised.  We know none.
    if read.extensions is not None:
        raise _refused(PkiFailure.UNACCEPTED_EXTENSION, "no extension is known here")
    if read.nonce is not None and read.nonce.bit_length() > 8 * MOST_NONCE_OCTETS - 1:
        raise _refused(PkiFailure.BAD_REQUEST, f"a nonce has at most {MOST_NONCE_OCTETS} octets")
    algorithm_der = der.element(read.imprint.algorithm)
    imprint_hash = HASH_OF_IDENTIFIER.get(algorithm_der)
    if imprint_hash is None:
        raise _refused(PkiFailure.BAD_ALG, "the imprint is to be made with SHA-256, SHA-384 or SHA-512")
    # RFC 3161 2.4.2: the authority "SHALL" check that the length of the hash fits its algorithm.
    if len(read.imprint.hashed) != imprint_hash.length:
        raise _refused(PkiFailure.BAD_DATA_FORMAT, "the imprint does not have the length of its hash")
    return TimeStampRequest(
        imprint_hash, algorithm_der, read.imprint.hashed, read.policy, read.nonce, read.cert_req
    )


def encode_request(imprint_hash: ImprintHash, imprint: bytes, *, nonce: int | None = None) -> bytes:
    """A request for a token with the authority's certificates in it; `nonce` is not negative."""
    return der.tlv(
        der.SEQUENCE,
        b"\x02\x01\x01",
        der.tlv(der.SEQUENCE, imprint_hash.identifier_der, der.tlv(der.OCTET_STRING, imprint)),
        b"" if nonce is None else der.unsigned_integer(nonce),
        b"\x01\x01\xff",
    )


def _refused(failure: PkiFailure, why: str) -> TimeStampRefused:
    return TimeStampRefused(failure, why)


def _short(number: int) -> str:
    return str(number) if abs(number) < 1000 else "of many digits"
