"""The same keys for software that reads PKCS#15 cards: OpenSC, and what stands on it.

OpenSC's path decoder wants identifiers of two bytes and finds applications in EF.DIR, so it cannot read the HPKI
applications.  This view gives it what it wants: EF.DIR (2F00) with one DF for each of the two keys, behind the AID by
which OpenSC's IsoApplet driver recognises a card.  That driver pads with PKCS#1 v1.5 only.  The presence key is not
here: it has an application of its own.

Sources: PKCS#15 v1.1 / ISO/IEC 7816-15 (objects), ISO/IEC 7816-4 (files); the driver's side was observed.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hpki.card.apdu import EXTENDED_MAX, Command, Refused, Response, StatusWord, expect
from hpki.card.application import CardSession, ChainLink
from hpki.card.objects import (
    EF_CIA_INFO,
    EF_OBJECT_DIRECTORY,
    RID_7816_15,
    AuthenticationObject,
    CardApplication,
    CardFlag,
    CertificateObject,
    CiaInfo,
    CommonAttributes,
    DirectoryEntry,
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
)
from hpki.card.pins import PIN_MAX, PIN_MIN, split_padded
from hpki.card.tlv import encode_tlv, find, read_tlvs

ISO_APPLET_AID: Final = bytes.fromhex("F276A288BCFBA69D34F31001")
# What the applet answers to SELECT: interface version 0.6, and of its features only "elliptic curves".
_VERSION: Final = bytes.fromhex("000604")

_MASTER_FILE: Final = 0x3F00
_EF_DIR: Final = 0x2F00
_KEY_FILE, _CERTIFICATE_FILE = 0x4B01, 0x4301
_PASSWORDS, _PRIVATE_KEYS, _CERTIFICATES = 0x4401, 0x4402, 0x4404
_FOLDERS: Final = MappingProxyType({CardApplication.AUTHENTICATION: 0x5015, CardApplication.SIGNING: 0x5016})
_REFERENCES: Final = MappingProxyType({CardApplication.AUTHENTICATION: 0x01, CardApplication.SIGNING: 0x02})
_BY_REFERENCE: Final = MappingProxyType({reference: kind for kind, reference in _REFERENCES.items()})
_LABELS: Final = MappingProxyType(
    {CardApplication.AUTHENTICATION: "HPKI auth", CardApplication.SIGNING: "HPKI sign"}
)
_PIN_LABELS: Final = MappingProxyType(
    {CardApplication.AUTHENTICATION: "PIN auth", CardApplication.SIGNING: "PIN sign"}
)
# Names by which EF.DIR tells the two apart; OpenSC can be told to leave one of them out (`application … disable`).
AIDS: Final = MappingProxyType(
    {
        CardApplication.AUTHENTICATION: RID_7816_15 + bytes.fromhex("F0") + b"OHPKI15A",
        CardApplication.SIGNING: RID_7816_15 + bytes.fromhex("F0") + b"OHPKI15S",
    }
)

Path = tuple[int, ...]  # file identifiers below the master file
_WANT_NOTHING: Final = 0x0C


class Pkcs15View:
    """A PKCS#15 file system over the card's own keys, PINs and certificates."""

    def __init__(self) -> None:
        self._files: Mapping[Path, bytes] = {}
        self._current: Path = ()
        self._key: CardApplication | None = None

    @property
    def aid(self) -> bytes:
        """The DF name that OpenSC's driver looks for."""
        return ISO_APPLET_AID

    def select(self, session: CardSession) -> bytes:
        """Begin at the master file; the answer is the applet's version, not an FCI, as its driver expects."""
        self._files = _file_system(session)
        self._current, self._key = (), None
        return _VERSION

    def process(self, command: Command, session: CardSession) -> Response:
        """SELECT, READ BINARY, VERIFY, CHANGE and RESET of PINs, MSE, PSO; 6D00 for others."""
        expect(command.cla == 0, StatusWord.CLASS_NOT_SUPPORTED)
        match command.ins:
            case 0xA4:
                return self._select_file(command)
            case 0xB0:
                return self._read_binary(command)
            case 0x20 | 0x24 | 0x2C:
                return _pin_command(command, session)
            case 0x22:
                return self._set_environment(command)
            case 0x2A:
                return self._sign(command, session)
            case _:
                raise Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _select_file(self, command: Command) -> Response:
        """SELECT by identifier (P1 00, 02) or path (08 from the master file, 09 from the current folder)."""
        found = self._find(command)
        if found not in self._files and not self._is_folder(found):
            raise Refused(StatusWord.FILE_NOT_FOUND)
        self._current = found
        if command.p2 == _WANT_NOTHING:
            return Response(b"", StatusWord.SUCCESS)
        return Response(encode_tlv(0x6F, self._control_information(found)), StatusWord.SUCCESS)

    def _find(self, command: Command) -> Path:
        expect(len(command.data) % 2 == 0, StatusWord.WRONG_LENGTH)
        ids = tuple(int.from_bytes(command.data[at : at + 2]) for at in range(0, len(command.data), 2))
        folder = self._current if self._is_folder(self._current) else self._current[:-1]
        if ids[:1] == (_MASTER_FILE,) or not ids:
            return ids[1:]
        match command.p1:
            case 0x08:
                return ids
            case 0x00 | 0x02 | 0x09:
                return (*folder, *ids)
            case _:
                raise Refused(StatusWord.WRONG_PARAMETERS)

    def _is_folder(self, path: Path) -> bool:
        return not path or (len(path) == 1 and path[0] in _FOLDERS.values())

    def _control_information(self, path: Path) -> bytes:
        """ISO/IEC 7816-4:2020, table 11: size 81, descriptor 82, identifier 83."""
        identifier = encode_tlv(0x83, (path[-1] if path else _MASTER_FILE).to_bytes(2))
        if self._is_folder(path):
            return encode_tlv(0x82, b"\x38") + identifier
        descriptor = b"\x08" if path[-1] == _KEY_FILE else b"\x01"  # internal or working, transparent
        return (
            encode_tlv(0x81, len(self._files[path]).to_bytes(2)) + encode_tlv(0x82, descriptor) + identifier
        )

    def _read_binary(self, command: Command) -> Response:
        content = self._files.get(self._current)
        if content is None:
            raise Refused(StatusWord.NO_CURRENT_FILE)
        offset = command.parameters
        expect(not offset & 0x8000, StatusWord.WRONG_PARAMETERS)
        expect(self._current[-1] != _KEY_FILE, StatusWord.SECURITY_NOT_SATISFIED)
        expect(offset <= len(content), StatusWord.OFFSET_OUTSIDE_FILE)
        return Response(content[offset : offset + (command.le or EXTENDED_MAX)], StatusWord.SUCCESS)

    def _set_environment(self, command: Command) -> Response:
        """MSE SET: the driver sends 80 (algorithm), 81 (key file) and 84 (key reference)."""
        expect(command.parameters == 0x41B6, StatusWord.WRONG_PARAMETERS)
        reference = find(read_tlvs(command.data), 0x84)
        self._key = _BY_REFERENCE.get(reference[-1]) if reference else None
        expect(self._key is not None, StatusWord.REFERENCE_NOT_FOUND)
        return Response(b"", StatusWord.SUCCESS)

    def _sign(self, command: Command, session: CardSession) -> Response:
        """PSO COMPUTE DIGITAL SIGNATURE over a DigestInfo: the padding is put on by the card."""
        expect(command.parameters == 0x9E9A, StatusWord.WRONG_PARAMETERS)
        if self._key is None:
            raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
        return Response(session.sign_digest_info(self._key, command.data), StatusWord.SUCCESS)


