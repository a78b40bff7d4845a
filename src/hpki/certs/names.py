"""Distinguished names as the certificates in use write them.

Order C, O, OU, CN, serialNumber; countryName and serialNumber are PrintableString (RFC 5280 appendix A,
X520countryName and X520SerialNumber), the rest UTF8String, as in the certificates of the authorities in service.
"""

import warnings
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from hpki.errors import MalformedInput

COUNTRY: Final = "JP"

# A space as wide as a kanji; stands between family and given name in the certificates in use.
IDEOGRAPHIC_SPACE: Final = "\u3000"


def subject_name(
    *,
    common_name: str,
    serial_number: str | None = None,
    organisation: str | None = None,
    organisational_unit: str | None = None,
) -> x509.Name:
    """The subject in Latin letters: C, (O), (OU), CN, (serialNumber).

    `common_name` of a person is given name, space, family name in romaji.  Raises MalformedInput when a part is
    empty, too long (RFC 5280 appendix A: 64 characters) or, for serialNumber, not a PrintableString.
    """
    return _name(common_name, serial_number, organisation, organisational_unit)


def japanese_name(
    *,
    family_name: str,
    given_name: str,
    serial_number: str | None = None,
    organisation: str | None = None,
) -> x509.Name:
    """The subject in Japanese, for subjectAltName directoryName: CN is 姓　名 with U+3000 between.

    Raises MalformedInput as `subject_name` does.
    """
    return _name(f"{family_name}{IDEOGRAPHIC_SPACE}{given_name}", serial_number, organisation, None)


def presence_name(card_id: str) -> x509.Name:
    """The subject of a card-presence certificate: the card's number and no person's name.

    The presence key answers without a PIN, so whoever stands near may read this certificate.
    """
    return _name(card_id, card_id, None, None)


def authority_name(
    *, organisation: str, organisational_units: tuple[str, ...], common_name: str | None
) -> x509.Name:
    """The name of an authority: C, O, OU (any number), (CN); the ministry's root has two OU and no CN."""
    attributes = [
        _attribute(NameOID.COUNTRY_NAME, COUNTRY),
        _attribute(NameOID.ORGANIZATION_NAME, organisation),
    ]
    attributes += [_attribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in organisational_units]
    if common_name is not None:
        attributes.append(_attribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def with_common_name(name: x509.Name, common_name: str) -> x509.Name:
    """`name` with one more CN at its end, as the distribution points CN=RARL and CN=SARL of the root are named."""
    return x509.Name([*name, _attribute(NameOID.COMMON_NAME, common_name)])


class _RecentNames:
    """The last few names that were encoded: a card's certificates share theirs, and encoding one is slow.

    Names are told apart by identity.  The whole memory is one tuple that is replaced, so threads need no lock.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[x509.Name, bytes], ...] = ()

    def der(self, name: x509.Name) -> bytes:
        for known, known_der in self._known:
            if known is name:
                return known_der
        name_der = name.public_bytes()
        self._known = ((name, name_der), *self._known[:3])
        return name_der


encode_name = _RecentNames().der
"""DER of a name; the same object is encoded once while it is among the last four."""


def _name(
    common_name: str,
    serial_number: str | None,
    organisation: str | None,
    organisational_unit: str | None,
) -> x509.Name:
    parts = (
        (NameOID.COUNTRY_NAME, COUNTRY),
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, organisational_unit),
        (NameOID.COMMON_NAME, common_name),
        (NameOID.SERIAL_NUMBER, serial_number),
    )
    return x509.Name([_rdn(oid, value) for oid, value in parts if value is not None])


@lru_cache(maxsize=16)
def _rdn(oid: x509.ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    """One attribute by itself; the names on one card share country and serialNumber."""
    return x509.RelativeDistinguishedName([_attribute(oid, value)])


_PRINTABLE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    what = f"name attribute {oid.dotted_string}"
    # RFC 5280 appendix A: ub-common-name, ub-organization-name, ub-organizational-unit-name, ub-serial-number are 64.
    if not value.strip() or len(value) > 64:
        raise MalformedInput(what, "1 to 64 characters belong here")
    if not value.replace(IDEOGRAPHIC_SPACE, "").isprintable():
        raise MalformedInput(what, "control characters do not belong in a name")
    if oid == NameOID.SERIAL_NUMBER and not set(value) <= _PRINTABLE:
        raise MalformedInput(what, f"{value!r} does not go into a PrintableString")
    # cryptography writes countryName and serialNumber as PrintableString and the others as UTF8String.
    if len(value.encode()) <= 64:
        return x509.NameAttribute(oid, value, _validate=False)
    with warnings.catch_warnings():
        # It counts the octets of a common name; RFC 5280 counts characters, and a foreign name in katakana needs them.
        warnings.filterwarnings("ignore", message="Attribute's length must be")
        return x509.NameAttribute(oid, value, _validate=False)
