"""The ASN.1 of time-stamps, as typed classes: RFC 3161 2.4, and as much of CMS (RFC 5652 5) as carries a token.

::

    TimeStampReq  ::= SEQUENCE { version INTEGER, messageImprint, reqPolicy OID OPTIONAL, nonce INTEGER OPTIONAL,
                                 certReq BOOLEAN DEFAULT FALSE, extensions [0] IMPLICIT Extensions OPTIONAL }
    TSTInfo       ::= SEQUENCE { version INTEGER, policy OID, messageImprint, serialNumber INTEGER,
                                 genTime GeneralizedTime, accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE,
                                 nonce INTEGER OPTIONAL, tsa [0] GeneralName OPTIONAL,
                                 extensions [1] IMPLICIT Extensions OPTIONAL }
    TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }

An AlgorithmIdentifier is kept whole, as `TLV`: which ones are known is a table of their octets.
"""

from enum import IntEnum
from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki.certs.tbs import TbsExtension


class PkiFailure(IntEnum):
    """The bits of PKIFailureInfo that a time-stamp authority may set (RFC 3161 2.4.2)."""

    BAD_ALG = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


@asn1.sequence
class MessageImprint:
    """A hash and what made it."""

    algorithm: asn1.TLV
    hashed: bytes


@asn1.sequence
class TimeStampReq:
    """What a client sends."""

    version: int
    imprint: MessageImprint
    policy: ObjectIdentifier | None
    nonce: int | None
    cert_req: Annotated[bool, asn1.Default(False)]  # noqa: FBT003 - the ASN.1 says DEFAULT FALSE
    extensions: Annotated[list[TbsExtension] | None, asn1.Implicit(0)]


@asn1.sequence
class Accuracy:
    """How far the time may be off, to both sides."""

    seconds: int | None
    millis: Annotated[int | None, asn1.Implicit(0)]
    micros: Annotated[int | None, asn1.Implicit(1)]


@asn1.sequence
class AnyName:
    """A GeneralName under its explicit tag: an EXPLICIT tag has the octets of a SEQUENCE of one element."""

    name: asn1.TLV


@asn1.sequence
class TstInfo:
    """What a token says."""

    version: int
    policy: ObjectIdentifier
    imprint: MessageImprint
    serial_number: int
    gen_time: asn1.GeneralizedTime
    accuracy: Accuracy | None
    ordering: Annotated[bool, asn1.Default(False)]  # noqa: FBT003 - the ASN.1 says DEFAULT FALSE
    nonce: int | None
    tsa: Annotated[AnyName | None, asn1.Implicit(0)]
    extensions: Annotated[list[TbsExtension] | None, asn1.Implicit(1)]


@asn1.sequence
class EncapsulatedContent:
    """The signed content."""

    type: ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class SignerInfo:
    """One signature of a SignedData."""

    version: int
    signer: asn1.TLV
    digest_algorithm: asn1.TLV
    signed_attributes: Annotated[asn1.SetOf[asn1.TLV], asn1.Implicit(0)]
    signature_algorithm: asn1.TLV
    signature: bytes
    unsigned_attributes: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class SignedData:
    """Content, certificates and signatures."""

    version: int
    digest_algorithms: asn1.SetOf[asn1.TLV]
    content: EncapsulatedContent
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    crls: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[SignerInfo]


@asn1.sequence
class ContentInfo:
    """The outermost layer of a token."""

    type: ObjectIdentifier
    content: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class SignedAttribute:
    """One attribute under the signature."""

    type: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class HashIdentifier:
    """The AlgorithmIdentifier of a hash."""

    oid: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class IssuerSerial:
    """Issuer and serial of a certificate, neither read here."""

    issuer: asn1.TLV
    serial_number: asn1.TLV


@asn1.sequence
class EssCertIdV2:
    """RFC 5035 4: the certificate of the signer; the hash is SHA-256 unless another is named."""

    hash_algorithm: HashIdentifier | None
    certificate_hash: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificateV2:
    """RFC 5035 3: the first identifier is the signer's certificate."""

    certificates: list[EssCertIdV2]
    policies: list[asn1.TLV] | None


@asn1.sequence
class GrantedResponse:
    """A response with its token, one level deep."""

    status: asn1.TLV
    token: asn1.TLV


@asn1.sequence
class RefusedResponse:
    """A response without a token, one level deep."""

    status: asn1.TLV
