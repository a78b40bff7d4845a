"""Lints of what differs from certificate to certificate."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import ExtensionOID, NameOID

from hpki import oids
from hpki.certs import der, tbs
from hpki.certs.hcrole import HcRole, encode_hcroles
from hpki.certs.qualifications import QualificationKind, qualification_of_hcrole
from hpki.errors import MalformedInput
from hpki.issuance import algorithms
from hpki.issuance.candidate import Candidate
from hpki.issuance.finding import Finding
from hpki.issuance.profiles import PRESENCE, Presence, Profile
from hpki.issuance.request import SERIAL_BITS
from hpki.issuance.template import time_der

# A renewal may be issued ahead; more than a month ahead is a mistake in a date.
_FURTHEST_BEGINNING: Final = dt.timedelta(days=31)
_MOST_OCTETS: Final = 8_192
# Bound once: looking a member up in its enumeration costs as much as some lints do.
_REQUIRED: Final = Presence.REQUIRED
_FORBIDDEN: Final = Presence.FORBIDDEN
_STRING_TYPES: Final = {
    NameOID.COUNTRY_NAME: asn1.PrintableString,
    NameOID.SERIAL_NUMBER: asn1.PrintableString,
}
_DIRECTOR_UNIT: Final = "Director"


def serial_number(candidate: Candidate) -> Iterator[Finding]:
    serial = candidate.fields.serial_number
    if serial != candidate.request.serial_number:
        yield Finding(
            "serial_changed",
            "the serial is not the requested one",
            "own: what was asked for is what is signed",
        )
    if serial.bit_length() != SERIAL_BITS:
        yield Finding(
            "serial_form",
            f"the serial has {serial.bit_length()} bits, not {SERIAL_BITS} (20 octets, top bits 01)",
            "RFC 5280 4.1.2.2: positive, at most 20 octets; own: 158 random bits",
        )


def validity_encoding(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    expected = der.tlv(der.SEQUENCE, time_der(request.not_before), time_der(request.not_after))
    if der.element(candidate.fields.validity) != expected:
        yield Finding(
            "validity_changed",
            "the times are not the requested ones in UTCTime (GeneralizedTime from 2050)",
            "RFC 5280 4.1.2.5",
        )


def validity_order(candidate: Candidate) -> Iterator[Finding]:
    request, at = candidate.request, candidate.at
    if request.not_after <= request.not_before:
        yield Finding("validity_empty", "it ends before it begins", "RFC 5280 4.1.2.5")
    if request.not_after <= at:
        yield Finding("validity_past", "it has ended before it is issued", "own")
    if request.not_before > at + _FURTHEST_BEGINNING:
        yield Finding("validity_far", "it begins more than a month ahead", "own")


def validity_nested(candidate: Candidate) -> Iterator[Finding]:
    issuer_validity = candidate.facts.validity
    if issuer_validity is None:
        return
    request, (issuer_begins, issuer_ends) = candidate.request, issuer_validity
    if request.not_before < issuer_begins or request.not_after > issuer_ends:
        yield Finding("validity_not_nested", "it reaches beyond its issuer's certificate", "own: shell model")


def validity_length(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    longest = algorithms.life_ends_at(request.profile.longest_life, request.not_before)
    if request.not_after > longest:
        yield Finding(
            "validity_too_long",
            f"it ends after {longest.isoformat()}",
            request.profile.sources["longest_life"],
        )


def sunset(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    if request.profile.is_authority:
        return
    end = algorithms.earliest_sunset(request.algorithm, candidate.algorithm)
    if end is not None and request.not_after > end:
        yield Finding(
            "algorithm_sunset", f"an algorithm of it ends at {end.isoformat()}", "data/algorithm-sunsets.csv"
        )


def subject(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    subject_der = der.element(candidate.fields.subject)
    if subject_der != request.subject_der:
        yield Finding(
            "subject_changed",
            "the subject is not the requested one",
            "own: what was asked for is what is signed",
        )
    strings, types = _subject_strings(subject_der)
    yield from strings
    yield from _subject_order(types, request.profile)


@lru_cache(maxsize=16)
def _subject_strings(
    subject_der: bytes,
) -> tuple[tuple[Finding, ...], tuple[x509.ObjectIdentifier, ...]]:
    """Findings about its strings, and its attribute types in order; a card's certificates share both."""
    rdns = tbs.split_name(subject_der)
    return tuple(_name_strings(rdns, "subject")), tuple(rdn[0].oid for rdn in rdns)


