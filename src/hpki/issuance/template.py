"""Certificates from pre-encoded DER: what is the same for all of one issuer and profile is encoded once.

Measured, `CertificateBuilder` costs about as much as half an RSA-2048 signature; this costs a few hundredths of it.
A property test holds it byte-equal to the builder.
"""

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from hpki import oids
from hpki.certs import der
from hpki.certs.hcrole import HcRole
from hpki.errors import MalformedInput
from hpki.issuance import content
from hpki.issuance.content import IssuingFacts
from hpki.issuance.profiles import Environment, ExtensionRule, Profile
from hpki.issuance.request import CertificateRequest
from hpki.keys.algorithms import KeyAlgorithm

# AlgorithmIdentifier of the signature.  RFC 4055 5: sha256WithRSAEncryption, parameters NULL; RFC 5758 3.2:
# ecdsa-with-SHA256 and -SHA384, no parameters; RFC 9881: id-ml-dsa-65, no parameters.
_RSA: Final = bytes.fromhex("300d06092a864886f70d01010b0500")
SIGNATURE_ALGORITHMS: Final = MappingProxyType(
    {
        KeyAlgorithm.RSA_2048: _RSA,
        KeyAlgorithm.RSA_3072: _RSA,
        KeyAlgorithm.RSA_4096: _RSA,
        KeyAlgorithm.P_256: bytes.fromhex("300a06082a8648ce3d040302"),
        KeyAlgorithm.P_384: bytes.fromhex("300a06082a8648ce3d040303"),
        KeyAlgorithm.ML_DSA_65: bytes.fromhex("300b0609608648016503040312"),
    }
)

# The extensions whose value depends on the request; `lint` reads them anew in every certificate.
SLOTS: Final = frozenset(
    {
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        oids.SUBJECT_DIRECTORY_ATTRIBUTES,
    }
)

_VERSION_3: Final = b"\xa0\x03\x02\x01\x02"
_EXPLICIT_3: Final = 0xA3
_EXPLICIT_4: Final = 0xA4
# RFC 5280 4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050.
_FIRST_UTC_TIME_YEAR: Final = 1950
_LAST_UTC_TIME_YEAR: Final = 2049


class IssuanceTemplate:
    """Everything of a certificate that does not depend on its request."""

    def __init__(
        self, profile: Profile, environment: Environment, facts: IssuingFacts, algorithm: KeyAlgorithm
    ) -> None:
        self.profile = profile
        self.environment = environment
        self.facts = facts
        self.algorithm = algorithm
        self._signature = SIGNATURE_ALGORITHMS[algorithm]
        self._issuer = facts.name.public_bytes()
        self._extensions = tuple(self._pre_encoded())
        self.linted_shapes: set[object] = set()

    def tbs(self, request: CertificateRequest) -> bytes:
        """The DER of the TBSCertificate for `request`.

        Raises MalformedInput for a request of another profile or environment, or for times that are not aware
        moments in whole seconds.
        """
        if request.profile is not self.profile or request.environment is not self.environment:
            raise MalformedInput("certificate request", "it is for another profile or environment")
        extensions = b"".join([self._extension(entry, request) for entry in self._extensions])
        return der.tlv(
            der.SEQUENCE,
            _VERSION_3,
            _serial(request.serial_number),
            self._signature,
            self._issuer,
            der.tlv(der.SEQUENCE, time_der(request.not_before), time_der(request.not_after)),
            request.subject_der,
            request.public_key_der,
            der.tlv(_EXPLICIT_3, der.tlv(der.SEQUENCE, extensions)),
        )

    def _pre_encoded(self) -> Iterator[bytes | ExtensionRule]:
        """The finished octets of fixed extensions, neighbours joined, and the rule of each slot in its place."""
        for is_slot, rules in groupby(self.profile.extensions, key=lambda rule: rule.oid in SLOTS):
            if is_slot:
                yield from rules
            else:
                yield b"".join([self._fixed(rule) for rule in rules])

    def _fixed(self, rule: ExtensionRule) -> bytes:
        value = content.fixed_extension_value(rule.oid, self.profile, self.environment, self.facts)
        return extension_der(rule, value.public_bytes())

    def _extension(self, entry: bytes | ExtensionRule, request: CertificateRequest) -> bytes:
        if isinstance(entry, bytes):
            return entry
        if entry.oid == oids.SUBJECT_DIRECTORY_ATTRIBUTES:
            return _hcrole_extension(entry, request.hcroles) if request.hcroles else b""
        if entry.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            return b"" if request.subject_ja_der is None else _alternative_name(entry, request.subject_ja_der)
        identifier = content.subject_key_identifier(request.public_key).digest
        return extension_der(entry, der.tlv(der.OCTET_STRING, identifier))


def extension_der(rule: ExtensionRule, value_der: bytes) -> bytes:
    """One Extension; DER leaves `critical` out when it is FALSE (X.690 11.5)."""
    critical = b"\x01\x01\xff" if rule.critical else b""
    return der.tlv(der.SEQUENCE, oid_der(rule.oid) + critical + der.tlv(der.OCTET_STRING, value_der))


@lru_cache(maxsize=256)
def oid_der(oid: x509.ObjectIdentifier) -> bytes:
    """An OBJECT IDENTIFIER (X.690 8.19)."""
    first, second, *rest = (int(arc) for arc in oid.dotted_string.split("."))
    return der.tlv(der.OBJECT_IDENTIFIER, b"".join(_base_128(arc) for arc in (first * 40 + second, *rest)))


@lru_cache(maxsize=64)
def time_der(moment: dt.datetime) -> bytes:
    """A Time.  Raises MalformedInput when the moment has no zone or a fraction of a second."""
    if moment.tzinfo is None or moment.microsecond:
        raise MalformedInput("validity", f"{moment.isoformat()} is not an aware moment in whole seconds")
    utc = moment.astimezone(dt.UTC)
    if utc.year < _FIRST_UTC_TIME_YEAR:
        raise MalformedInput("validity", f"{moment.isoformat()} is before 1950")
    if utc.year <= _LAST_UTC_TIME_YEAR:
        return der.tlv(0x17, utc.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return der.tlv(0x18, utc.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def _serial(serial_number: int) -> bytes:
    if serial_number <= 0:
        raise MalformedInput("serialNumber", "RFC 5280 4.1.2.2: it is a positive integer")
    return der.unsigned_integer(serial_number)


def _alternative_name(rule: ExtensionRule, subject_ja_der: bytes) -> bytes:
    # GeneralNames with one directoryName, [4] EXPLICIT as Name is a CHOICE (RFC 5280 4.2.1.6)
    return extension_der(rule, der.tlv(der.SEQUENCE, der.tlv(_EXPLICIT_4, subject_ja_der)))


@lru_cache(maxsize=256)
def _hcrole_extension(rule: ExtensionRule, roles: tuple[HcRole, ...]) -> bytes:
    return extension_der(rule, content.hcrole_value(roles).public_bytes())


def _base_128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))
