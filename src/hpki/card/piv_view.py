"""The same keys for software that knows PIV cards and no HPKI ones: most PKCS#11 modules, browsers and ssh.

Source: NIST SP 800-73-4 (part 1: objects; part 2: commands).  What differs from a PIV card, and why:

- There is one PIN reference, 80, and this card has two PINs: whichever is given is proven (`prove_any_pin`).
- PIV PINs have at most eight characters, so a longer HPKI PIN cannot be typed here.
- 9E can be read and does not sign.  PIV's card authentication key signs any 32 bytes for any reader in range, a TLS
  handshake included; our presence key answers only `presence_message(challenge)`, in its own application.
- PINs are changed and unblocked in the HPKI applications, where it is clear which of the two is meant.
"""

import uuid
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from hpki.card.apdu import Command, Refused, Response, StatusWord, expect
from hpki.card.application import CardSession
from hpki.card.objects import CardApplication
from hpki.card.tlv import encode_tlv, find, read_tlvs

# SP 800-73-4 part 1, 2.2: RID of NIST and the PIX of the PIV card application, version 1.0.
_RID: Final = bytes.fromhex("A000000308")
_PIX: Final = bytes.fromhex("000010000100")
PIV_AID: Final = _RID + _PIX

_PIN: Final = 0x80
_PIN_OCTETS: Final = 8
_FORGET: Final = 0xFF  # SP 800-73-4 part 2, 3.2.1: P1 'FF' resets the security status

_DISCOVERY: Final = bytes.fromhex("7E")
_CHUID: Final = bytes.fromhex("5FC102")
_CERTIFICATES: Final = MappingProxyType(
    {
        bytes.fromhex("5FC105"): CardApplication.AUTHENTICATION,  # X.509 certificate for PIV authentication
        bytes.fromhex("5FC10A"): CardApplication.SIGNING,  # … for digital signature
        bytes.fromhex("5FC101"): CardApplication.PRESENCE,  # … for card authentication
    }
)
_KEYS: Final = MappingProxyType({0x9A: CardApplication.AUTHENTICATION, 0x9C: CardApplication.SIGNING})
_RSA_2048: Final = 0x07  # SP 800-78-4, table 6-2
_GUARDED_BY_PIN: Final = (CardApplication.AUTHENTICATION, CardApplication.SIGNING)
# Own: names the 128 bits that stand for a card's printed number.
_CARD_NAMES: Final = uuid.UUID("3d6f2c1e-7b0a-5c55-9f43-0a4e1f5b7c21")


class PivView:
    """PIV's card application over the card's own keys."""

    @property
    def aid(self) -> bytes:
        """The PIV application's DF name."""
        return PIV_AID

    def select(self, _session: CardSession) -> bytes:
        """Application property template 61 (part 2, table 3): PIX, allocation authority, label, key size."""
        authority = encode_tlv(0x79, encode_tlv(0x4F, _RID))
        algorithms = encode_tlv(0xAC, encode_tlv(0x80, bytes((_RSA_2048,))) + encode_tlv(0x06, b"\x00"))
        label = encode_tlv(0x50, b"HPKI")
        return encode_tlv(0x61, encode_tlv(0x4F, _PIX) + authority + label + algorithms)

    def process(self, command: Command, session: CardSession) -> Response:
        """GET DATA, VERIFY and GENERAL AUTHENTICATE; 6D00 for others."""
        match command.ins:
            case 0xCB:
                return Response(_get_data(command, session), StatusWord.SUCCESS)
            case 0x20:
                return _verify(command, session)
            case 0x87:
                return Response(_general_authenticate(command, session), StatusWord.SUCCESS)
            case _:
                raise Refused(StatusWord.INSTRUCTION_NOT_SUPPORTED)


