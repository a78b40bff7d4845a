"""Cards for tests: one card made once per layout, copied for each test; the memory kept in a list, or in a file.

Key pairs cost 50 to 100 ms each, so a small stock of them is made once and `stocked_keys` deals from it.
"""

import datetime as dt
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hpki.card.apdu import Command, Response, read_response
from hpki.card.layouts import Layout
from hpki.card.objects import ADMINISTRATION_AID, CardApplication
from hpki.card.private_keys import CardKey, generate_key
from hpki.card.store import SealedFile
from hpki.card.tlv import find, read_tlv
from hpki.card.virtual import VirtualCard, fresh_state
from hpki.keys.secret import Secret

ADMIN = Secret("issuer-of-the-tests")
PASSPHRASE = Secret("passphrase of the tests")
CARD_ID = "T-000001"
PINS = {CardApplication.SIGNING: b"Sign1234", CardApplication.AUTHENTICATION: b"4321"}
PUKS = {CardApplication.SIGNING: b"PUK-Sign-01", CardApplication.AUTHENTICATION: b"PUKauth2"}
NUMBERS = {CardApplication.SIGNING: 1, CardApplication.AUTHENTICATION: 2, CardApplication.PRESENCE: 3}
_ISSUED_AT = dt.datetime(2026, 11, 4, tzinfo=dt.UTC)


class MemoryStore:
    """A state store without a disk."""

    def __init__(self, state: bytes) -> None:
        self.state = state

    def load(self) -> bytes:
        return self.state

    def save(self, state: bytes) -> None:
        self.state = state

    def close(self) -> None:
        """Nothing is held."""


@functools.cache
def _stock(of: CardApplication) -> tuple[CardKey, CardKey]:
    return generate_key(of), generate_key(of)


class KeyDealer:
    """A key factory that deals from the stock instead of searching for primes."""

    def __init__(self) -> None:
        self._next: dict[CardApplication, Iterator[CardKey]] = {}

    def __call__(self, of: CardApplication) -> CardKey:
        return next(self._next.setdefault(of, itertools.cycle(_stock(of))))


def say(card: VirtualCard, apdu: str) -> Response:
    """Send an APDU written in hexadecimal."""
    return read_response(card.transmit(bytes.fromhex(apdu)))


def send(card: VirtualCard, header: str, data: bytes = b"", le: int | None = None) -> Response:
    """Send a command with data; long ones as extended APDU."""
    cla, ins, p1, p2 = bytes.fromhex(header)
    return read_response(card.transmit(Command(cla, ins, p1, p2, data, le).encode()))


def ok(response: Response) -> bytes:
    assert response.status_word == 0x9000, f"{response.status_word:04X}"
    return response.data


def select(card: VirtualCard, aid: bytes, *, le: int | None = 256) -> Response:
    return send(card, "00A40400", aid, le)


@functools.cache
def _issuer_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, name: str) -> bytes:
    """A certificate of a throw-away issuer as DER; what stands in it does not matter to the card."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Issuer of the tests")]))
        .public_key(public_key)
        .serial_number(NUMBERS[CardApplication.SIGNING] + len(name))
        .not_valid_before(_ISSUED_AT)
        .not_valid_after(_ISSUED_AT + dt.timedelta(days=365))
        .sign(_issuer_key(), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def read_public_key(template: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """The key in a template 7F49."""
    parts = read_tlv(template)[0].children()
    if (point := find(parts, 0x86)) is not None:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    modulus, exponent = (int.from_bytes(find(parts, tag) or b"", "big") for tag in (0x81, 0x82))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def fresh_card(layout: Layout) -> VirtualCard:
    state = fresh_state(layout=layout, card_id=CARD_ID, admin=ADMIN)
    return VirtualCard(MemoryStore(state.encode()), generate=KeyDealer())


def personalise(card: VirtualCard) -> None:
    """The issuer's steps, in the card's own commands."""
    ok(select(card, ADMINISTRATION_AID))
    ok(send(card, "00200001", ADMIN.reveal().encode()))
    for of, number in NUMBERS.items():
        template = ok(send(card, "00478000", bytes.fromhex(f"B6038401{number:02X}"), 65536))
        public_key = read_public_key(template)
        ok(send(card, f"00DA02{number:02X}", certificate(public_key, of)))
        ok(send(card, f"00DA022{number}", certificate(_issuer_key().public_key(), "provider")))
    for of, pin in PINS.items():
        ok(send(card, f"0024018{NUMBERS[of]}", pin))
        ok(send(card, f"0024019{NUMBERS[of]}", PUKS[of]))
    ok(send(card, "00440000"))


@functools.cache
def _personalised_state(layout: Layout) -> bytes:
    store = MemoryStore(fresh_state(layout=layout, card_id=CARD_ID, admin=ADMIN).encode())
    personalise(VirtualCard(store, generate=KeyDealer()))
    return store.state


def issued_store(layout: Layout) -> MemoryStore:
    """The memory of an activated card; each call gives a new one."""
    return MemoryStore(_personalised_state(layout))


def issued_card(layout: Layout) -> VirtualCard:
    """An activated card with `PINS` and `PUKS`; each call gives a new one."""
    return VirtualCard(issued_store(layout), generate=KeyDealer())


def issued_file(path: Path, layout: Layout = Layout.JMA) -> None:
    """An activated card in a sealed file."""
    SealedFile.create(path, PASSPHRASE, _personalised_state(layout)).close()
