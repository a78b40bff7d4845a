"""The virtual card under any conversation: fresh or activated, both layouts, the issuer at the desk or not."""

import atheris

with atheris.instrument_imports(include=["hpki.card", "hpki.errors"]):
    from hpki.card.layouts import Layout, plan_of
    from hpki.card.objects import ADMINISTRATION_AID, PRESENCE_AID, CardApplication
    from hpki.card.pins import padded
    from hpki.card.piv_view import PIV_AID, PivView
    from hpki.card.pkcs15_view import Pkcs15View
    from hpki.card.state import read_state
    from hpki.card.virtual import VirtualCard, fresh_state

from tests.fuzz.harness import run
from tests.hpki.card.cards import (
    ADMIN,
    CARD_ID,
    PINS,
    PUKS,
    KeyDealer,
    MemoryStore,
    certificate,
    issued_store,
    send,
)
from tests.hpki.card.test_replay import BLOCK, DIGEST_INFO
from tests.hpki.card.test_virtual import STATUS_WORDS, secrets_of

LAYOUTS = tuple(Layout)
STATES = {layout: issued_store(layout).state for layout in LAYOUTS}
FRESH = {layout: fresh_state(layout=layout, card_id=CARD_ID, admin=ADMIN).encode() for layout in LAYOUTS}
SECRETS = {layout: secrets_of(state) for layout, state in STATES.items()}
DEALT = KeyDealer()


def converse(data: bytes) -> None:
    """One octet chooses the card; then commands, each after its length in two octets."""
    if not data:
        return
    layout, is_fresh, is_issuer = LAYOUTS[data[0] & 1], bool(data[0] & 2), bool(data[0] & 4)
    store = MemoryStore(FRESH[layout] if is_fresh else STATES[layout])
    card = VirtualCard(store, generate=DEALT)
    if data[0] & 8:
        card.register(Pkcs15View(), default=bool(data[0] & 16))
        card.register(PivView())
    if is_issuer:
        send(card, "00A40400", ADMINISTRATION_AID)
        send(card, "00200001", ADMIN.reveal().encode())
    before = read_state(store.state)
    at = 1
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2], "big") % 1024
        judge(card.transmit(data[at + 2 : at + 2 + length]), layout)
        at += 2 + length
    after = read_state(store.state)
    if not is_fresh and (after.keys, after.certificates) != (before.keys, before.certificates):
        raise AssertionError("an activated card changed its keys or certificates")


def judge(answer: bytes, layout: Layout) -> None:
    """Every answer ends in a status word we know and carries no secret."""
    word = int.from_bytes(answer[-2:], "big")
    if word not in STATUS_WORDS and not 0x6100 <= word <= 0x61FF and not 0x63C0 <= word <= 0x63CF:
        raise AssertionError(f"status word {word:04X}")
    if any(secret in answer for secret in SECRETS[layout]):
        raise AssertionError("a secret came out")


def conversation(first: int, *commands: str) -> bytes:
    raw = [bytes.fromhex(command) for command in commands]
    return bytes((first,)) + b"".join(len(each).to_bytes(2, "big") + each for each in raw)


def field(data: bytes) -> str:
    return f"{len(data):02X}{data.hex()}"


def _use_seeds() -> list[bytes]:
    """A holder's conversations with both layouts."""
    signing = [field(plan_of(layout, CardApplication.SIGNING).aid) for layout in LAYOUTS]
    pin, puk = PINS[CardApplication.SIGNING], PUKS[CardApplication.SIGNING]
    return [
        conversation(0, f"00A40400{signing[0]}00", "00B0920000", "00B09800000000", "00B0010000"),
        conversation(
            0,
            f"00A40400{signing[0]}00",
            f"00200096{field(pin)}",
            "002241B60481020017",
            f"002A9E9A000100{BLOCK.hex()}0000",
        ),
        conversation(
            1,
            "00A4040005E828BD080F00",
            "00A4040205E828BD080F00",
            "00A4020C020016",
            "00B0000000",
            "0084000008",
        ),
        conversation(
            1,
            f"00A40400{signing[1]}",
            "00A4020C02000C",
            f"00200088{field(pin)}",
            f"802A0080{field(DIGEST_INFO)}00",
        ),
        conversation(
            1,
            f"00A40400{signing[1]}",
            f"00240088{field(padded(pin) + padded(b'newer'))}",
            f"002C0088{field(padded(puk) + padded(b'4444'))}",
            f"002C0188{field(padded(puk))}",
        ),
        conversation(
            1,
            f"00A40400{signing[1]}",
            f"102A9E9AFF{BLOCK[:255].hex()}",
            "002A9E9A010080",
            "00C0000000",
            "0020FF88",
        ),
    ]


def _view_seeds() -> list[bytes]:
    """A tap, and software that knows PIV or PKCS#15."""
    return [
        conversation(1, f"00A40400{field(PRESENCE_AID)}00", f"0088000020{bytes(32).hex()}00", "00B0960000"),
        conversation(
            9,
            f"00A40400{field(PIV_AID)}00",
            "00CB3FFF055C035FC10500",
            "00CB3FFF055C035FC10200",
            "00CB3FFF035C017E00",
            f"00200080{field(PINS[CardApplication.AUTHENTICATION])}",
            f"0087079A00010A7C820106820081820100{BLOCK.hex()}0000",
        ),
        conversation(
            25,
            f"00A40400{field(Pkcs15View().aid)}00",
            "00A40000023F00",
            "00A4000C022F00",
            "00B0000000",
            "00A40000025015",
            "00A40000025031",
            "00B0000000",
        ),
    ]


def _desk_seeds() -> list[bytes]:
    """An issuer's conversations with a blank card."""
    presence = certificate(DEALT(CardApplication.PRESENCE).public_key(), "x")
    return [
        conversation(
            7,
            "0047800005B60384010300",
            "0047810005B60384010100",
            f"00DA0203{'00' + len(presence).to_bytes(2, 'big').hex()}{presence.hex()}",
            "00CA02030000",
            "0024018104313233 34",
            "00440000",
        ),
        conversation(
            6,
            "0047800005B60384010100",
            "002241B603840101",
            f"002A9E9A000100{BLOCK.hex()}0000",
            "00CA010100",
            "00CA010200",
        ),
    ]


if __name__ == "__main__":
    run("card", converse, [*_use_seeds(), *_view_seeds(), *_desk_seeds()])
