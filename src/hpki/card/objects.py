"""The cryptographic information that a card tells about itself (ISO/IEC 7816-15:2016).

Both sides use these values: the virtual card writes them, the client reads them.  Only the fields that HPKI
cards carry have a name here; readers step over the optional rest and over kinds of objects they do not know.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, TypeVar

from hpki.card.tlv import (
    Tag,
    Tlv,
    encode_bits,
    encode_integer,
    encode_sequence,
    encode_tlv,
    find,
    read_bits,
    read_integer,
    read_text,
    read_tlvs,
)
from hpki.errors import MalformedInput

# ISO/IEC 7816-15, clause 7: the DF name of a cryptographic application begins with this identifier.
RID_7816_15: Final = bytes.fromhex("E828BD080F")
# Our own applications: ISO/IEC 7816-5 leaves 'F' to identifiers that nobody registers.
OWN_PREFIX: Final = bytes.fromhex("F0") + b"OHPKI"
PRESENCE_AID: Final = OWN_PREFIX + bytes.fromhex("5001")
ADMINISTRATION_AID: Final = OWN_PREFIX + bytes.fromhex("4101")

EF_OBJECT_DIRECTORY: Final = 0x5031
EF_CIA_INFO: Final = 0x5032
SFI_OBJECT_DIRECTORY: Final = 0x11
SFI_CIA_INFO: Final = 0x12

PRESENCE_CHALLENGE_OCTETS: Final = 32
_PRESENCE_PREFIX: Final = b"openhpki card presence 1\x00"

_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_PLAIN_0: Final = 0x80


class CardApplication(StrEnum):
    """What a key on the card is for; each stands in an application of its own."""

    SIGNING = "signing"
    AUTHENTICATION = "authentication"
    PRESENCE = "presence"


def presence_message(challenge: bytes) -> bytes:
    """What the presence key signs, with ECDSA and SHA-256, when it answers a challenge of 32 bytes.

    The prefix keeps the answer from being a valid signature of any other protocol: a reader that touches the
    card in a pocket gets no TLS handshake signed.  Raises MalformedInput for another length.  Own definition.
    """
    if len(challenge) != PRESENCE_CHALLENGE_OCTETS:
        raise MalformedInput(
            "presence challenge", f"{len(challenge)} bytes instead of {PRESENCE_CHALLENGE_OCTETS}"
        )
    return _PRESENCE_PREFIX + challenge


def short_path(sfi: int) -> bytes:
    """The guideline's one-byte path: the short file identifier in the upper five bits (Annex B)."""
    return bytes((sfi << 3,))


def sfi_of_path(path: bytes) -> int | None:
    """The short file identifier that a one-byte path means; None for paths of two-byte file identifiers."""
    return path[0] >> 3 if len(path) == 1 and not path[0] & 0x07 else None


class CardFlag(IntEnum):
    """CardFlags of CIAInfo (7816-15, 8.9)."""

    READ_ONLY = 0
    AUTHENTICATION_REQUIRED = 1
    RANDOM_NUMBERS = 2


@dataclass(frozen=True)
class CiaInfo:
    """EF.CIAInfo: version 1 stands for "v2"."""

    version: int
    label: str | None
    flags: frozenset[int]
    serial_number: bytes | None = None


def encode_cia_info(info: CiaInfo) -> bytes:
    """CIAInfo as DER (7816-15, 8.9)."""
    return encode_sequence(
        encode_integer(info.version),
        b"" if info.serial_number is None else encode_tlv(Tag.OCTET_STRING, info.serial_number),
        b"" if info.label is None else encode_tlv(_PLAIN_0, info.label.encode()),
        encode_bits(*info.flags),
    )


def read_cia_info(content: bytes) -> CiaInfo:
    """Read EF.CIAInfo.  Raises MalformedInput."""
    fields = _only_sequence(content, "EF.CIAInfo")
    label = find(fields, _PLAIN_0)
    return CiaInfo(
        version=read_integer(_need(fields, Tag.INTEGER, "CIAInfo version")),
        label=None if label is None else read_text(label),
        flags=read_bits(_need(fields, Tag.BIT_STRING, "CIAInfo flags")),
        serial_number=find(fields, Tag.OCTET_STRING),
    )


