"""hcRole: the qualification that a certificate speaks of, read and built.

It is the attribute 1.0.17090.0.1 inside the extension subjectDirectoryAttributes (RFC 5280 4.2.1.8, never
critical); the ASN.1 is drawn in `hcrole_syntax`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1

from hpki.certs import der, hcrole_syntax
from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput
from hpki.oids import ID_HCPKI_AT_HEALTHCARE_ACTOR, ID_JHPKI_CDATA, SUBJECT_DIRECTORY_ATTRIBUTES

# One role takes about 40 octets; anything near this size is not a person's list of licences.
MAX_ATTRIBUTES_OCTETS: Final = 16_384

# The list itself, and its arc without the version, which software of the field is seen to name.
_SCHEMES: Final = frozenset({ID_JHPKI_CDATA, x509.ObjectIdentifier("1.2.392.100495.1.6.1")})

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class HcRole:
    """One role of a holder.

    `text` is codeDataFreeText, compared exactly and case-sensitively.  `code` (codeDataValue, decimal digits and
    spaces) and `regional` (the DER of each RegionalData) are "do not use" in Japan, but are read and kept.
    `printable` says that the text stands as PrintableString instead of UTF8String.
    Source: ISO 17090-3 healthcare actor; tags as seen in certificates in use.
    """

    text: str
    code: str | None = None
    coding_scheme: x509.ObjectIdentifier = ID_JHPKI_CDATA
    regional: tuple[bytes, ...] | None = None
    printable: bool = False

    @property
    def is_of_japan(self) -> bool:
        """Whether its text is one of Japan's list: only there does a title say what it says in the qualification table."""
        return self.coding_scheme in _SCHEMES


def build_hcrole_extension(roles: Sequence[HcRole]) -> x509.UnrecognizedExtension:
    """The extension value for one or more roles, in DER whatever their order.

    Raises MalformedInput when there is no role, or when a code is not a NumericString.
    """
    return x509.UnrecognizedExtension(SUBJECT_DIRECTORY_ATTRIBUTES, encode_hcroles(roles))


def encode_hcroles(roles: Sequence[HcRole]) -> bytes:
    """DER of SubjectDirectoryAttributes with one attribute, one value, all roles in it.

    Raises MalformedInput when there is no role, or when a code is not a NumericString.
    """
    if not roles:
        # X.501 8.2: an attribute has at least one value; a certificate without a role has no attribute.
        raise MalformedInput("hcRole", "an attribute without a role is not written; leave the extension out")
    data = asn1.SetOf([_actor(role) for role in roles])
    attribute = hcrole_syntax.HealthcareActorAttribute(
        type=ID_HCPKI_AT_HEALTHCARE_ACTOR, values=asn1.SetOf([data])
    )
    return der.tlv(der.SEQUENCE, _encode(attribute))


def encode_actor(role: HcRole) -> bytes:
    """DER of one HCActor.  Raises MalformedInput as `encode_hcroles` does."""
    return _encode(_actor(role))


def read_hcroles(sda_value_der: bytes) -> tuple[HcRole, ...]:
    """All roles in the value of a subjectDirectoryAttributes extension, in the order of the DER.

    Attributes of other types are passed over.  Raises MalformedInput, saying at which level the value went wrong.
    """
    if len(sda_value_der) > MAX_ATTRIBUTES_OCTETS:
        raise MalformedInput(
            "subjectDirectoryAttributes",
            f"{len(sda_value_der)} octets; at most {MAX_ATTRIBUTES_OCTETS} are read",
        )
    wrapped = der.tlv(der.SEQUENCE, sda_value_der)
    attributes = _decode(hcrole_syntax.WrappedAttributes, wrapped, "subjectDirectoryAttributes").attributes
    return tuple(
        role
        for attribute in attributes
        if attribute.type == ID_HCPKI_AT_HEALTHCARE_ACTOR
        for value in attribute.values.as_list()
        for role in _read_actor_data(der.element(value))
    )


def read_actor(actor_der: bytes) -> HcRole:
    """One HCActor.  Raises MalformedInput."""
    roles = _read_actor_data(der.tlv(der.SET, actor_der))
    if len(roles) != 1:
        raise MalformedInput("HCActor", f"{len(roles)} values where one belongs")
    return roles[0]


def hcroles_of(certificate: x509.Certificate) -> tuple[HcRole, ...]:
    """The roles in a certificate; an empty tuple when it names none.  Raises MalformedInput."""
    try:
        extension = certificate.extensions.get_extension_for_oid(SUBJECT_DIRECTORY_ATTRIBUTES)
    except x509.ExtensionNotFound:
        return ()
    except REFUSALS as refused:
        raise MalformedInput("certificate extensions", str(refused)) from refused
    # cryptography has no class for this extension, so its value is always the raw octets.
    return read_hcroles(extension.value.public_bytes())


