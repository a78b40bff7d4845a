"""XML documents from strangers: the bounded reader, references, properties and the whole way to a report."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.errors"]):
    from hpki.signatures.facts import Level
    from hpki.signatures.prescription import Content, prescription_document, sign_prescription
    from hpki.signatures.xml.making import sign_detached, sign_enveloped, sign_enveloping
    from tests.fuzz.signed_documents import SCENE, at_levels, report_on

from uuid import UUID

from hpki.signatures.content import OctetContent
from tests.fuzz.harness import run
from tests.signing_scene import CLAIMS, LETTER

UNIT = SCENE.unit()
PRESCRIPTION = prescription_document(Content(UUID(int=1), b"SJ1,1"))
SEEDS = [
    *at_levels(sign_enveloped(b"<a xmlns='urn:a'><b Id='x'>1</b></a>", UNIT, CLAIMS), Level.T, Level.LTA),
    sign_enveloping(LETTER, UNIT, CLAIMS, media_type="text/plain"),
    sign_detached({"letter.txt": (OctetContent(LETTER), "text/plain")}, UNIT, CLAIMS),
    *at_levels(sign_prescription(PRESCRIPTION, UNIT, CLAIMS), Level.ES_A),
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
]

if __name__ == "__main__":
    run("xml", report_on, SEEDS)
