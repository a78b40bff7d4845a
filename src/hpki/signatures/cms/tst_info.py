"""TSTInfo as authorities in service write it (RFC 3161 2.4.2): by hand, since real ones spell out defaults (X.690 11.5)."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind, dotted, hash_of_identifier

_GENERALIZED_TIME: Final = 0x18
_BOOLEAN: Final = 0x01
_TSA: Final = 0xA0
_EXTENSIONS: Final = 0xA1
_WHAT: Final = "TSTInfo"
# RFC 3161 2.4.2: "YYYYMMDDhhmmss[.s...]Z"
_MOMENT: Final = re.compile(rb"([0-9]{14})(?:[.]([0-9]{1,9}))?Z")


@dataclass(frozen=True, slots=True)
class TstFacts:
    """What a token says: which hash existed when, under which policy of the authority."""

    policy: str
    imprint_hash: HashKind | None
    imprint: bytes
    serial_number: int
    stamped_at: dt.datetime
    nonce: int | None


def read_tst_info(octets: bytes) -> TstFacts:
    """The content of a token.  Raises MalformedInput."""
    outer = DerCursor(octets, _WHAT)
    info = outer.enter(der.SEQUENCE)
    outer.finish()
    if info.octets(der.INTEGER) != b"\x01":
        raise MalformedInput(_WHAT, "it is not of version 1")
    policy = dotted(info.octets(der.OBJECT_IDENTIFIER))
    imprint = info.enter(der.SEQUENCE)
    kind = hash_of_identifier(imprint.enter_whole(der.SEQUENCE)[0])
    hashed = imprint.octets(der.OCTET_STRING)
    imprint.finish()
    serial = int.from_bytes(info.octets(der.INTEGER), "big", signed=True)
    stamped_at = _moment(info.octets(_GENERALIZED_TIME))
    info.skip_optional(der.SEQUENCE)
    info.skip_optional(_BOOLEAN)
    nonce = info.optional_octets(der.INTEGER)
    info.skip_optional(_TSA)
    extensions = info.optional(_EXTENSIONS)
    info.finish()
    if extensions is not None:
        _refuse_critical(extensions)
    said = None if nonce is None else int.from_bytes(nonce, "big", signed=True)
    return TstFacts(policy, kind, hashed, serial, stamped_at, said)


def _refuse_critical(extensions: DerCursor) -> None:
    """RFC 3161 2.4.2: what is marked critical and not understood refuses the token; no extension is understood here."""
    while extensions.more():
        extension = extensions.enter(der.SEQUENCE)
        kind = dotted(extension.octets(der.OBJECT_IDENTIFIER))
        if extension.optional_octets(_BOOLEAN) not in {None, b"\x00"}:
            raise MalformedInput(_WHAT, f"the critical extension {kind} is not known")


def _moment(octets: bytes) -> dt.datetime:
    found = _MOMENT.fullmatch(octets)
    if found is None:
        raise MalformedInput(_WHAT, "its genTime is no GeneralizedTime of UTC")
    try:
        whole = dt.datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    except ValueError as refused:
        raise MalformedInput(_WHAT, str(refused)) from refused
    fraction = (found[2] or b"").decode()
    return whole + dt.timedelta(microseconds=int(fraction[:6].ljust(6, "0")) if fraction else 0)