class ObjectKind(IntEnum):
    """The choices of CIOChoice, by their context tag (7816-15, 8.3)."""

    PRIVATE_KEYS = 0
    PUBLIC_KEYS = 1
    TRUSTED_PUBLIC_KEYS = 2
    SECRET_KEYS = 3
    CERTIFICATES = 4
    TRUSTED_CERTIFICATES = 5
    USEFUL_CERTIFICATES = 6
    DATA_CONTAINERS = 7
    AUTHENTICATION_OBJECTS = 8


@dataclass(frozen=True)
class DirectoryEntry:
    """One entry of EF.OD: where the objects of one kind are listed."""

    kind: ObjectKind
    path: bytes


def encode_object_directory(entries: Iterable[DirectoryEntry]) -> bytes:
    """EF.OD's content (7816-15, 8.3)."""
    return b"".join(encode_tlv(_CONTEXT_0 | entry.kind, _encode_path(entry.path)) for entry in entries)


def read_object_directory(content: bytes) -> tuple[DirectoryEntry, ...]:
    """Read EF.OD; entries without a path (objects listed in place) are stepped over.  Raises MalformedInput."""
    return tuple(
        DirectoryEntry(ObjectKind(entry.tag & 0x1F), _path_of(entry.children(), "EF.OD"))
        for entry in read_tlvs(content, padded=True)
        if _CONTEXT_0 <= entry.tag <= _CONTEXT_0 + max(ObjectKind)
        and entry.value[:1] == bytes((Tag.SEQUENCE,))
    )


class ObjectFlag(IntEnum):
    """CommonObjectFlags (7816-15, 8.2.1)."""

    PRIVATE = 0
    MODIFIABLE = 1
    INTERNAL = 2


@dataclass(frozen=True)
class CommonAttributes:
    """CommonObjectAttributes: what every object says first (7816-15, 8.2.1).

    `auth_id` names the authentication object that guards it; `user_consent` 1 asks for it before every use.
    """

    label: str | None = None
    flags: frozenset[int] = frozenset()
    auth_id: bytes | None = None
    user_consent: int | None = None

    def encode(self) -> bytes:
        """The attributes as DER."""
        return encode_sequence(
            b"" if self.label is None else encode_tlv(Tag.UTF8_STRING, self.label.encode()),
            encode_bits(*self.flags) if self.flags else b"",
            b"" if self.auth_id is None else encode_tlv(Tag.OCTET_STRING, self.auth_id),
            b"" if self.user_consent is None else encode_integer(self.user_consent),
        )


def _read_common(value: bytes) -> CommonAttributes:
    fields = read_tlvs(value)
    label, flags, consent = (find(fields, tag) for tag in (Tag.UTF8_STRING, Tag.BIT_STRING, Tag.INTEGER))
    return CommonAttributes(
        label=None if label is None else read_text(label),
        flags=frozenset() if flags is None else read_bits(flags),
        auth_id=find(fields, Tag.OCTET_STRING),
        user_consent=None if consent is None else read_integer(consent),
    )


class PasswordFlag(IntEnum):
    """PasswordFlags (7816-15, 8.8.1)."""

    CASE_SENSITIVE = 0
    LOCAL = 1
    CHANGE_DISABLED = 2
    UNBLOCK_DISABLED = 3
    INITIALIZED = 4
    NEEDS_PADDING = 5
    UNBLOCKING_PASSWORD = 6
    SO_PASSWORD = 7


class PasswordType(IntEnum):
    """PasswordType (7816-15, 8.8.1)."""

    BCD = 0
    ASCII_NUMERIC = 1
    UTF8 = 2


