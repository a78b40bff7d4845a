"""The to-be-signed part of a certificate, split into its fields without interpreting them.

::

    TBSCertificate ::= SEQUENCE {                                        -- RFC 5280 4.1
        version [0] EXPLICIT INTEGER, serialNumber INTEGER, signature, issuer, validity, subject,
        subjectPublicKeyInfo, extensions [3] EXPLICIT SEQUENCE OF Extension }

Version 1, unique identifiers and a missing extension list are refused: no profile has them.
"""

from typing import Annotated, Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki.certs import der
from hpki.errors import MalformedInput

V3: Final = 2


@asn1.sequence
class TbsExtension:
    """One extension; `value` is the content of the OCTET STRING."""

    oid: ObjectIdentifier
    critical: Annotated[bool, asn1.Default(False)]  # noqa: FBT003 - the ASN.1 says DEFAULT FALSE
    value: bytes


@asn1.sequence
class TbsFields:
    """The fields of a TBSCertificate of version 3 with extensions."""

    version: Annotated[int, asn1.Explicit(0)]
    serial_number: int
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    public_key: asn1.TLV
    extensions: Annotated[list[TbsExtension], asn1.Explicit(3)]


@asn1.sequence
class NameAttribute:
    """One attribute of a name; a `str` stood as UTF8String.

    RFC 5280 4.1.2.4: CAs "MUST use either the PrintableString or UTF8String encoding of DirectoryString".
    """

    oid: ObjectIdentifier
    value: str | asn1.PrintableString


@asn1.sequence
class _WrappedName:
    rdns: list[asn1.SetOf[NameAttribute]]


@asn1.sequence
class _DirectoryNameOnly:
    # GeneralNames with one directoryName: SEQUENCE OF { [4] EXPLICIT Name }, RFC 5280 4.2.1.6
    rdns: Annotated[list[asn1.SetOf[NameAttribute]], asn1.Explicit(4)]


def split_tbs(tbs_der: bytes) -> TbsFields:
    """The fields of a TBSCertificate.  Raises MalformedInput."""
    try:
        return asn1.decode_der(TbsFields, tbs_der)
    except (ValueError, TypeError) as refused:
        raise MalformedInput("TBSCertificate", str(refused)) from refused


def split_name(name_der: bytes) -> list[list[NameAttribute]]:
    """The relative distinguished names of a Name.  Raises MalformedInput."""
    try:
        name = asn1.decode_der(_WrappedName, der.tlv(der.SEQUENCE, name_der))
    except (ValueError, TypeError) as refused:
        raise MalformedInput("Name", str(refused)) from refused
    return [rdn.as_list() for rdn in name.rdns]


def split_directory_name(general_names_der: bytes) -> list[list[NameAttribute]]:
    """The Name in a GeneralNames that holds one directoryName and nothing else.  Raises MalformedInput."""
    try:
        names = asn1.decode_der(_DirectoryNameOnly, general_names_der)
    except (ValueError, TypeError) as refused:
        raise MalformedInput("subjectAltName", str(refused)) from refused
    return [rdn.as_list() for rdn in names.rdns]


@asn1.sequence
class _PublicKeyInfo:
    algorithm: asn1.TLV
    key: asn1.BitString


def split_public_key(public_key_info_der: bytes) -> bytes:
    """The octets of subjectPublicKey in a SubjectPublicKeyInfo.  Raises MalformedInput."""
    try:
        return asn1.decode_der(_PublicKeyInfo, public_key_info_der).key.as_bytes()
    except (ValueError, TypeError) as refused:
        raise MalformedInput("SubjectPublicKeyInfo", str(refused)) from refused
