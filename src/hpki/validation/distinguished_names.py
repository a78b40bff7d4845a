"""Distinguished names as RFC 5280 compares them: by what they say, not by how their strings are encoded."""

import unicodedata
from functools import lru_cache
from typing import Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki.certs import der
from hpki.errors import MalformedInput

# One relative distinguished name: its attributes as (type, value), in no order.
NormalisedRdn = frozenset[tuple[str, str | bytes]]
NormalisedName = tuple[NormalisedRdn, ...]

MAX_NAME_OCTETS: Final = 16_384
EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"
# Tag octets of the string types a name may hold, and how their octets become characters.
_ENCODINGS: Final = {
    b"\x0c": "utf-8",
    b"\x12": "ascii",
    b"\x13": "ascii",
    b"\x14": "latin-1",  # TeletexString: RFC 5280 4.1.2.4 keeps it for names established before 2004
    b"\x16": "ascii",
    b"\x1a": "ascii",
    b"\x1c": "utf-32-be",
    b"\x1e": "utf-16-be",
}


@asn1.sequence
class _Attribute:
    oid: ObjectIdentifier
    value: asn1.TLV


@asn1.sequence
class _WrappedName:
    rdns: list[asn1.SetOf[_Attribute]]


def _split(name_der: bytes) -> list[list[_Attribute]]:
    """The relative distinguished names of any Name: of string types beside those that our profiles allow too."""
    try:
        name = asn1.decode_der(_WrappedName, der.tlv(der.SEQUENCE, name_der))
    except (ValueError, TypeError) as refused:
        raise MalformedInput("Name", str(refused)) from refused
    return [rdn.as_list() for rdn in name.rdns]


@lru_cache(maxsize=4096)
def normalised(name_der: bytes) -> NormalisedName:
    """A Name (DER) in the form that is compared.  Raises MalformedInput.

    RFC 5280 7.1: attribute values are equal when they are so after preparation by RFC 4518: case folded, compatibility
    forms composed, spaces at the ends removed and others joined, whatever the string type.
    """
    if len(name_der) > MAX_NAME_OCTETS:
        raise MalformedInput("Name", f"{len(name_der)} octets, at most {MAX_NAME_OCTETS} are read")
    return tuple(
        frozenset((attribute.oid.dotted_string, _value(attribute.value)) for attribute in rdn)
        for rdn in _split(name_der)
    )


def is_within(name: NormalisedName, subtree: NormalisedName) -> bool:
    """Whether a name lies in the subtree below another (RFC 5280 4.2.1.10, 7.1)."""
    return name[: len(subtree)] == subtree


def email_addresses(name: NormalisedName) -> list[str]:
    """The values of emailAddress, a legacy attribute that name constraints reach (RFC 5280 4.2.1.6)."""
    return [value for rdn in name for oid, value in rdn if oid == EMAIL_ADDRESS and isinstance(value, str)]


def _value(element: asn1.TLV) -> str | bytes:
    octets = bytes(element.data)
    encoding = _ENCODINGS.get(element.tag_bytes)
    if encoding is None:
        return element.tag_bytes + octets
    try:
        text = octets.decode(encoding)
    except UnicodeDecodeError as refused:
        raise MalformedInput("Name", f"a string is not {encoding}") from refused
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
