"""A certificate read once: every field and extension that judging needs, taken out of its octets.

Reading proves nothing.  Facts are kept by the octets they were read from, so a certificate that is met again is not
read again.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Annotated, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from hpki.certs import der, printing
from hpki.certs.tbs import TbsExtension
from hpki.errors import MalformedInput
from hpki.validation.distinguished_names import NormalisedName, normalised
from hpki.validation.foreign import REFUSALS, quietly

# A certificate of the service has about 1,200 octets, one with ML-DSA keys about 5,500.
MAX_CERTIFICATE_OCTETS: Final = 1 << 18
# Facts take some 30 KB each; a desk meets the same authorities and a few hundred holders a day.
_MOST_REMEMBERED: Final = 1024
ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


@asn1.sequence
class _Tbs:
    # TBSCertificate of any version (RFC 5280 4.1)
    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    serial_number: int
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    public_key: asn1.TLV
    issuer_unique_id: Annotated[asn1.BitString | None, asn1.Implicit(1)]
    subject_unique_id: Annotated[asn1.BitString | None, asn1.Implicit(2)]
    extensions: Annotated[list[TbsExtension] | None, asn1.Explicit(3)]


@asn1.sequence
class _Signed:
    tbs: asn1.TLV
    signature_algorithm: asn1.TLV
    signature: asn1.BitString


@asn1.sequence
class _Mapping:
    issuer_policy: x509.ObjectIdentifier
    subject_policy: x509.ObjectIdentifier


@asn1.sequence
class _WrappedMappings:
    mappings: list[_Mapping]


@dataclass(frozen=True, eq=False)
class CertificateFacts:
    """What stands in one certificate.  Two are equal when their octets are.

    `subject` and `issuer` are DER, `subject_name` and `issuer_name` the forms that RFC 5280 7.1 compares; `extensions`
    holds each value by its object identifier, `critical` the identifiers marked so.
    """

    der: bytes = field(repr=False)
    certificate: x509.Certificate
    tbs_der: bytes = field(repr=False)
    version: int
    serial_number: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    issuer_name: NormalisedName = field(repr=False)
    subject_name: NormalisedName = field(repr=False)
    spki_der: bytes = field(repr=False)
    not_before: dt.datetime
    not_after: dt.datetime
    extensions: dict[x509.ObjectIdentifier, x509.ExtensionType] = field(repr=False)
    extension_ders: dict[x509.ObjectIdentifier, bytes] = field(repr=False)
    critical: frozenset[x509.ObjectIdentifier] = field(repr=False)
    policy_mappings: tuple[tuple[x509.ObjectIdentifier, x509.ObjectIdentifier], ...] = field(repr=False)
    algorithms_agree: bool

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CertificateFacts) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    @cached_property
    def sha256(self) -> bytes:
        """SHA-256 of the certificate."""
        return hashlib.sha256(self.der).digest()

    @cached_property
    def words(self) -> str:
        """Subject and serial number for people."""
        return f"{self.subject_words} ({self.serial_number:X})"

    @cached_property
    def subject_words(self) -> str:
        """The subject for people; escaped, since anyone may write anything into a name."""
        return _name_words(lambda: self.certificate.subject)

    @cached_property
    def issuer_words(self) -> str:
        """The issuer for people."""
        return _name_words(lambda: self.certificate.issuer)

    @cached_property
    def public_key(self) -> CertificatePublicKeyTypes | None:
        """The public key; None when it is of a kind nobody here can use."""
        try:
            return self.certificate.public_key()
        except (UnsupportedAlgorithm, ValueError):
            return None

    @cached_property
    def signature_hash(self) -> str | None:
        """Name of the hash it is signed with; None when the algorithm has none of its own."""
        try:
            found = self.certificate.signature_hash_algorithm
        except (UnsupportedAlgorithm, ValueError):
            return "unknown"
        return None if found is None else found.name

    @cached_property
    def is_self_issued(self) -> bool:
        """Subject and issuer are the same name (RFC 5280 3.2)."""
        return self.subject_name == self.issuer_name

    @cached_property
    def basic_constraints(self) -> x509.BasicConstraints | None:
        """Whether it is an authority, and how long a path below it may be."""
        return self.extension(x509.BasicConstraints)

    @cached_property
    def is_authority(self) -> bool:
        """BasicConstraints say cA."""
        return self.basic_constraints is not None and self.basic_constraints.ca

    @cached_property
    def key_usage(self) -> frozenset[str] | None:
        """The names of RFC 5280 4.2.1.3 as cryptography spells them; None when the extension is absent."""
        value = self.extension(x509.KeyUsage)
        if value is None:
            return None
        agreement = {"encipher_only", "decipher_only"} if value.key_agreement else set()
        return frozenset(name for name in (*_KEY_USAGES, *agreement) if getattr(value, name))

    @cached_property
    def extended_key_usage(self) -> frozenset[x509.ObjectIdentifier] | None:
        """Purposes; None when the extension is absent."""
        value = self.extension(x509.ExtendedKeyUsage)
        return None if value is None else frozenset(value)

    @cached_property
    def policies(self) -> frozenset[x509.ObjectIdentifier] | None:
        """Certificate policies; None when the extension is absent."""
        value = self.extension(x509.CertificatePolicies)
        return None if value is None else frozenset(entry.policy_identifier for entry in value)

    @cached_property
    def subject_key_identifier(self) -> bytes | None:
        """The key identifier it gives its own key."""
        value = self.extension(x509.SubjectKeyIdentifier)
        return None if value is None else value.digest

    @cached_property
    def authority_key_identifier(self) -> x509.AuthorityKeyIdentifier | None:
        """What it says of its issuer's key."""
        return self.extension(x509.AuthorityKeyIdentifier)

    @cached_property
    def has_no_revocation(self) -> bool:
        """RFC 9608: noRevAvail is present."""
        return NO_REV_AVAIL in self.extensions

    def extension(self, kind: type[ExtensionT]) -> ExtensionT | None:
        """The extension of a class of `cryptography.x509`, or None."""
        value = self.extensions.get(kind.oid)
        return value if isinstance(value, kind) else None


