"""The virtual card against the raw key operations of the same run.

The limit of a signature is RSA-2048 (or P-256) signing by `cryptography` itself, the limit of a personalisation is
finding its two RSA keys; a round trip without a key has no limit to be measured against, its ratio is 1.
"""

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hpki.card.apdu import Command, Response, read_response
from hpki.card.client import HpkiCard
from hpki.card.emsa import Hash, pkcs1_block
from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import PRESENCE_AID, CardApplication
from hpki.card.personalise import CardCertificates, CardPins, CardPublicKey, personalise
from hpki.card.virtual import VirtualCard
from hpki.keys.secret import Secret

Row = tuple[str, float, float, str]
MESSAGE = b"one message"
PASSPHRASE, ISSUER_SECRET = Secret("passphrase of the bench"), Secret("issuer of the bench")
PIN = Secret("2468")
_AT = dt.datetime(2026, 11, 4, tzinfo=dt.UTC)


def per_second(act: Callable[[], object], *, seconds: float = 1.0) -> float:
    """How often `act` runs in a second, after one run that does not count."""
    act()
    runs, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        act()
        runs += 1
    return runs / spent


def measure() -> Iterable[Row]:
    """Rows of name, per second, ratio to the limit, note."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.card"
        yield _personalisation(path)
        with VirtualCard.open(path, PASSPHRASE) as card:
            yield from _round_trips(card)
            yield from _signatures(card)
            yield _presence(card)


def _personalisation(path: Path) -> Row:
    rsa_keys = per_second(lambda: rsa.generate_private_key(65537, 2048), seconds=4)
    made = 0

    def one_card() -> None:
        nonlocal made
        path.unlink(missing_ok=True)
        made += 1
        with VirtualCard.create(
            path, layout=Layout.JMA, card_id=f"B-{made}", passphrase=PASSPHRASE, admin=ISSUER_SECRET
        ) as card:
            pins = CardPins(signing=PIN, authentication=PIN, puk=Secret("13579135"))
            personalise(card, ISSUER_SECRET, certify=_certificates, pins=pins)

    rate = per_second(one_card, seconds=6)
    return (
        "card: personalise one card",
        rate,
        rate / (rsa_keys / 2),
        "keys born on the card, certificates written and read back, PINs, lock; limit: two RSA-2048 key pairs",
    )


def _certificates(
    keys: Mapping[CardApplication, CardPublicKey],
) -> Mapping[CardApplication, CardCertificates]:
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(1)
        .not_valid_before(_AT)
        .not_valid_after(_AT + dt.timedelta(days=1))
    )
    return {
        of: CardCertificates(
            builder.public_key(key).sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.DER)
        )
        for of, key in keys.items()
    }


def _say(card: VirtualCard, command: Command) -> Response:
    response = read_response(card.transmit(command.encode()))
    assert response.succeeded, f"{response.status_word:04X}"
    return response


def _say_all(card: VirtualCard, commands: Sequence[Command]) -> None:
    for command in commands:
        _say(card, command)


def _round_trips(card: VirtualCard) -> Iterable[Row]:
    select = Command(0, 0xA4, 4, 0, plan_of(Layout.JMA, CardApplication.SIGNING).aid, 256)
    read = Command(0, 0xB0, 0x96, 0, b"", 256)
    _say(card, select)
    yield (
        "card: APDU round trip (READ BINARY, 256 bytes)",
        per_second(lambda: _say(card, read)),
        1.0,
        "in process",
    )
    yield "card: SELECT of an application", per_second(lambda: _say(card, select)), 1.0, "in process"

    def walk() -> bytes:
        return HpkiCard(card).certificate_der(CardApplication.SIGNING)

    yield (
        "card: certificate found by the client",
        per_second(walk),
        1.0,
        "SELECT, CIAInfo, OD, AOD, PrKD, CD, certificate",
    )


def _signatures(card: VirtualCard) -> Iterable[Row]:
    key = rsa.generate_private_key(65537, 2048)

    def raw_signature() -> bytes:
        return key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())

    raw = per_second(raw_signature)
    yield "raw RSA-2048 signature", raw, 1.0, "the limit of the next rows, measured before and after each"
    block = pkcs1_block(Hash.SHA256.digest(MESSAGE), Hash.SHA256, 2048)
    sign = Command(0, 0x2A, 0x9E, 0x9A, block, 256)
    for of, asks_each_time in ((CardApplication.AUTHENTICATION, False), (CardApplication.SIGNING, True)):
        plan = plan_of(Layout.JMA, of)
        verify = Command(0, 0x20, 0, plan.pin_reference or 0, PIN.reveal().encode())
        _say(card, Command(0, 0xA4, 4, 0, plan.aid, 256))
        _say(card, Command(0, 0x22, 0x41, 0xB6, bytes((0x84, 2, 0, plan.key_file))))
        _say(card, verify)

        rate = per_second(partial(_say_all, card, [verify, sign] if asks_each_time else [sign]))
        before, raw = raw, per_second(raw_signature)
        note = "VERIFY (two durable writes) and PSO" if asks_each_time else "PSO, PIN proven once"
        yield f"card: signature, {of} application", rate, rate / max(before, raw), note


def _presence(card: VirtualCard) -> Row:
    key = ec.generate_private_key(ec.SECP256R1())
    raw = per_second(lambda: key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
    _say(card, Command(0, 0xA4, 4, 0, PRESENCE_AID, 256))
    challenge = Command(0, 0x88, 0, 0, bytes(32), 256)
    rate = per_second(lambda: _say(card, challenge))
    return "card: presence answer", rate, rate / raw, f"limit: {raw:,.0f} raw P-256 signatures"


if __name__ == "__main__":
    for name, rate, ratio, note in measure():
        print(f"{name:50} {rate:10,.1f}/s  {ratio:5.2f}  {note}")
