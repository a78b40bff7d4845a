"""The signed properties of XAdES (EN 319 132-1 5.2; TS 101 903 7.2), only as far as they are under the signature."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from lxml import etree

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.facts import CertificateReference, PolicyReference
from hpki.signatures.xml import names
from hpki.signatures.xml.names import ds, xades
from hpki.signatures.xml.values import children, local_name, moment_of, octets_of, only_child, text_of

_MOST: Final = 64


@dataclass(frozen=True)
class SignedProperties:
    """What the signer said under the signature.  `formats` are the data objects with a DataObjectFormat, by reference."""

    signed_at: dt.datetime | None = None
    certificates: tuple[CertificateReference, ...] = ()
    policy: PolicyReference | None = None
    roles: tuple[str, ...] = ()
    certified: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    content_stamps: tuple[etree._Element, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass
class _Collected:
    signed_at: dt.datetime | None = None
    certificates: tuple[CertificateReference, ...] = ()
    policy: PolicyReference | None = None
    roles: tuple[str, ...] = ()
    certified: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    formats: dict[str, str] | None = None
    content_stamps: tuple[etree._Element, ...] = ()
    unknown: tuple[str, ...] = ()


def read_signed_properties(element: etree._Element) -> SignedProperties:
    """The properties in a SignedProperties element.  Raises MalformedInput when one stands twice or cannot be read."""
    found = _Collected(formats={})
    for group in children(element):
        if str(group.tag) not in {xades("SignedSignatureProperties"), xades("SignedDataObjectProperties")}:
            raise MalformedInput("SignedProperties", f"holds {local_name(group)}")
        seen: set[str] = set()
        for prop in children(group):
            tag = str(prop.tag)
            if tag in seen and tag not in _REPEATED:
                raise MalformedInput("SignedProperties", f"{local_name(prop)} stands there twice")
            seen.add(tag)
            _READERS.get(tag, _unknown)(prop, found)
    return SignedProperties(
        found.signed_at,
        found.certificates,
        found.policy,
        found.roles,
        found.certified,
        found.commitments,
        MappingProxyType(found.formats or {}),
        found.content_stamps,
        found.unknown,
    )


def _signing_time(prop: etree._Element, found: _Collected) -> None:
    found.signed_at = moment_of(prop)


def _signing_certificate(prop: etree._Element, found: _Collected) -> None:
    certificates = _bounded(prop.findall(xades("Cert")), "Cert")
    if not certificates:
        raise MalformedInput(local_name(prop), "names no certificate")
    read = tuple(_certificate(each) for each in certificates)
    if found.certificates and len(read) == 1:
        # Where both versions of the property stand, both are about the signer.
        read = (replace(read[0], is_signer=True),)
    found.certificates += read


def _certificate(element: etree._Element) -> CertificateReference:
    digest = only_child(element, xades("CertDigest"))
    algorithm, value = digest_and_value(digest)
    if (issuer := element.find(xades("IssuerSerial"))) is not None:
        number = text_of(only_child(issuer, ds("X509SerialNumber")), most=64)
        # The name stands as text in one of many spellings; the digest binds the certificate, the number helps to find it.
        if not number.lstrip("-").isdecimal():
            raise MalformedInput("X509SerialNumber", "is no number")
        return CertificateReference(algorithm, value, serial_number=int(number))
    if (issuer := element.find(xades("IssuerSerialV2"))) is not None:
        return CertificateReference(
            algorithm, value, serial_number=_serial_number(octets_of(issuer, most=8192))
        )
    return CertificateReference(algorithm, value)


def _serial_number(issuer_serial_der: bytes) -> int | None:
    """The number in IssuerSerial (RFC 5035 3); None where the octets are not that, which real signatures have."""
    try:
        fields = DerCursor(issuer_serial_der, "IssuerSerialV2").enter(der.SEQUENCE)
        fields.octets(der.SEQUENCE)
        return int.from_bytes(fields.octets(der.INTEGER), "big", signed=True)
    except MalformedInput:
        return None


def digest_and_value(element: etree._Element) -> tuple[HashKind | None, bytes]:
    """DigestMethod and DigestValue that stand in an element.  Raises MalformedInput."""
    method = only_child(element, ds("DigestMethod"))
    value = octets_of(only_child(element, ds("DigestValue")), most=4096)
    return names.digest_of(str(method.get("Algorithm", ""))), value


def _policy(prop: etree._Element, found: _Collected) -> None:
    if prop.find(xades("SignaturePolicyImplied")) is not None:
        found.policy = PolicyReference("", None, b"", is_implied=True)
        return
    named = only_child(prop, xades("SignaturePolicyId"))
    identifier = text_of(only_child(only_child(named, xades("SigPolicyId")), xades("Identifier")))
    algorithm, value = digest_and_value(only_child(named, xades("SigPolicyHash")))
    uri = named.find(f"{xades('SigPolicyQualifiers')}/{xades('SigPolicyQualifier')}/{xades('SPURI')}")
    found.policy = PolicyReference(
        identifier.removeprefix("urn:oid:"), algorithm, value, None if uri is None else text_of(uri)
    )


def _role(prop: etree._Element, found: _Collected) -> None:
    claimed = prop.findall(f"{xades('ClaimedRoles')}/{xades('ClaimedRole')}")
    found.roles += tuple(
        " ".join("".join(str(part) for part in each.itertext()).split())[:400]
        for each in _bounded(claimed, "ClaimedRole")
    )
    names_of_groups = (local_name(each) for each in children(prop))
    found.certified += tuple(each for each in names_of_groups if each in _CERTIFIED)


def _commitment(prop: etree._Element, found: _Collected) -> None:
    identifier = only_child(only_child(prop, xades("CommitmentTypeId")), xades("Identifier"))
    found.commitments += (text_of(identifier),)


def _format(prop: etree._Element, found: _Collected) -> None:
    mime = prop.find(xades("MimeType"))
    if found.formats is not None and len(found.formats) < 2000:
        found.formats[str(prop.get("ObjectReference", ""))] = "" if mime is None else text_of(mime)


def _content_stamp(prop: etree._Element, found: _Collected) -> None:
    found.content_stamps += (prop,)


def _known(_prop: etree._Element, _found: _Collected) -> None:
    """Known, signed, and of no weight for the verdict: where the signer says to have been."""


def _unknown(prop: etree._Element, found: _Collected) -> None:
    found.unknown += (local_name(prop)[:80],)


def _bounded(found: list[etree._Element], what: str) -> list[etree._Element]:
    if len(found) > _MOST:
        raise MalformedInput(what, f"over {_MOST}")
    return found


_READERS: Final[Mapping[str, Callable[[etree._Element, _Collected], None]]] = MappingProxyType(
    {
        xades("SigningTime"): _signing_time,
        xades("SigningCertificate"): _signing_certificate,
        xades("SigningCertificateV2"): _signing_certificate,
        xades("SignaturePolicyIdentifier"): _policy,
        xades("SignerRole"): _role,
        xades("SignerRoleV2"): _role,
        xades("SignatureProductionPlace"): _known,
        xades("SignatureProductionPlaceV2"): _known,
        xades("CommitmentTypeIndication"): _commitment,
        xades("DataObjectFormat"): _format,
        xades("AllDataObjectsTimeStamp"): _content_stamp,
        xades("IndividualDataObjectsTimeStamp"): _content_stamp,
    }
)
# EN 319 132-1 5.2.6; TS 101 903 7.2.8.
_CERTIFIED: Final = frozenset({"CertifiedRoles", "CertifiedRolesV2", "SignedAssertions"})
_REPEATED: Final = frozenset(
    {
        xades("CommitmentTypeIndication"),
        xades("DataObjectFormat"),
        xades("AllDataObjectsTimeStamp"),
        xades("IndividualDataObjectsTimeStamp"),
    }
)


def x509_certificates(key_info: etree._Element) -> list[bytes]:
    """The certificates in KeyInfo, as octets (XMLDSig 4.5.4).  Raises MalformedInput."""
    found = key_info.findall(f"{ds('X509Data')}/{ds('X509Certificate')}")
    return [octets_of(each, most=1 << 17) for each in _bounded(found, "X509Certificate")]
