"""Containers from strangers: the zip, its names, manifests, and the whole way to a report."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.errors"]):
    from hpki.signatures.asic.container import Kind
    from hpki.signatures.asic.making import Inside, sign_container
    from hpki.signatures.facts import Level
    from tests.fuzz.signed_documents import SCENE, at_levels, report_on

from tests.fuzz.harness import run
from tests.signing_scene import CLAIMS, LETTER

FILES = {"letter.txt": LETTER, "images/chest 1.jpg": b"\xff\xd8" + bytes(64)}
SEEDS = [
    document
    for kind, files in ((Kind.SIMPLE, {"letter.txt": LETTER}), (Kind.EXTENDED, FILES))
    for inside in Inside
    for document in at_levels(sign_container(files, SCENE.unit(), CLAIMS, kind=kind, inside=inside), Level.LT)
]

if __name__ == "__main__":
    run("asic", report_on, SEEDS)
