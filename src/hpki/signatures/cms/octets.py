"""SignedData split into the octets of its parts (RFC 5652 5.1, 5.3), each as it stands in the message.

Time-stamps over an archive hash these octets unmodified and in their order, which is why the layers above attribute
values are split by hand: typed decoding sorts sets and forgets how things were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import oid_of
from hpki.signatures.cms.ber import normalised

# A referral letter with its scans is some MB; a signed CT series is not sent attached.
MOST_OCTETS: Final = 256 * 1024 * 1024
MOST_SIGNERS: Final = 64
MOST_ITEMS: Final = 1024
_WHAT: Final = "CMS SignedData"
_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_KEY_IDENTIFIER: Final = 0x80


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type, the whole element, and its values (DER)."""

    type: ObjectIdentifier
    der: bytes
    type_der: bytes
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SignerOctets:
    """One SignerInfo in its parts; `signed_attributes_der` is the element [0], None when there are none."""

    der: bytes
    version_der: bytes
    sid_der: bytes
    digest_algorithm_der: bytes
    signed_attributes_der: bytes | None
    signed_attributes: tuple[Attribute, ...]
    signature_algorithm_der: bytes
    signature_der: bytes
    signature: bytes
    unsigned_attributes: tuple[Attribute, ...]

    @property
    def fixed_der(self) -> bytes:
        """Everything up to the signature: what archive time-stamps hash of a SignerInfo beside unsigned attributes."""
        return b"".join(
            (
                self.version_der,
                self.sid_der,
                self.digest_algorithm_der,
                self.signed_attributes_der or b"",
                self.signature_algorithm_der,
                self.signature_der,
            )
        )


@dataclass(frozen=True, slots=True)
class SignedDataOctets:
    """A SignedData in its parts.

    `content` is None when it is detached; `certificates_der` and `crls_der` are the elements [0] and [1].  `was_ber`
    tells that lengths were rewritten; `trailing` counts octets after the message, `message` is the whole as it was read.
    """

    version: int
    digest_algorithms: tuple[bytes, ...]
    encapsulated_der: bytes = field(repr=False)
    content_type: ObjectIdentifier
    content_type_der: bytes
    content: bytes | None = field(repr=False)
    certificates_der: bytes | None = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    crls_der: bytes | None = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerOctets, ...] = field(repr=False)
    was_ber: bool = False
    trailing: int = 0
    message: bytes = field(repr=False, default=b"")


def read_signed_data(octets: bytes) -> SignedDataOctets:
    """A ContentInfo with SignedData, in DER or BER.  Raises MalformedInput."""
    if len(octets) > MOST_OCTETS:
        raise MalformedInput(_WHAT, f"more than {MOST_OCTETS} octets are not read")
    try:
        return replace(_read(octets, was_ber=False, trailing=0), message=octets)
    except MalformedInput:
        rewritten, taken = normalised(octets)
        if rewritten == octets:
            raise
        message = octets[:taken]
        read = _read(rewritten, was_ber=rewritten != message, trailing=len(octets) - taken)
        return replace(read, message=message)


def read_signer(signer_der: bytes) -> SignerOctets:
    """One SignerInfo, as it stands in a counter-signature.  Raises MalformedInput."""
    cursor = DerCursor(signer_der, "SignerInfo")
    whole, content = cursor.enter_whole(der.SEQUENCE)
    cursor.finish()
    return _signer(whole, content)


def read_attributes(cursor: DerCursor) -> tuple[Attribute, ...]:
    """Every attribute that is left in a cursor.  Raises MalformedInput."""
    return tuple(_attribute(each) for each in _elements(cursor))


def attributes_named(attributes: tuple[Attribute, ...], *kinds: ObjectIdentifier) -> list[Attribute]:
    """The attributes of some types, in their order."""
    return [each for each in attributes if each.type in kinds]