@lru_cache(maxsize=64)
def _subject_order(types: tuple[x509.ObjectIdentifier, ...], profile: Profile) -> tuple[Finding, ...]:
    """Findings about the attribute types of a subject, which are the same for most of one profile."""
    return tuple(_order_findings(types, profile))


def _order_findings(types: tuple[x509.ObjectIdentifier, ...], profile: Profile) -> Iterator[Finding]:
    order = {oid: place for place, (oid, _) in enumerate(profile.subject)}
    required = {order[oid] for oid, presence in profile.subject if presence is _REQUIRED}
    source = profile.sources["subject"]
    places = [order.get(oid, -1) for oid in types]
    if -1 in places:
        unknown = types[places.index(-1)].dotted_string
        yield Finding("subject_attribute", f"attribute {unknown} has no place", source)
    elif places != sorted(places):
        yield Finding("subject_order", "its attributes stand in another order", source)
    if not required.issubset(places):
        missing = len(required.difference(places))
        yield Finding("subject_missing", f"{missing} required attributes are missing", source)


def presence_subject(candidate: Candidate) -> Iterator[Finding]:
    if candidate.request.profile is not PRESENCE:
        return
    name = candidate.request.subject
    texts = {attribute.oid: attribute.value for attribute in name}
    if texts.get(NameOID.COMMON_NAME) != texts.get(NameOID.SERIAL_NUMBER):
        yield Finding(
            "presence_names_a_person",
            "CN and serialNumber are both the card's number: anybody near can read this certificate",
            "own: names.presence_name",
        )


