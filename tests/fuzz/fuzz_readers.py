"""Every reader of card bytes: APDUs, data objects, the objects of ISO/IEC 7816-15, the stored state."""

import atheris

with atheris.instrument_imports(include=["hpki.card", "hpki.errors"]):
    from hpki.card.apdu import Command, read_command, read_response
    from hpki.card.layouts import Layout
    from hpki.card.objects import (
        read_authentication_objects,
        read_certificates,
        read_cia_info,
        read_object_directory,
        read_private_keys,
    )
    from hpki.card.state import read_state
    from hpki.card.tlv import read_tlvs
    from hpki.errors import CardStateCorrupt, MalformedInput

from tests.fuzz.harness import run
from tests.hpki.card.cards import issued_store
from tests.hpki.card.test_objects import VALID

READERS = (
    read_command,
    read_response,
    read_tlvs,
    read_cia_info,
    read_object_directory,
    read_authentication_objects,
    read_private_keys,
    read_certificates,
    read_state,
)


def read(data: bytes) -> None:
    """The first octet chooses the reader; it may give a value or say what is malformed, and nothing else."""
    if not data:
        return
    reader = READERS[data[0] % len(READERS)]
    try:
        value = reader(data[1:])
    except (MalformedInput, CardStateCorrupt):
        return
    if isinstance(value, Command):
        again = read_command(value.encode())
        if again != value:
            raise AssertionError(f"{value} is written as {again}")


SEEDS = [
    bytes((0,)) + bytes.fromhex("002A9E9A000100") + bytes(256) + bytes(2),
    bytes((0,)) + bytes.fromhex("00B09800000000"),
    bytes((1,)) + bytes.fromhex("9000"),
    *[bytes((3 + number,)) + valid for number, valid in enumerate(VALID)],
    bytes((8,)) + issued_store(Layout.JMA).state,
]

if __name__ == "__main__":
    run("readers", read, SEEDS)