def _pin_command(command: Command, session: CardSession) -> Response:
    kind = _BY_REFERENCE.get(command.p2)
    if kind is None:
        raise Refused(StatusWord.REFERENCE_NOT_FOUND)
    expect(command.p1 == 0, StatusWord.WRONG_PARAMETERS)
    if command.ins == 0x24:
        session.change_pin(kind, *split_padded(command.data))
    elif command.ins == 0x2C:
        session.unblock_pin(kind, *split_padded(command.data))
    elif command.data:
        session.prove_pin(kind, command.data)
    else:
        left = session.tries_left(kind)
        expect(left, StatusWord.PIN_BLOCKED)
        return Response(b"", StatusWord.SUCCESS if session.is_proven(kind) else 0x63C0 | left)
    return Response(b"", StatusWord.SUCCESS)


def _file_system(session: CardSession) -> Mapping[Path, bytes]:
    present = [kind for kind in _FOLDERS if session.certificate(kind) is not None]
    files: dict[Path, bytes] = {(_EF_DIR,): b"".join(_directory_record(kind) for kind in present)}
    for kind in present:
        files.update(
            {(_FOLDERS[kind], file_id): content for file_id, content in _folder(kind, session).items()}
        )
    return files


def _directory_record(kind: CardApplication) -> bytes:
    """EF.DIR's application template: AID 4F, label 50, path 51 (ISO/IEC 7816-4:2020, 12.2.2)."""
    return encode_tlv(
        0x61,
        encode_tlv(0x4F, AIDS[kind])
        + encode_tlv(0x50, _LABELS[kind].encode())
        + encode_tlv(0x51, _path(_MASTER_FILE, _FOLDERS[kind])),
    )