def alternative_name(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    value = candidate.slots.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    rule = request.profile.japanese_subject
    if value is None:
        if request.subject_ja is not None or rule is _REQUIRED:
            yield Finding(
                "subject_ja_missing",
                "the Japanese subject is missing",
                request.profile.sources["japanese_subject"],
            )
        return
    if rule is _FORBIDDEN or request.subject_ja_der is None:
        yield Finding(
            "subject_ja_unexpected",
            "a Japanese subject has no place here",
            request.profile.sources["japanese_subject"],
        )
        return
    if value != der.tlv(der.SEQUENCE, der.tlv(0xA4, request.subject_ja_der)):
        yield Finding(
            "subject_ja_changed",
            "the Japanese subject is not the requested one",
            "own: what was asked for is what is signed",
        )
    yield from _alternative_strings(value)


@lru_cache(maxsize=16)
def _alternative_strings(value: bytes) -> tuple[Finding, ...]:
    return tuple(_name_strings(tbs.split_directory_name(value), "subjectAltName"))


def public_key(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    if candidate.public_key_der != request.public_key_der:
        yield Finding(
            "key_changed", "the key is not the requested one", "own: what was asked for is what is signed"
        )
    try:
        algorithm = request.algorithm
    except MalformedInput as refused:
        yield Finding("key_kind", refused.why, request.profile.sources["subject_algorithms"])
        return
    if algorithm not in request.profile.subject_algorithms:
        yield Finding(
            "key_kind", f"{algorithm} has no place here", request.profile.sources["subject_algorithms"]
        )
    if candidate.facts.certificate is not None and request.public_key_der == candidate.facts.public_key_der:
        yield Finding("key_of_issuer", "the key is the issuer's own", "own: one key, one purpose")


def key_identifier(candidate: Candidate) -> Iterator[Finding]:
    bits = _key_bits(candidate)
    digest = hashlib.sha1(bits, usedforsecurity=False).digest()
    if candidate.slots.get(ExtensionOID.SUBJECT_KEY_IDENTIFIER) != der.tlv(der.OCTET_STRING, digest):
        yield Finding("key_identifier", "SKI is not SHA-1 over the key's bits", "RFC 5280 4.2.1.2 (1)")


def hcrole(candidate: Candidate) -> Iterator[Finding]:
    request = candidate.request
    source = request.profile.sources["hcrole"]
    value = candidate.slots.get(oids.SUBJECT_DIRECTORY_ATTRIBUTES)
    if value is None:
        if request.hcroles or request.profile.hcrole is _REQUIRED:
            yield Finding("hcrole_missing", "no role stands in it", source)
        return
    if request.profile.hcrole is _FORBIDDEN or not request.hcroles:
        yield Finding("hcrole_unexpected", "a role has no place in it", source)
        return
    if value != _encoded(request.hcroles):
        yield Finding(
            "hcrole_changed",
            "the roles are not the requested ones",
            "own: what was asked for is what is signed",
        )
    for role in request.hcroles:
        yield from _role(role, request.subject)


def size(candidate: Candidate) -> Iterator[Finding]:
    if len(candidate.tbs_der) > _MOST_OCTETS:
        yield Finding(
            "too_large", f"{len(candidate.tbs_der)} octets", f"own: at most {_MOST_OCTETS}, cards are small"
        )


ALL: Final[Sequence[Callable[[Candidate], Iterator[Finding]]]] = (
    serial_number,
    validity_encoding,
    validity_order,
    validity_nested,
    validity_length,
    sunset,
    subject,
    presence_subject,
    alternative_name,
    public_key,
    key_identifier,
    hcrole,
    size,
)


@lru_cache(maxsize=256)
def _encoded(roles: tuple[HcRole, ...]) -> bytes:
    return encode_hcroles(roles)


def _role(role: HcRole, subject_name: x509.Name) -> Iterator[Finding]:
    known = qualification_of_hcrole(role.text)
    if known is None:
        yield Finding("hcrole_unknown", f"{role.text!r} is in no table", "certs/data/qualifications.csv")
        return
    if role != HcRole(role.text):
        # "do not use" in Japan: codeDataValue, regionalHCActorData; samples: UTF8String, id-jhpki-cdata
        yield Finding(
            "hcrole_form", f"{role.text!r} carries more than scheme and text", "samples MEDIS 015E, JPA 83E3"
        )
    if known.kind is QualificationKind.MANAGER:
        units = [
            attribute.value
            for attribute in subject_name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        ]
        if units != [_DIRECTOR_UNIT] or not subject_name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
            yield Finding(
                "hcrole_director",
                "a manager's subject has O and OU=Director",
                "draft policy of 2004, chapter 7",
            )


def _name_strings(rdns: list[list[tbs.NameAttribute]], where: str) -> Iterator[Finding]:
    for rdn in rdns:
        if len(rdn) != 1:
            yield Finding(
                "name_multi_valued", f"{where}: an RDN of {len(rdn)} attributes", "samples: one each"
            )
        for attribute in rdn:
            oid, value = attribute.oid, attribute.value
            if type(value) is not _STRING_TYPES.get(oid, str):
                yield Finding(
                    "name_string_type",
                    f"{where}: attribute {oid.dotted_string} is a {type(value).__name__}",
                    "RFC 5280 appendix A; samples: C and serialNumber PrintableString, the rest UTF8String",
                )
            if not (value if isinstance(value, str) else value.as_str()):
                yield Finding("name_empty", f"{where}: an empty attribute", "RFC 5280 appendix A: SIZE (1..)")


def _key_bits(candidate: Candidate) -> bytes:
    """The content of subjectPublicKey without its unused-bits octet."""
    return tbs.split_public_key(candidate.public_key_der)