@dataclass(frozen=True)
class AuthenticationObject:
    """A password of EF.AOD; `reference` is P2 of VERIFY, lengths are in bytes (7816-15, 8.8)."""

    common: CommonAttributes
    auth_id: bytes
    flags: frozenset[int]
    kind: int
    minimum_length: int
    stored_length: int
    maximum_length: int | None
    reference: int
    path: bytes | None = None

    def encode(self) -> bytes:
        """The object as DER."""
        attributes = encode_sequence(
            encode_bits(*self.flags),
            encode_integer(self.kind, Tag.ENUMERATED),
            encode_integer(self.minimum_length),
            encode_integer(self.stored_length),
            b"" if self.maximum_length is None else encode_integer(self.maximum_length),
            encode_integer(self.reference, _PLAIN_0),
            b"" if self.path is None else _encode_path(self.path),
        )
        return encode_sequence(
            self.common.encode(),
            encode_sequence(encode_tlv(Tag.OCTET_STRING, self.auth_id)),
            encode_tlv(_CONTEXT_1, attributes),
        )


def encode_authentication_objects(objects: Iterable[AuthenticationObject]) -> bytes:
    """EF.AOD's content."""
    return b"".join(each.encode() for each in objects)


def read_authentication_objects(content: bytes) -> tuple[AuthenticationObject, ...]:
    """Read the passwords of EF.AOD.  Raises MalformedInput."""
    return _read_objects(content, frozenset({Tag.SEQUENCE}), _read_password)


def _read_password(
    _tag: int, common: CommonAttributes, own: Sequence[Tlv], kind: Sequence[Tlv]
) -> AuthenticationObject:
    numbers = [read_integer(each.value) for each in kind if each.tag == Tag.INTEGER]
    if len(numbers) < 2:
        raise MalformedInput("EF.AOD", "a password without its lengths")
    reference = find(kind, _PLAIN_0)
    return AuthenticationObject(
        common=common,
        auth_id=_need(own, Tag.OCTET_STRING, "EF.AOD authId"),
        flags=read_bits(_need(kind, Tag.BIT_STRING, "EF.AOD pwdFlags")),
        kind=read_integer(_need(kind, Tag.ENUMERATED, "EF.AOD pwdType")),
        minimum_length=numbers[0],
        stored_length=numbers[1],
        maximum_length=numbers[2] if len(numbers) > 2 else None,
        reference=0 if reference is None else read_integer(reference),
        path=_path_of(kind, "EF.AOD") if find(kind, Tag.SEQUENCE) is not None else None,
    )


class KeyUsage(IntEnum):
    """KeyUsageFlags (7816-15, 8.2.4)."""

    ENCIPHER = 0
    DECIPHER = 1
    SIGN = 2
    SIGN_RECOVER = 3
    VERIFY = 6
    DERIVE = 8
    NON_REPUDIATION = 9


class KeyKind(StrEnum):
    """The private keys a card here may list."""

    RSA = "rsa"
    EC = "ec"


@dataclass(frozen=True)
class PrivateKeyObject:
    """A private key of EF.PrKD (7816-15, 8.4); `modulus_bits` is None for elliptic curves.

    `key_reference` is what MSE takes in tag 84 when present; else the path's file goes into tag 81.
    """

    common: CommonAttributes
    identifier: bytes
    usage: frozenset[int]
    path: bytes
    kind: KeyKind = KeyKind.RSA
    modulus_bits: int | None = 2048
    key_reference: int | None = None

    def encode(self) -> bytes:
        """The object as DER."""
        own = encode_sequence(
            encode_tlv(Tag.OCTET_STRING, self.identifier),
            encode_bits(*self.usage),
            b"" if self.key_reference is None else encode_integer(self.key_reference),
        )
        modulus = b"" if self.modulus_bits is None else encode_integer(self.modulus_bits)
        attributes = encode_tlv(_CONTEXT_1, encode_sequence(_encode_path(self.path), modulus))
        tag = Tag.SEQUENCE if self.kind is KeyKind.RSA else _CONTEXT_0
        return encode_tlv(tag, self.common.encode() + own + attributes)


def encode_private_keys(objects: Iterable[PrivateKeyObject]) -> bytes:
    """EF.PrKD's content."""
    return b"".join(each.encode() for each in objects)


def read_private_keys(content: bytes) -> tuple[PrivateKeyObject, ...]:
    """Read the RSA and EC keys of EF.PrKD.  Raises MalformedInput."""
    return _read_objects(content, frozenset({Tag.SEQUENCE, _CONTEXT_0}), _read_private_key)