def _get_data(command: Command, session: CardSession) -> bytes:
    expect(command.parameters == 0x3FFF, StatusWord.WRONG_PARAMETERS)
    tag = find(read_tlvs(command.data), 0x5C)
    if tag == _DISCOVERY:
        # Part 1, 3.3.2: the PIN policy "40 00" says that the application PIN alone is used.
        return encode_tlv(0x7E, encode_tlv(0x4F, PIV_AID) + encode_tlv(0x5F2F, b"\x40\x00"))
    if tag == _CHUID:
        return encode_tlv(0x53, _chuid(session))
    kind = _CERTIFICATES.get(tag or b"")
    certificate = None if kind is None else session.certificate(kind)
    if certificate is None:
        raise Refused(StatusWord.FILE_NOT_FOUND)
    # Part 1, table 10: certificate 70, certInfo 71 "not compressed", error detection FE.
    return encode_tlv(0x53, encode_tlv(0x70, certificate) + encode_tlv(0x71, b"\x00") + encode_tlv(0xFE, b""))


def _chuid(session: CardSession) -> bytes:
    """Card holder unique identifier: expiry and a GUID; unsigned (3E is empty), so nobody may trust it."""
    certificate = session.certificate(CardApplication.AUTHENTICATION)
    if certificate is None:
        raise Refused(StatusWord.FILE_NOT_FOUND)
    expires_on = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    return (
        encode_tlv(0x30, _fascn())
        + encode_tlv(0x34, uuid.uuid5(_CARD_NAMES, session.card_id).bytes)
        + encode_tlv(0x35, f"{expires_on:%Y%m%d}".encode())
        + encode_tlv(0x3E, b"")
        + encode_tlv(0xFE, b"")
    )


def _fascn() -> bytes:
    """A number of the US federal agencies' scheme that says "none of them": agency 9999, so that the GUID counts.

    Forty characters of four bits, lowest first, with an odd parity bit; the last makes every bit column even.
    """
    start, separator, end = 0xB, 0xD, 0xF
    nines, zeros = [9] * 4, [0] * 4
    characters = [
        start,
        *nines,
        separator,
        *nines,
        separator,
        *[9] * 6,
        separator,
        0,
        separator,
        0,
        separator,
    ]
    characters += [*[0] * 10, 0, *zeros, 0, end]
    check = 0
    for character in characters:
        check ^= character
    bits = "".join(_with_parity(character) for character in [*characters, check])
    return int(bits, 2).to_bytes(25)


def _with_parity(character: int) -> str:
    lowest_first = f"{character:04b}"[::-1]
    return lowest_first + ("0" if character.bit_count() % 2 else "1")


def _verify(command: Command, session: CardSession) -> Response:
    expect(command.p2 == _PIN, StatusWord.REFERENCE_NOT_FOUND)
    if command.p1 == _FORGET:
        for kind in _GUARDED_BY_PIN:
            session.forget_pin(kind)
        return Response(b"", StatusWord.SUCCESS)
    expect(command.p1 == 0, StatusWord.WRONG_PARAMETERS)
    if not command.data:
        return Response(b"", _pin_status(session))
    # Part 2, 3.2.1: "padded to 8 bytes by appending 'FF'".
    expect(len(command.data) == _PIN_OCTETS, StatusWord.WRONG_DATA)
    session.prove_any_pin(_GUARDED_BY_PIN, command.data.rstrip(b"\xff"))
    return Response(b"", StatusWord.SUCCESS)


def _pin_status(session: CardSession) -> int:
    if any(session.is_proven(kind) for kind in _GUARDED_BY_PIN):
        return StatusWord.SUCCESS
    left = [tries for kind in _GUARDED_BY_PIN if (tries := session.tries_left(kind))]
    return 0x63C0 | min(left) if left else 0x6983  # part 2, 3.2.1: "authentication method blocked"


def _general_authenticate(command: Command, session: CardSession) -> bytes:
    """Part 2, 3.2.4 and A.3: dynamic authentication template 7C with the block in 81; the signature comes in 82."""
    kind = _KEYS.get(command.p2)
    if kind is None:
        raise Refused(StatusWord.FUNCTION_NOT_SUPPORTED)
    expect(
        command.p1 == _RSA_2048 and isinstance(session.public_key(kind), rsa.RSAPublicKey),
        StatusWord.WRONG_PARAMETERS,
    )
    template = find(read_tlvs(command.data), 0x7C)
    block = None if template is None else find(read_tlvs(template), 0x81)
    if not block:
        raise Refused(StatusWord.WRONG_DATA)
    return encode_tlv(0x7C, encode_tlv(0x82, session.sign_block(kind, block)))
