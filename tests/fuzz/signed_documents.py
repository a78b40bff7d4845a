"""What the fuzz targets of signed documents share: the way from a stranger's octets to a report."""

import json

from hpki.errors import MalformedInput
from hpki.signatures.content import OctetContent
from hpki.signatures.extending import DocumentExtension, extend_document
from hpki.signatures.facts import Level
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document
from tests.signing_scene import LETTER, MINUTE, POLICY, SIGNED_AT, scene

SCENE = scene()
EVIDENCE = SCENE.evidence()


def report_on(octets: bytes) -> None:
    """Read, judged and told; anything but a refusal of the reader is a finding of the fuzzer."""
    try:
        document = read_signed_document(octets, {"letter.txt": OctetContent(LETTER)})
    except MalformedInput:
        return
    report = judge_document(document, EVIDENCE, POLICY, SCENE.anchors, SIGNED_AT + 9 * MINUTE)
    json.dumps(report.as_json())
    report.words("ja")


def at_levels(signed: bytes, *levels: Level) -> list[bytes]:
    """A signed document and the same at some levels."""
    how = DocumentExtension(SCENE.authority(), EVIDENCE)
    return [signed, *(extend_document(signed, level, how) for level in levels)]