# RFC 9608 2
NO_REV_AVAIL: Final = x509.ObjectIdentifier("2.5.29.56")
_KEY_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


@lru_cache(maxsize=_MOST_REMEMBERED)
def read_certificate(certificate_der: bytes) -> CertificateFacts:
    """The facts of a certificate in DER.

    Raises MalformedInput when a field or an extension of it is not DER or not of its type, when an extension stands
    there twice, or when it is beyond `MAX_CERTIFICATE_OCTETS`.
    """
    if len(certificate_der) > MAX_CERTIFICATE_OCTETS:
        raise MalformedInput(
            "certificate", f"{len(certificate_der)} octets, at most {MAX_CERTIFICATE_OCTETS}"
        )
    try:
        with quietly():
            return _read(certificate_der)
    except REFUSALS as refused:
        raise MalformedInput("certificate", printing.printable(str(refused))) from refused


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """The same of a certificate that is loaded already.  Raises MalformedInput."""
    return read_certificate(certificate.public_bytes(Encoding.DER))


def _read(certificate_der: bytes) -> CertificateFacts:
    signed = asn1.decode_der(_Signed, certificate_der)
    if signed.signature.padding_bits():
        # Every algorithm's signature is whole octets: unused bits would let an octet change unnoticed.
        raise MalformedInput("certificate", "its signature has unused bits")
    tbs_der = der.element(signed.tbs)
    tbs = asn1.decode_der(_Tbs, tbs_der)
    certificate = x509.load_der_x509_certificate(certificate_der)
    issuer, subject = der.element(tbs.issuer), der.element(tbs.subject)
    extensions = list(certificate.extensions)
    return CertificateFacts(
        der=certificate_der,
        certificate=certificate,
        tbs_der=tbs_der,
        version=tbs.version,
        serial_number=tbs.serial_number,
        issuer=issuer,
        subject=subject,
        issuer_name=normalised(issuer),
        subject_name=normalised(subject),
        spki_der=der.element(tbs.public_key),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        extensions={extension.oid: extension.value for extension in extensions},
        extension_ders={extension.oid: extension.value for extension in tbs.extensions or ()},
        critical=frozenset(extension.oid for extension in extensions if extension.critical),
        policy_mappings=_mappings(tbs.extensions or ()),
        # RFC 5280 4.1.1.2: "This field MUST contain the same algorithm identifier as the signature field in the
        # sequence tbsCertificate."
        algorithms_agree=der.element(tbs.signature) == der.element(signed.signature_algorithm),
    )


def _mappings(
    extensions: Iterable[TbsExtension],
) -> tuple[tuple[x509.ObjectIdentifier, x509.ObjectIdentifier], ...]:
    # RFC 5280 4.2.1.5; `cryptography` (version 50) has no class for it
    for extension in extensions:
        if extension.oid == ExtensionOID.POLICY_MAPPINGS:
            wrapped = asn1.decode_der(_WrappedMappings, der.tlv(der.SEQUENCE, extension.value))
            return tuple((each.issuer_policy, each.subject_policy) for each in wrapped.mappings)
    return ()


def _name_words(name: Callable[[], x509.Name]) -> str:
    try:
        with quietly():
            return printing.name_words(name()) or "-"
    except REFUSALS:  # read by `normalised`, which takes every string type, and now refused by `cryptography`
        return "?"