def _folder(kind: CardApplication, session: CardSession) -> Mapping[int, bytes]:
    certificates = {link: der for link in ChainLink if (der := session.certificate(kind, link)) is not None}
    identifier = bytes((_REFERENCES[kind],))
    listed = [
        (ObjectKind.AUTHENTICATION_OBJECTS, _PASSWORDS),
        (ObjectKind.PRIVATE_KEYS, _PRIVATE_KEYS),
        (ObjectKind.CERTIFICATES, _CERTIFICATES),
    ]
    return {
        EF_OBJECT_DIRECTORY: encode_object_directory(
            DirectoryEntry(which, _path(_MASTER_FILE, _FOLDERS[kind], file_id)) for which, file_id in listed
        ),
        EF_CIA_INFO: encode_cia_info(
            CiaInfo(0, _LABELS[kind], frozenset({CardFlag.READ_ONLY}), serial_number=session.card_id.encode())
        ),
        _PASSWORDS: encode_authentication_objects([_password(kind, identifier)]),
        _PRIVATE_KEYS: encode_private_keys([_private_key(kind, identifier)]),
        _CERTIFICATES: encode_certificates(_certificate(kind, link, identifier) for link in certificates),
        _KEY_FILE: b"",
        **{_CERTIFICATE_FILE + link: der for link, der in certificates.items()},
    }


def _password(kind: CardApplication, identifier: bytes) -> AuthenticationObject:
    # Padded to the stored length, so that old and new PIN can be told apart when the PIN is changed.
    flags = {
        PasswordFlag.CASE_SENSITIVE,
        PasswordFlag.LOCAL,
        PasswordFlag.INITIALIZED,
        PasswordFlag.NEEDS_PADDING,
    }
    return AuthenticationObject(
        common=CommonAttributes(_PIN_LABELS[kind], frozenset({ObjectFlag.PRIVATE, ObjectFlag.MODIFIABLE})),
        auth_id=identifier,
        flags=frozenset(flags),
        kind=PasswordType.ASCII_NUMERIC,
        minimum_length=PIN_MIN,
        stored_length=PIN_MAX,
        maximum_length=PIN_MAX,
        reference=_REFERENCES[kind],
    )


def _private_key(kind: CardApplication, identifier: bytes) -> PrivateKeyObject:
    is_signing = kind is CardApplication.SIGNING
    return PrivateKeyObject(
        common=CommonAttributes(
            label=_LABELS[kind],
            flags=frozenset({ObjectFlag.PRIVATE}),
            auth_id=identifier,
            user_consent=1 if is_signing else None,
        ),
        identifier=identifier,
        usage=frozenset({KeyUsage.SIGN, KeyUsage.NON_REPUDIATION} if is_signing else {KeyUsage.SIGN}),
        path=_path(_MASTER_FILE, _FOLDERS[kind], _KEY_FILE),
        key_reference=_REFERENCES[kind],
    )


def _certificate(kind: CardApplication, link: ChainLink, identifier: bytes) -> CertificateObject:
    is_end_entity = link is ChainLink.END_ENTITY
    return CertificateObject(
        common=CommonAttributes(_LABELS[kind] if is_end_entity else f"{_LABELS[kind]} CA {link:d}"),
        identifier=identifier if is_end_entity else bytes((0x10 + link,)),
        path=_path(_MASTER_FILE, _FOLDERS[kind], _CERTIFICATE_FILE + link),
        is_authority=not is_end_entity,
    )


def _path(*file_ids: int) -> bytes:
    return b"".join(file_id.to_bytes(2) for file_id in file_ids)
