"""CAdES signed and judged, RSA-2048, beside the raw signature of the same key, pyHanko and (judging) EU DSS warmed up.

A signature is made with all its attributes, verified and encoded; a judgement reads the message, builds both paths with their
revocation lists, verifies signature and time-stamp, and writes the report as JSON.  "new holder" judges certificates that
were never met; "one holder" is one physician's pile.  The limit of judging is what cannot be left out once authorities and
lists are known: three raw verifications (signature, token, holder's certificate).
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median

from asn1crypto import cms as asn1_cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from tests import pki
from tests.signing_scene import CLAIMS, MINUTE, POLICY, SIGNED_AT, Scene

from bench.dss_peer import dss_rate
from hpki.issuance import profiles
from hpki.keys.algorithms import PKCS1_V15, KeyAlgorithm
from hpki.signatures.claims import SigningUnit
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import FileContent, OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.validation.facts import facts_of

ROUNDS = 5
SECONDS = 0.4
# Enough for all rounds: to make more in the middle of one would count as judging.
HOLDERS = 3_000
CONTENT = bytes(range(256)) * 400
SOON = SIGNED_AT + 9 * MINUTE
Row = tuple[str, float, float, str]


class Desk:
    """A hierarchy of RSA-2048, holders nobody has judged, and their stamped signatures."""

    def __init__(self) -> None:
        self.scene = Scene(pki.hierarchy(KeyAlgorithm.RSA_2048), KeyAlgorithm.RSA_2048)
        self.unit = self.scene.unit("bench")
        self.evidence, self.anchors = self.scene.evidence(), self.scene.anchors
        self.authority = self.scene.authority()
        self.pile = [self._stamped(self.unit) for _ in range(32)]
        self.holders = [self._stamped(self._new_holder()) for _ in range(HOLDERS)]
        self._pile, self._fresh = cycle(self.pile), iter(self.holders)

    def _new_holder(self) -> SigningUnit:
        signer = pki.key(KeyAlgorithm.RSA_2048, "bench")
        certificate = self.scene.hierarchy.issue(profiles.SIGNING, signer.public_key())
        return SigningUnit(signer, facts_of(certificate), self.unit.chain)

    def _stamped(self, unit: SigningUnit) -> bytes:
        self.authority.moment = SIGNED_AT + MINUTE
        message = sign_cms(OctetContent(CONTENT), unit, CLAIMS)
        return extend(message, Level.T, Extension(self.authority, detached=OctetContent(CONTENT)))

    def sign(self) -> None:
        sign_cms(OctetContent(CONTENT), self.unit, CLAIMS)

    def judge(self, message: bytes) -> None:
        document = read_document(message, OctetContent(CONTENT))
        report = judge_document(document, self.evidence, POLICY, self.anchors, SOON)
        assert report.indication == "TOTAL_PASSED"
        json.dumps(report.as_json())

    def judge_one_holder(self) -> None:
        self.judge(next(self._pile))

    def judge_new_holder(self) -> None:
        message = next(self._fresh, None)
        if message is None:
            self.holders = [self._stamped(self._new_holder()) for _ in range(HOLDERS)]
            self._fresh = iter(self.holders)
            message = next(self._fresh)
        self.judge(message)

    def raw_sign(self) -> None:
        self.unit.signer.sign(b"x")

    def raw_verify(self) -> None:
        certificate = self.unit.certificate.certificate
        issuer = self.unit.chain[0].certificate.public_key()
        for _ in range(3):
            issuer.verify(  # type: ignore[union-attr, call-arg]  # RSA in this bench
                certificate.signature,
                certificate.tbs_certificate_bytes,
                PKCS1_V15,  # type: ignore[arg-type]  # RSA in this bench
                certificate.signature_hash_algorithm,  # type: ignore[arg-type]  # RSA in this bench
            )


class PyHanko:
    """The peer, with everything read that it can keep."""

    def __init__(self, desk: Desk) -> None:
        unit, key = desk.unit, pki.key(KeyAlgorithm.RSA_2048, "bench").builder_key()
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        registry = SimpleCertificateStore()
        registry.register_multiple([asn1_x509.Certificate.load(each.der) for each in unit.chain])
        certificate = asn1_x509.Certificate.load(unit.certificate.der)
        self._signer = SimpleSigner(certificate, asn1_keys.PrivateKeyInfo.load(private), registry)
        self._settings = PdfCMSSignedAttributes(
            signing_time=SIGNED_AT, cades_signed_attrs=CAdESSignedAttrSpec()
        )
        self._usage = KeyUsageConstraints(key_usage={"non_repudiation"})
        self._root = asn1_x509.Certificate.load(desk.anchors[0].certificate.der)
        self._others = [asn1_x509.Certificate.load(each.der) for each in desk.evidence.certificates]
        self._crls = [each.crl.public_bytes(Encoding.DER) for each in desk.evidence.crls]
        self._pile = cycle(desk.pile)

    def sign(self) -> None:
        asyncio.run(
            self._signer.async_sign_general_data(
                CONTENT, "sha256", use_cades=True, signed_attr_settings=self._settings
            )
        ).dump()

    def judge(self) -> None:
        context = ValidationContext(
            trust_roots=[self._root],
            other_certs=self._others,
            crls=self._crls,
            moment=SOON,
            revocation_mode="hard-fail",
        )
        data = asn1_cms.ContentInfo.load(next(self._pile))["content"]
        status = asyncio.run(
            async_validate_detached_cms(
                CONTENT, data, context, ts_validation_context=context, key_usage_settings=self._usage
            )
        )
        assert status.bottom_line
        status.pretty_print_details()


def measure() -> Iterable[Row]:
    """Name, runs per second, ratio to the limit in the same run, note."""
    desk = Desk()
    peer = PyHanko(desk)
    raw, ours, theirs = interleaved(desk.raw_sign, desk.sign, peer.sign)
    yield "raw RSA-2048 signature (the limit of signing)", raw, 1.0, ""
    yield "sign CAdES-B detached, 100 KB", ours, ours / raw, f"{ours / theirs:.0f} x pyHanko; target 2,000"
    yield "pyHanko (peer): sign CAdES-B", theirs, theirs / raw, "same key, same content"
    raw, one, new, theirs = interleaved(
        desk.raw_verify, desk.judge_one_holder, desk.judge_new_holder, peer.judge
    )
    yield "three raw RSA-2048 verifications (the limit of judging)", raw, 1.0, ""
    for what, rate in (("one holder", one), ("new holder", new)):
        note = f"{rate / theirs:.0f} x pyHanko; target 400"
        yield f"judge CAdES-T with report: {what}", rate, rate / raw, note
    yield "pyHanko (peer): judge CAdES-T", theirs, theirs / raw, "same messages, lists and moment"
    dss = dss_rate(desk.scene, desk.pile, detached=CONTENT)
    yield (
        "EU DSS 6.4 (peer): judge CAdES-T",
        dss,
        dss / raw,
        f"wall clock, both cores; ours is {one / dss:.0f} x",
    )
    yield from _large(desk)


def _large(desk: Desk) -> Iterator[Row]:
    """200 MB: a signature costs what its hash costs, and the file is never held."""
    path = Path(__file__).resolve().parents[1] / "var" / "bench-large.bin"
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    try:
        FileContent(path).digest("sha256")
        begun = time.process_time()
        FileContent(path).digest("sha256")
        bare = time.process_time() - begun
        begun = time.process_time()
        sign_cms(FileContent(path), desk.unit, CLAIMS)
        signed = time.process_time() - begun
    finally:
        path.unlink()
    yield (
        "sign 200 MB detached, streamed",
        1 / signed,
        bare / signed,
        "of the bare hash; memory: tests/hpki/signatures",
    )


def interleaved(*works: Callable[[], object]) -> list[float]:
    """Runs per second of each work: the median of rounds in which all take turns."""
    for work in works:
        work()
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            rates[place].append(_rate(work))
    return [median(each) for each in rates]


def _rate(work: Callable[[], object]) -> float:
    # Processor time: nothing here waits for anything but the processor, which other work on the machine takes away.
    runs = 0
    begun = time.process_time()
    while (passed := time.process_time() - begun) < SECONDS:
        work()
        runs += 1
    return runs / passed
