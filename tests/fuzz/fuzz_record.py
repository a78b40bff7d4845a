"""Evidence records from strangers (RFC 4998), beside the files that they say they are of."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.certs", "hpki.errors"]):
    from hpki.errors import MalformedInput
    from hpki.signatures.algorithms import HASHES
    from hpki.signatures.content import OctetContent
    from hpki.signatures.evidence_record import RecordReader
    from hpki.signatures.evidence_record_asn1 import read_evidence_record
    from tests.evidence_records import Archive
    from tests.fuzz.signed_documents import SCENE

from tests.fuzz.harness import run
from tests.signing_scene import LETTER, SIGNED_AT, YEAR

FILES = {"letter.txt": LETTER, "scan.jpg": b"\xff\xd8" + bytes(64)}
OBJECTS = {name: OctetContent(octets) for name, octets in FILES.items()}


def read(octets: bytes) -> None:
    """Read and worked out; anything but a refusal of the reader is a finding of the fuzzer."""
    try:
        record = read_evidence_record(octets)
    except MalformedInput:
        return
    list(RecordReader(record, "record", OBJECTS, lambda _: frozenset()).time_stamps())


def _renewed() -> bytes:
    archive = Archive(list(FILES.values()))
    archive.begin(SCENE.authority(SIGNED_AT))
    archive.renew(SCENE.authority(SIGNED_AT + YEAR))
    archive.begin(SCENE.authority(SIGNED_AT + 2 * YEAR), HASHES["sha512"])
    return archive.octets()


SEEDS = [_renewed()]

if __name__ == "__main__":
    run("record", read, SEEDS)