def _read_private_key(
    tag: int, common: CommonAttributes, own: Sequence[Tlv], kind: Sequence[Tlv]
) -> PrivateKeyObject:
    modulus, reference = find(kind, Tag.INTEGER), find(own, Tag.INTEGER)
    return PrivateKeyObject(
        common=common,
        identifier=_need(own, Tag.OCTET_STRING, "EF.PrKD iD"),
        usage=read_bits(_need(own, Tag.BIT_STRING, "EF.PrKD usage")),
        path=_path_of(kind, "EF.PrKD"),
        kind=KeyKind.RSA if tag == Tag.SEQUENCE else KeyKind.EC,
        modulus_bits=None if modulus is None else read_integer(modulus),
        key_reference=None if reference is None else read_integer(reference),
    )


@dataclass(frozen=True)
class CertificateObject:
    """An X.509 certificate of EF.CD (7816-15, 8.7); `identifier` equals that of its private key."""

    common: CommonAttributes
    identifier: bytes
    path: bytes
    is_authority: bool = False

    def encode(self) -> bytes:
        """The object as DER."""
        authority = encode_tlv(Tag.BOOLEAN, b"\xff") if self.is_authority else b""
        return encode_sequence(
            self.common.encode(),
            encode_sequence(encode_tlv(Tag.OCTET_STRING, self.identifier), authority),
            encode_tlv(_CONTEXT_1, encode_sequence(_encode_path(self.path))),
        )


def encode_certificates(objects: Iterable[CertificateObject]) -> bytes:
    """EF.CD's content."""
    return b"".join(each.encode() for each in objects)


def read_certificates(content: bytes) -> tuple[CertificateObject, ...]:
    """Read the X.509 certificates of EF.CD.  Raises MalformedInput."""
    return _read_objects(content, frozenset({Tag.SEQUENCE}), _read_certificate)


def _read_certificate(
    _tag: int, common: CommonAttributes, own: Sequence[Tlv], kind: Sequence[Tlv]
) -> CertificateObject:
    return CertificateObject(
        common=common,
        identifier=_need(own, Tag.OCTET_STRING, "EF.CD iD"),
        path=_path_of(kind, "EF.CD"),
        is_authority=(find(own, Tag.BOOLEAN) or b"\x00") != b"\x00",
    )


_Object = TypeVar("_Object")


def _read_objects(
    content: bytes,
    tags: frozenset[int],
    read: Callable[[int, CommonAttributes, Sequence[Tlv], Sequence[Tlv]], _Object],
) -> tuple[_Object, ...]:
    """Take each object apart: common attributes, attributes of its class, [0] of its subclass, [1] of its type."""
    return tuple(
        read(each.tag, *_parts(each)) for each in read_tlvs(content, padded=True) if each.tag in tags
    )


def _parts(found: Tlv) -> tuple[CommonAttributes, tuple[Tlv, ...], tuple[Tlv, ...]]:
    parts = found.children()
    sequences = [part for part in parts if part.tag == Tag.SEQUENCE]
    kind = find(parts, _CONTEXT_1)
    if len(sequences) < 2 or kind is None:
        raise MalformedInput("object directory", "an object without its common, class and type attributes")
    return _read_common(sequences[0].value), sequences[1].children(), _only_sequence(kind, "type attributes")


def _only_sequence(content: bytes, what: str) -> tuple[Tlv, ...]:
    found = next(iter(read_tlvs(content, padded=True)), None)
    if found is None or found.tag != Tag.SEQUENCE:
        raise MalformedInput(what, "does not begin with a SEQUENCE")
    return found.children()


def _need(fields: Sequence[Tlv], tag: int, what: str) -> bytes:
    value = find(fields, tag)
    if value is None:
        raise MalformedInput(what, "missing")
    return value


def _encode_path(path: bytes) -> bytes:
    return encode_sequence(encode_tlv(Tag.OCTET_STRING, path))


def _path_of(fields: Sequence[Tlv], what: str) -> bytes:
    path = find(read_tlvs(_need(fields, Tag.SEQUENCE, f"{what} path")), Tag.OCTET_STRING)
    if not path:
        raise MalformedInput(f"{what} path", "empty")
    return path