def _encode(value: hcrole_syntax.HealthcareActorAttribute | hcrole_syntax.HCActor) -> bytes:
    try:
        return asn1.encode_der(value)
    except ValueError as refused:  # text that does not go into its string type, such as a lone surrogate
        raise MalformedInput("hcRole", str(refused)) from refused


def _actor(role: HcRole) -> hcrole_syntax.HCActor:
    try:
        text = asn1.PrintableString(role.text) if role.printable else role.text
    except ValueError as refused:
        raise MalformedInput("codeDataFreeText", str(refused)) from refused
    return hcrole_syntax.HCActor(
        coded_data=hcrole_syntax.CodedData(
            coding_scheme=role.coding_scheme,
            code=None if role.code is None else _numeric_string(role.code),
            text=text,
        ),
        regional=None if role.regional is None else [_any(regional).element for regional in role.regional],
    )


def _any(element_der: bytes) -> hcrole_syntax.AnyElement:
    return _decode(hcrole_syntax.AnyElement, der.tlv(der.SEQUENCE, element_der), "RegionalData")


def _numeric_string(code: str) -> hcrole_syntax.AnyElement:
    # X.680 41.2, table 9: a NumericString holds the digits 0 to 9 and SPACE.
    if not set(code) <= set("0123456789 "):
        raise MalformedInput("codeDataValue", f"{code!r} is not a NumericString (digits and spaces)")
    element = der.tlv(der.NUMERIC_STRING, code.encode("ascii"))
    return _decode(hcrole_syntax.AnyElement, der.tlv(der.SEQUENCE, element), "codeDataValue")


def _read_actor_data(actor_data_der: bytes) -> list[HcRole]:
    wrapped = der.tlv(der.SEQUENCE, actor_data_der)
    try:
        actors = _decode(hcrole_syntax.WrappedHCActorData, wrapped, "HCActorData").actors.as_list()
    except MalformedInput as refused:
        raise _located(wrapped, refused) from refused
    return [_role(actor) for actor in actors]


def _role(actor: hcrole_syntax.HCActor) -> HcRole:
    coded, regional = actor.coded_data, actor.regional
    text = coded.text
    return HcRole(
        text=text if isinstance(text, str) else text.as_str(),
        code=None if coded.code is None else _read_numeric_string(coded.code.element),
        coding_scheme=coded.coding_scheme,
        regional=None if regional is None else tuple(der.element(r) for r in regional),
        printable=not isinstance(text, str),
    )


def _read_numeric_string(element: asn1.TLV) -> str:
    if element.tag_bytes != bytes([der.NUMERIC_STRING]):
        raise MalformedInput(
            "codeDataValue", f"tag {element.tag_bytes.hex()} where a NumericString (12) belongs"
        )
    code = bytes(element.data).decode("latin-1")
    if not set(code) <= set("0123456789 "):
        raise MalformedInput("codeDataValue", f"{code!r} is not a NumericString (digits and spaces)")
    return code


def _decode(syntax: type[_Value], value_der: bytes, what: str) -> _Value:
    try:
        return asn1.decode_der(syntax, value_der)
    except (ValueError, TypeError) as refused:
        raise MalformedInput(what, _reason(refused)) from refused


def _reason(refused: Exception) -> str:
    return str(refused).removeprefix("error parsing asn1 value: ")


def _located(wrapped_der: bytes, refused: MalformedInput) -> MalformedInput:
    """The same refusal, named by the innermost level that is not well formed."""
    try:
        for actor in _decode(hcrole_syntax.ShallowActors, wrapped_der, "HCActorData").actors.as_list():
            actor_der = der.element(actor)
            coded = _decode(hcrole_syntax.ShallowActor, actor_der, "HCActor").coded_data
            coded_der = der.element(coded)
            parts = _decode(hcrole_syntax.ShallowCodedData, coded_der, "CodedData")
            _expect(parts.coding_scheme, {0x06}, "codingSchemeReference", "an OBJECT IDENTIFIER")
            _expect(parts.text, {0x0C, 0x13}, "codeDataFreeText", "a UTF8String or PrintableString")
    except MalformedInput as located:
        return located
    return MalformedInput("HCActorData", f"a value in it is not DER ({refused.why})")


def _expect(element: asn1.TLV, tags: set[int], what: str, kind: str) -> None:
    if element.tag_bytes[0] not in tags:
        raise MalformedInput(what, f"tag {element.tag_bytes.hex()} where {kind} belongs")
