"""The ASN.1 of attribute values, as typed classes (EN 319 122-1, RFC 5035, RFC 2634; TS 101 733 for the older ones).

::

    SigningCertificate    ::= SEQUENCE { certs SEQUENCE OF ESSCertID, policies SEQUENCE OF PolicyInformation OPTIONAL }
    SignaturePolicyId     ::= SEQUENCE { sigPolicyId OID, sigPolicyHash SEQUENCE { AlgorithmIdentifier, OCTET STRING },
                                         sigPolicyQualifiers SEQUENCE OF SigPolicyQualifierInfo OPTIONAL }
    CommitmentTypeIndication ::= SEQUENCE { commitmentTypeId OID, commitmentTypeQualifier SEQUENCE OF … OPTIONAL }
    ATSHashIndexV3        ::= SEQUENCE { hashIndAlgorithm AlgorithmIdentifier, certificatesHashIndex SEQUENCE OF OCTET STRING,
                                         crlsHashIndex SEQUENCE OF OCTET STRING,
                                         unsignedAttrValuesHashIndex SEQUENCE OF OCTET STRING }
"""

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki.issuance.timestamp_syntax import IssuerSerial


@asn1.sequence
class EssCertId:
    """RFC 2634 5.4.1: the hash is SHA-1."""

    certificate_hash: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificateV1:
    """RFC 2634 5.4: the first identifier is the signer's certificate."""

    certificates: list[EssCertId]
    policies: list[asn1.TLV] | None


@asn1.sequence
class OtherHash:
    """A hash and what made it (OtherHashAlgAndValue)."""

    algorithm: asn1.TLV
    value: bytes


@asn1.sequence
class PolicyQualifier:
    """SigPolicyQualifierInfo."""

    type: ObjectIdentifier
    value: asn1.TLV


@asn1.sequence
class SignaturePolicyId:
    """EN 319 122-1 5.2.9.1."""

    identifier: ObjectIdentifier
    hash: OtherHash
    qualifiers: list[PolicyQualifier] | None


@asn1.sequence
class CommitmentIndication:
    """EN 319 122-1 5.2.3."""

    identifier: ObjectIdentifier
    qualifiers: list[asn1.TLV] | None


@asn1.sequence
class AtsHashIndex:
    """EN 319 122-1 5.5.2 (and the older ones, where the algorithm may be left out for SHA-256)."""

    algorithm: asn1.TLV
    certificates: list[bytes]
    crls: list[bytes]
    unsigned: list[bytes]


@asn1.sequence
class AtsHashIndexDefault:
    """TS 101 733 6.4.2 with hashIndAlgorithm left out: SHA-256."""

    certificates: list[bytes]
    crls: list[bytes]
    unsigned: list[bytes]
