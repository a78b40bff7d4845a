"""How the two HPKI applications and the presence application lay out their files.

The guideline's Annex B is an example with short file identifiers; cards in use carry other values (read from public
programs that talk to them).  A client that follows EF.OD reads both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hpki.card.application import CardSession, ChainLink
from hpki.card.files import ElementaryFile
from hpki.card.objects import (
    EF_CIA_INFO,
    EF_OBJECT_DIRECTORY,
    PRESENCE_AID,
    RID_7816_15,
    SFI_CIA_INFO,
    SFI_OBJECT_DIRECTORY,
    AuthenticationObject,
    CardApplication,
    CardFlag,
    CertificateObject,
    CiaInfo,
    CommonAttributes,
    DirectoryEntry,
    KeyKind,
    KeyUsage,
    ObjectFlag,
    ObjectKind,
    PasswordFlag,
    PasswordType,
    PrivateKeyObject,
    encode_authentication_objects,
    encode_certificates,
    encode_cia_info,
    encode_object_directory,
    encode_private_keys,
    short_path,
)
from hpki.card.pins import PIN_MAX, PIN_MIN


class Layout(StrEnum):
    """Which cards the virtual card resembles."""

    GUIDELINE = "guideline"
    JMA = "jma"


@dataclass(frozen=True)
class Plan:
    """Names and numbers of one application's files.

    File identifiers below 0x20 double as short file identifiers; `has_short_paths` writes paths in one byte.
    """

    aid: bytes
    authentication_objects: int | None
    private_keys: int
    certificates: int
    pin_file: int | None
    key_file: int
    certificate_files: tuple[int, int, int, int]
    pin_reference: int | None
    auth_id: bytes
    stored_length: int
    has_short_paths: bool
    accepts_digest_info: bool
    empty_directories: tuple[tuple[ObjectKind, int], ...] = ()

    def path(self, file_id: int) -> bytes:
        """The path to a file as the directories spell it."""
        return short_path(file_id) if self.has_short_paths else file_id.to_bytes(2, "big")


def _guideline(pix: str) -> Plan:
    # G31 Annex B: SFI 13 AOD, 14 PrKD, 15 CD, 16 PIN, 17 key, 18 to 1B certificates, pwdReference 96, authId 16.
    # "vendor" stands where the EF identifiers would; MSE's 81 02 00 17 suggests that they equal the SFIs.
    return Plan(
        aid=RID_7816_15 + bytes.fromhex(pix),
        authentication_objects=0x13,
        private_keys=0x14,
        certificates=0x15,
        pin_file=0x16,
        key_file=0x17,
        certificate_files=(0x18, 0x19, 0x1A, 0x1B),
        pin_reference=0x96,
        auth_id=b"\x16",
        stored_length=PIN_MAX,
        has_short_paths=True,
        accepts_digest_info=False,
    )


def _jma(pix: str) -> Plan:
    # Seen on the association's sample card: AOD 0001, PrKD 0002, PuKD 0003, CD 0004, DCOD 0005, certificate 0016,
    # key 000C, authId 08, pwdReference 88, storedLength 0.  Where the chain stands was not seen.
    return Plan(
        aid=RID_7816_15 + bytes.fromhex(pix),
        authentication_objects=0x01,
        private_keys=0x02,
        certificates=0x04,
        pin_file=0x08,
        key_file=0x0C,
        certificate_files=(0x16, 0x17, 0x18, 0x19),
        pin_reference=0x88,
        auth_id=b"\x08",
        stored_length=0,
        has_short_paths=False,
        accepts_digest_info=True,
        empty_directories=((ObjectKind.PUBLIC_KEYS, 0x03), (ObjectKind.DATA_CONTAINERS, 0x05)),
    )


# Our own, as nothing like it exists on cards in use: no PIN, no AOD.
_PRESENCE: Final = Plan(
    aid=PRESENCE_AID,
    authentication_objects=None,
    private_keys=0x02,
    certificates=0x04,
    pin_file=None,
    key_file=0x0C,
    certificate_files=(0x16, 0x17, 0x18, 0x19),
    pin_reference=None,
    auth_id=b"",
    stored_length=0,
    has_short_paths=False,
    accepts_digest_info=False,
)

# The ministry assigns the PIX; the guideline prints none.  Ours for its example layout begin like our own AIDs.
_PLANS: Final = {
    (Layout.GUIDELINE, CardApplication.SIGNING): _guideline("F04F48504B490000000001"),
    (Layout.GUIDELINE, CardApplication.AUTHENTICATION): _guideline("F04F48504B490000000002"),
    (Layout.JMA, CardApplication.SIGNING): _jma("A000000391000000000001"),
    (Layout.JMA, CardApplication.AUTHENTICATION): _jma("A000000391000000000002"),
}


def plan_of(layout: Layout, application: CardApplication) -> Plan:
    """The plan of an application; the presence application has the same in every layout."""
    return _PRESENCE if application is CardApplication.PRESENCE else _PLANS[layout, application]


# G31 Annex B, EF.CD: labels and identifiers; the key's iD equals that of its certificate.
_END_ENTITY_ID: Final = b"\x17"
_CERTIFICATE_NAMES: Final = {
    ChainLink.END_ENTITY: ("HPKI END ENTITY CERTIFICATE", _END_ENTITY_ID),
    ChainLink.ROOT: ("MHLW CA CERTIFICATE", b"\x19"),
    ChainLink.ISSUER: ("HPKI ROOT CA CERTIFICATE", b"\x1a"),
    ChainLink.EXTRA: ("HPKI CA CERTIFICATE", b"\x1b"),
}


def files_of(plan: Plan, application: CardApplication, session: CardSession) -> tuple[ElementaryFile, ...]:
    """Every file of the application, with the certificates the card holds now."""
    return tuple(_files(plan, application, session))


def _files(plan: Plan, application: CardApplication, session: CardSession) -> Iterator[ElementaryFile]:
    certificates = {link: session.certificate(application, link) for link in ChainLink}
    present = {link: der for link, der in certificates.items() if der is not None}
    yield ElementaryFile(EF_CIA_INFO, SFI_CIA_INFO, encode_cia_info(_cia_info(plan)))
    yield ElementaryFile(EF_OBJECT_DIRECTORY, SFI_OBJECT_DIRECTORY, _object_directory(plan))
    if plan.authentication_objects is not None:
        yield _file(plan.authentication_objects, encode_authentication_objects([_pin(plan)]))
    has_key = session.public_key(application) is not None
    yield _file(plan.private_keys, encode_private_keys([_private_key(plan, application)] if has_key else []))
    yield _file(plan.certificates, encode_certificates(_certificate(plan, link) for link in present))
    for _kind, file_id in plan.empty_directories:
        yield _file(file_id, b"")
    if plan.pin_file is not None:
        yield ElementaryFile(plan.pin_file, plan.pin_file, is_internal=True)
    yield ElementaryFile(plan.key_file, plan.key_file, is_internal=True)
    for link, der in present.items():
        yield _file(plan.certificate_files[link], der)


def _file(file_id: int, content: bytes) -> ElementaryFile:
    return ElementaryFile(file_id, file_id, content)


def _cia_info(plan: Plan) -> CiaInfo:
    flags = {CardFlag.RANDOM_NUMBERS} | ({CardFlag.AUTHENTICATION_REQUIRED} if plan.pin_file else set())
    return CiaInfo(version=1, label="HPKI Application", flags=frozenset(flags))


def _object_directory(plan: Plan) -> bytes:
    listed = [
        (ObjectKind.AUTHENTICATION_OBJECTS, plan.authentication_objects),
        (ObjectKind.PRIVATE_KEYS, plan.private_keys),
        (ObjectKind.CERTIFICATES, plan.certificates),
        *plan.empty_directories,
    ]
    return encode_object_directory(
        DirectoryEntry(kind, plan.path(file_id)) for kind, file_id in listed if file_id is not None
    )


def _pin(plan: Plan) -> AuthenticationObject:
    return AuthenticationObject(
        common=CommonAttributes(label="PIN"),
        auth_id=plan.auth_id,
        flags=frozenset({PasswordFlag.CASE_SENSITIVE, PasswordFlag.LOCAL, PasswordFlag.INITIALIZED}),
        kind=PasswordType.UTF8,
        minimum_length=PIN_MIN,
        stored_length=plan.stored_length,
        maximum_length=PIN_MAX,
        reference=plan.pin_reference or 0,
    )


def _private_key(plan: Plan, application: CardApplication) -> PrivateKeyObject:
    is_presence = application is CardApplication.PRESENCE
    is_signing = application is CardApplication.SIGNING
    return PrivateKeyObject(
        common=CommonAttributes(
            label="Private key of HPKI",
            flags=frozenset() if is_presence else frozenset({ObjectFlag.PRIVATE}),
            auth_id=plan.auth_id or None,
            # G31 4.3: the PIN is asked for every signature; PKCS#11 shows it as CKA_ALWAYS_AUTHENTICATE.
            user_consent=1 if is_signing else None,
        ),
        identifier=_END_ENTITY_ID,
        usage=frozenset({KeyUsage.NON_REPUDIATION if is_signing else KeyUsage.SIGN}),
        path=plan.path(plan.key_file),
        kind=KeyKind.EC if is_presence else KeyKind.RSA,
        modulus_bits=None if is_presence else 2048,
    )


def _certificate(plan: Plan, link: ChainLink) -> CertificateObject:
    label, identifier = _CERTIFICATE_NAMES[link]
    return CertificateObject(
        common=CommonAttributes(label=label),
        identifier=identifier,
        path=plan.path(plan.certificate_files[link]),
        is_authority=link is not ChainLink.END_ENTITY,
    )
