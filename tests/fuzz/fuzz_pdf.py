"""PDF files from strangers: fields, byte ranges, revisions, DSS and the whole way to a report."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.errors"]):
    from hpki.signatures.facts import Level
    from hpki.signatures.pdf.making import sign_pdf
    from tests.fuzz.signed_documents import SCENE, at_levels, report_on

from tests.fuzz.harness import run
from tests.signed_pdfs import letter, meddled, other_text
from tests.signing_scene import CLAIMS

SIGNED = sign_pdf(letter(), SCENE.unit(), CLAIMS)
SEEDS = [
    *at_levels(SIGNED, Level.LTA),
    sign_pdf(letter(with_streams=False), SCENE.unit(), CLAIMS),
    meddled(SIGNED, other_text),
    letter(),
]

if __name__ == "__main__":
    run("pdf", report_on, SEEDS)
