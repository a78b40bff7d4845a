"""Evidence records in XML from strangers (RFC 6283), beside the files that they say they are of, and inside XAdES."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.certs", "hpki.errors"]):
    from hpki.errors import MalformedInput
    from hpki.signatures.algorithms import HASHES
    from hpki.signatures.content import OctetContent
    from hpki.signatures.evidence_record import RecordReader, tokens_of
    from hpki.signatures.evidence_record_xml import read_xml_evidence_record
    from tests.evidence_records import XmlArchive
    from tests.fuzz.signed_documents import SCENE, report_on

from hpki.signatures.xml.making import sign_detached
from tests.fuzz.harness import run
from tests.hpki.signatures.test_record_in_xades import sealed, with_properties
from tests.signing_scene import CLAIMS, LETTER, SIGNED_AT, YEAR

FILES = {"letter.txt": LETTER, "answer.xml": b"<a b='1'><!-- nothing --><c/></a>"}
OBJECTS = {name: OctetContent(octets) for name, octets in FILES.items()}


def read(octets: bytes) -> None:
    """Read and worked out; anything but a refusal of the reader is a finding of the fuzzer."""
    report_on(octets)
    try:
        record = read_xml_evidence_record(octets)
    except MalformedInput:
        return
    tokens_of(record)
    list(RecordReader(record, "record", OBJECTS, lambda _: frozenset()).time_stamps())


def _renewed() -> XmlArchive:
    archive = XmlArchive(list(FILES.values()))
    archive.begin(SCENE.authority(SIGNED_AT))
    archive.renew(SCENE.authority(SIGNED_AT + YEAR), SCENE.evidence(SIGNED_AT + YEAR))
    archive.begin(SCENE.authority(SIGNED_AT + 2 * YEAR), HASHES["sha512"])
    return archive


LETTER_BESIDE = {"letter.txt": (OctetContent(LETTER), "text/plain")}
SIGNED = with_properties(sign_detached(LETTER_BESIDE, SCENE.unit(), CLAIMS))
SEEDS = [_renewed().octets(), sealed(SIGNED, _renewed().root), sealed(SIGNED, b"\x30\x00")]

if __name__ == "__main__":
    run("record_xml", read, SEEDS)