def _read(octets: bytes, *, was_ber: bool, trailing: int) -> SignedDataOctets:
    outer = DerCursor(octets, _WHAT)
    info = outer.enter(der.SEQUENCE)
    outer.finish()
    if oid_of(info.octets(der.OBJECT_IDENTIFIER)) != oids.SIGNED_DATA:
        raise MalformedInput(_WHAT, "it is another kind of message")
    wrapped = info.enter(_CONTEXT_0)
    info.finish()
    data = wrapped.enter(der.SEQUENCE)
    wrapped.finish()
    version = _small(data.octets(der.INTEGER))
    digest_algorithms = tuple(_elements(data.enter(der.SET)))
    encapsulated_der, content = data.enter_whole(der.SEQUENCE)
    type_octets = content.octets(der.OBJECT_IDENTIFIER)
    inner = content.optional(_CONTEXT_0)
    content.finish()
    carried = None
    if inner is not None:
        carried = inner.octets(der.OCTET_STRING)
        inner.finish()
    certificates_der, certificates = _optional_set(data, _CONTEXT_0)
    crls_der, crls = _optional_set(data, _CONTEXT_1)
    signers = data.enter(der.SET)
    data.finish()
    found: list[SignerOctets] = []
    while signers.more():
        if len(found) >= MOST_SIGNERS:
            raise MalformedInput(_WHAT, f"more than {MOST_SIGNERS} signers")
        found.append(_signer(*signers.enter_whole(der.SEQUENCE)))
    return SignedDataOctets(
        version=version,
        digest_algorithms=digest_algorithms,
        encapsulated_der=encapsulated_der,
        content_type=oid_of(type_octets),
        content_type_der=der.tlv(der.OBJECT_IDENTIFIER, type_octets),
        content=carried,
        certificates_der=certificates_der,
        certificates=certificates,
        crls_der=crls_der,
        crls=crls,
        signers=tuple(found),
        was_ber=was_ber,
        trailing=trailing,
    )


def _optional_set(data: DerCursor, tag: int) -> tuple[bytes | None, tuple[bytes, ...]]:
    if not data.is_next(tag):
        return None, ()
    whole, content = data.enter_whole(tag)
    return whole, tuple(_elements(content))


def _signer(whole: bytes, content: DerCursor) -> SignerOctets:
    version_der = content.element()
    if version_der[0] != der.INTEGER:
        raise MalformedInput("SignerInfo", "it does not begin with a version")
    if not (content.is_next(der.SEQUENCE) or content.is_next(_KEY_IDENTIFIER)):
        raise MalformedInput("SignerInfo", "it does not name its signer")
    sid_der = content.element()
    digest_algorithm_der = content.enter_whole(der.SEQUENCE)[0]
    signed_der: bytes | None = None
    signed: tuple[Attribute, ...] = ()
    if content.is_next(_CONTEXT_0):
        signed_der, attributes = content.enter_whole(_CONTEXT_0)
        signed = read_attributes(attributes)
    signature_algorithm_der = content.enter_whole(der.SEQUENCE)[0]
    signature = content.octets(der.OCTET_STRING)
    unsigned = content.optional(_CONTEXT_1)
    content.finish()
    return SignerOctets(
        der=whole,
        version_der=version_der,
        sid_der=sid_der,
        digest_algorithm_der=digest_algorithm_der,
        signed_attributes_der=signed_der,
        signed_attributes=signed,
        signature_algorithm_der=signature_algorithm_der,
        signature_der=der.tlv(der.OCTET_STRING, signature),
        signature=signature,
        unsigned_attributes=() if unsigned is None else read_attributes(unsigned),
    )


def _attribute(attribute_der: bytes) -> Attribute:
    cursor = DerCursor(attribute_der, "attribute").enter(der.SEQUENCE)
    type_octets = cursor.octets(der.OBJECT_IDENTIFIER)
    values = cursor.enter(der.SET)
    cursor.finish()
    type_der = der.tlv(der.OBJECT_IDENTIFIER, type_octets)
    return Attribute(oid_of(type_octets), attribute_der, type_der, tuple(_elements(values)))


def _elements(cursor: DerCursor) -> Iterator[bytes]:
    count = 0
    while cursor.more():
        count += 1
        if count > MOST_ITEMS:
            raise MalformedInput(_WHAT, f"more than {MOST_ITEMS} items in one set")
        yield cursor.element()


def _small(octets: bytes) -> int:
    if len(octets) != 1:
        raise MalformedInput(_WHAT, "its version is no small number")
    return octets[0]
