"""Containers from strangers: the zip, its names, manifests, and the whole way to a report."""

import atheris

with atheris.instrument_imports(include=["hpki.signatures", "hpki.errors"]):
    from hpki.signatures.asic.container import Kind
    from hpki.signatures.asic.making import ContainerExtension, Inside, extend_container, sign_container
    from hpki.signatures.facts import Level
    from tests.fuzz.signed_documents import EVIDENCE, SCENE, at_levels, report_on

from tests.fuzz.harness import run
from tests.signing_scene import CLAIMS, LETTER

FILES = {"letter.txt": LETTER, "images/chest 1.jpg": b"\xff\xd8" + bytes(64)}
SEEDS = [
    document
    for kind, files in ((Kind.SIMPLE, {"letter.txt": LETTER}), (Kind.EXTENDED, FILES))
    for inside in Inside
    for document in at_levels(sign_container(files, SCENE.unit(), CLAIMS, kind=kind, inside=inside), Level.LT)
]
SEEDS.append(
    extend_container(
        sign_container(FILES, SCENE.unit(), CLAIMS, kind=Kind.EXTENDED, inside=Inside.CADES),
        Level.LTA,
        ContainerExtension(SCENE.authority(), EVIDENCE, by_manifest=True),
    )
)

if __name__ == "__main__":
    run("asic", report_on, SEEDS)
