"""What a stranger hands in as a signed document: messages, time-stamp tokens, BER, and the whole way to a report."""

import json

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.certs", "hpki.validation", "hpki.errors"]):
    from hpki.errors import MalformedInput, NotExtended
    from hpki.signatures.algorithms import SHA_256
    from hpki.signatures.cms import ber
    from hpki.signatures.cms.extending import Extension, extend
    from hpki.signatures.cms.making import sign_cms
    from hpki.signatures.cms.reading import read_document
    from hpki.signatures.cms.token import read_token
    from hpki.signatures.content import OctetContent
    from hpki.signatures.facts import Level
    from hpki.signatures.judge import judge_document

from tests.evidence_records import Archive
from tests.fuzz.harness import run
from tests.hpki.signatures.test_cades import in_ber
from tests.hpki.signatures.test_record_in_cades import sealed
from tests.signing_scene import CLAIMS, LETTER, MINUTE, POLICY, SIGNED_AT, scene

SCENE = scene()
EVIDENCE = SCENE.evidence()
SIGNED = sign_cms(OctetContent(LETTER), SCENE.unit(), CLAIMS, attached=True)
LEVELS = {
    level: extend(SIGNED, level, Extension(SCENE.authority(), EVIDENCE))
    for level in (Level.T, Level.LTA, Level.ES_A)
}
TOKEN = SCENE.authority().stamp(SHA_256, bytes(32))


def _sealed() -> bytes:
    archive = Archive([SIGNED])
    archive.begin(SCENE.authority())
    return sealed(SIGNED, archive.octets())


def read(data: bytes) -> None:
    """The first octet chooses the reader."""
    if not data:
        return
    kind, sent = data[0] % 4, data[1:]
    try:
        if kind == 0:
            document = read_document(sent, OctetContent(LETTER))
            report = judge_document(document, EVIDENCE, POLICY, SCENE.anchors, SIGNED_AT + 9 * MINUTE)
            json.dumps(report.as_json())
            report.words("ja")
        elif kind == 1:
            read_token(sent, "token")
        elif kind == 2:
            rewritten, _ = ber.normalised(sent)
            assert ber.normalised(rewritten) == (rewritten, len(rewritten))
        else:
            extend(sent, Level.LTA, Extension(SCENE.authority(), EVIDENCE, OctetContent(LETTER)))
    except (MalformedInput, NotExtended):
        return


SEEDS = [
    b"\0" + SIGNED,
    *(b"\0" + message for message in LEVELS.values()),
    b"\0" + _sealed(),
    b"\0" + in_ber(_sealed()),
    b"\1" + TOKEN,
    b"\2" + in_ber(LEVELS[Level.LTA]),
    b"\3" + SIGNED,
    b"\3" + LEVELS[Level.LTA],
]

if __name__ == "__main__":
    run("cms", read, SEEDS)
