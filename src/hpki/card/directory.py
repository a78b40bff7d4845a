"""What a card tells about itself: its HPKI applications, found and read without knowing a single file identifier.

Two kinds of cards differ in every number, so nothing is assumed: partial SELECT finds the applications, EF.OD names
the files that list passwords, keys and certificates, and those name the rest (ISO/IEC 7816-15:2016, 7 and 8).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hpki.card.apdu import EXTENDED_MAX, SHORT_EXPECTED_MAX, Command, Response, StatusWord
from hpki.card.objects import (
    EF_CIA_INFO,
    EF_OBJECT_DIRECTORY,
    PRESENCE_AID,
    RID_7816_15,
    SFI_CIA_INFO,
    SFI_OBJECT_DIRECTORY,
    AuthenticationObject,
    CardApplication,
    CertificateObject,
    CiaInfo,
    DirectoryEntry,
    KeyUsage,
    ObjectKind,
    PrivateKeyObject,
    read_authentication_objects,
    read_certificates,
    read_cia_info,
    read_object_directory,
    read_private_keys,
    sfi_of_path,
)
from hpki.card.tlv import find, read_tlvs
from hpki.card.transport import CommandProcessor, must
from hpki.errors import MalformedInput

SELECT: Final = 0xA4
READ_BINARY: Final = 0xB0
_FIRST, _NEXT, _NO_DATA = 0x00, 0x02, 0x0C  # P2 of SELECT (ISO/IEC 7816-4:2020, 11.2.2, table 63)
_MASTER_FILE: Final = b"\x3f\x00"
_OFFSET_MAX: Final = 0x7FFF
_READS_MAX: Final = 512
_APPLICATIONS_MAX: Final = 16
_FCI, _DF_NAME = 0x6F, 0x84
_FILE_ENDED: Final = frozenset({StatusWord.SUCCESS, StatusWord.END_OF_FILE})


@dataclass(frozen=True)
class ApplicationDirectory:
    """One application as it describes itself; whether it is an HPKI one is said by its certificate alone."""

    kind: CardApplication
    aid: bytes
    info: CiaInfo
    private_key: PrivateKeyObject
    password: AuthenticationObject | None
    certificates: tuple[CertificateObject, ...]

    @property
    def end_entity(self) -> CertificateObject | None:
        """The certificate whose identifier is the key's (7816-15, 8.1: "the same iD")."""
        return next(
            (each for each in self.certificates if each.identifier == self.private_key.identifier), None
        )


def read_applications(processor: CommandProcessor) -> tuple[ApplicationDirectory, ...]:
    """Every application of the card that lists a private key.  Raises MalformedInput, CardUnavailable."""
    found = [*_aids(processor, RID_7816_15), *_aids(processor, PRESENCE_AID)]
    directories = (_read_application(processor, aid) for aid in found)
    return tuple(directory for directory in directories if directory is not None)


def select_application(processor: CommandProcessor, aid: bytes) -> None:
    """Select by the whole DF name; PINs proven before are forgotten by the card.  Raises CardRefused."""
    must(
        processor.send(Command(0x00, SELECT, 0x04, _FIRST, aid, SHORT_EXPECTED_MAX)),
        "selecting the application",
    )


def read_path(processor: CommandProcessor, path: bytes) -> bytes:
    """The content of the file that a path of 7816-15 names, in the selected application.

    Raises CardRefused with the status word, e.g. 6A82 when there is no such file.
    """
    sfi = sfi_of_path(path)
    if sfi is not None:
        return _read_binary(processor, sfi=sfi)
    _select_file(processor, path)
    return _read_binary(processor)


def _aids(processor: CommandProcessor, prefix: bytes) -> Iterator[bytes]:
    """DF names that begin with `prefix`, in the card's order.

    G31 A.2: partial selection by DF name must work, P2 '00' for the first and '02' for the next occurrence.
    """
    seen: list[bytes] = []
    while len(seen) < _APPLICATIONS_MAX:
        occurrence = _NEXT if seen else _FIRST
        response = processor.send(Command(0x00, SELECT, 0x04, occurrence, prefix, SHORT_EXPECTED_MAX))
        if not response.succeeded:
            return
        aid = _df_name(response)
        if aid in seen:  # a card that ignores P2 gives the first one for ever
            return
        seen.append(aid)
        yield aid


def _df_name(response: Response) -> bytes:
    fci = find(read_tlvs(response.data), _FCI)
    name = None if fci is None else find(read_tlvs(fci), _DF_NAME)
    if not name:
        raise MalformedInput("answer to SELECT", "no DF name (84) in the file control information (6F)")
    return name


def _read_application(processor: CommandProcessor, aid: bytes) -> ApplicationDirectory | None:
    select_application(processor, aid)
    info = read_cia_info(_read_well_known(processor, SFI_CIA_INFO, EF_CIA_INFO))
    entries = read_object_directory(_read_well_known(processor, SFI_OBJECT_DIRECTORY, EF_OBJECT_DIRECTORY))
    keys = read_private_keys(_listed(processor, entries, ObjectKind.PRIVATE_KEYS))
    if not keys:
        return None
    passwords = read_authentication_objects(_listed(processor, entries, ObjectKind.AUTHENTICATION_OBJECTS))
    certificates = read_certificates(_listed(processor, entries, ObjectKind.CERTIFICATES))
    key = keys[0]  # G31 4.3: one key, one end-entity certificate, one PIN in each application
    guard = next((each for each in passwords if each.auth_id == key.common.auth_id), None)
    return ApplicationDirectory(_kind(key), aid, info, key, guard, certificates)


def _kind(key: PrivateKeyObject) -> CardApplication:
    if key.common.auth_id is None:
        return CardApplication.PRESENCE  # usable without PIN
    # G31 Annex B: usage nonRepudiation and userConsent 1 ("PIN for every signature") are the signing application's.
    signs_documents = KeyUsage.NON_REPUDIATION in key.usage or key.common.user_consent == 1
    return CardApplication.SIGNING if signs_documents else CardApplication.AUTHENTICATION


def _read_well_known(processor: CommandProcessor, sfi: int, file_id: int) -> bytes:
    """EF.OD and EF.CIAInfo have a short identifier and a file identifier of the standard (7816-15, 7.4)."""
    response = processor.send(_read_command(0, sfi))
    if response.status_word in _FILE_ENDED:
        return _read_on(processor, response.data)
    return read_path(processor, file_id.to_bytes(2))


def _listed(processor: CommandProcessor, entries: tuple[DirectoryEntry, ...], kind: ObjectKind) -> bytes:
    """The files of one kind, one behind the other; nothing when EF.OD names none."""
    return b"".join(read_path(processor, entry.path) for entry in entries if entry.kind == kind)


def _select_file(processor: CommandProcessor, path: bytes) -> None:
    if len(path) == 2:
        p1 = 0x02  # an EF under the current DF
    elif path.startswith(_MASTER_FILE):
        p1, path = 0x08, path[2:]
    else:
        p1 = 0x09  # a path from the current DF
    must(
        processor.send(Command(0x00, SELECT, p1, _NO_DATA, path)), f"selecting the file {path.hex().upper()}"
    )


def _read_binary(processor: CommandProcessor, *, sfi: int | None = None) -> bytes:
    response = processor.send(_read_command(0, sfi))
    if response.status_word not in _FILE_ENDED:
        must(response, "reading a file")
    return _read_on(processor, response.data)


def _read_on(processor: CommandProcessor, data: bytes) -> bytes:
    """Read from where the first answer ended to the end of the file (now the current one)."""
    for _ in range(_READS_MAX):
        if _is_whole(data) or len(data) > _OFFSET_MAX:
            break
        response = processor.send(_read_command(len(data), None))
        if not response.data or response.status_word not in _FILE_ENDED:
            break
        data += response.data
    return data


def _is_whole(data: bytes) -> bool:
    # A Le of zeros asks for "all the bytes until the end of the file … within the limit of" 256 or 65,536
    # (ISO/IEC 7816-4:2020, 5.2), but cards stop earlier for reasons of their own.  So the content decides: no data
    # object is cut off, and the answer did not just happen to end at the shorter limit.
    try:
        read_tlvs(data, padded=True)
    except MalformedInput:
        return False
    return not data or len(data) % SHORT_EXPECTED_MAX != 0


def _read_command(offset: int, sfi: int | None) -> Command:
    if sfi is not None:
        return Command(0x00, READ_BINARY, 0x80 | sfi, offset, le=EXTENDED_MAX)
    return Command(0x00, READ_BINARY, offset >> 8, offset & 0xFF, le=EXTENDED_MAX)
