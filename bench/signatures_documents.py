"""XAdES and PAdES signed and judged, RSA-2048, beside the raw signature of the same key, signxml, pyHanko
and (judging) EU DSS warmed up.

A signature is made with all its attributes and the whole document written; a judgement reads the document, builds the paths
with their revocation lists, verifies signatures and time-stamps, and writes the report as JSON.
"""

import asyncio
import io
import json
from collections.abc import Iterable

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signxml.xades.xades import XAdESSigner
from tests import pki
from tests.signed_pdfs import letter
from tests.signing_scene import CLAIMS, MINUTE, POLICY, SIGNED_AT, Scene

from bench.dss_peer import dss_rate
from bench.signatures_cms import interleaved
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.facts import Level
from hpki.signatures.judge import judge_document
from hpki.signatures.pdf.extending import PdfExtension, extend_pdf
from hpki.signatures.pdf.making import sign_pdf
from hpki.signatures.pdf.reader import read_pdf_signatures
from hpki.signatures.xml.extending import XmlExtension, extend_xml
from hpki.signatures.xml.making import sign_enveloped
from hpki.signatures.xml.reader import read_xml_signatures

Row = tuple[str, float, float, str]
SOON = SIGNED_AT + 9 * MINUTE
XML = (
    b"<letter>" + b'<line kind="finding">The course is good, nothing new was seen.</line>' * 85 + b"</letter>"
)
PDF = letter()


class Desk:
    """One physician of an RSA-2048 hierarchy, and documents of hers."""

    def __init__(self) -> None:
        self.scene = Scene(pki.hierarchy(KeyAlgorithm.RSA_2048), KeyAlgorithm.RSA_2048)
        self.unit = self.scene.unit("bench")
        self.evidence, self.anchors = self.scene.evidence(), self.scene.anchors
        xml = XmlExtension(self.scene.authority(), self.evidence)
        self.stamped_xml = extend_xml(sign_enveloped(XML, self.unit, CLAIMS), Level.T, xml)
        pdf = PdfExtension(self.scene.authority(), self.evidence)
        self.archived_pdf = extend_pdf(
            sign_pdf(PDF, self.unit, CLAIMS, stamper=self.scene.authority()), Level.LTA, pdf
        )

    def raw_sign(self) -> None:
        self.unit.signer.sign(b"x")

    def sign_xml(self) -> None:
        sign_enveloped(XML, self.unit, CLAIMS)

    def sign_pdf(self) -> None:
        sign_pdf(PDF, self.unit, CLAIMS)

    def judge_xml(self) -> None:
        found = judge_document(
            read_xml_signatures(self.stamped_xml), self.evidence, POLICY, self.anchors, SOON
        )
        assert found.indication == "TOTAL_PASSED"
        json.dumps(found.as_json())

    def judge_pdf(self) -> None:
        found = judge_document(
            read_pdf_signatures(self.archived_pdf), self.evidence, POLICY, self.anchors, SOON
        )
        assert found.indication == "TOTAL_PASSED"
        json.dumps(found.as_json())


class Peers:
    """signxml for XML, pyHanko for PDF, with the same key and certificate."""

    def __init__(self, desk: Desk) -> None:
        self._key = pki.key(KeyAlgorithm.RSA_2048, "bench").builder_key()
        unit = desk.unit
        self._pem = unit.certificate.certificate.public_bytes(Encoding.PEM).decode()
        private = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        registry = SimpleCertificateStore()
        registry.register_multiple([asn1_x509.Certificate.load(each.der) for each in unit.chain])
        certificate = asn1_x509.Certificate.load(unit.certificate.der)
        signer = SimpleSigner(certificate, asn1_keys.PrivateKeyInfo.load(private), registry)
        shape = PdfSignatureMetadata(
            field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        self._pdf_signer = PdfSigner(shape, signer)
        self._desk = desk
        self._roots = [asn1_x509.Certificate.load(desk.anchors[0].certificate.der)]
        self._others = [asn1_x509.Certificate.load(each.der) for each in desk.evidence.certificates]
        self._crls = [each.crl.public_bytes(Encoding.DER) for each in desk.evidence.crls]

    def sign_xml(self) -> None:
        signed = XAdESSigner().sign(etree.fromstring(XML), key=self._key, cert=self._pem)  # type: ignore[arg-type]  # RSA in this bench
        etree.tostring(signed)

    def sign_pdf(self) -> None:
        self._pdf_signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(PDF)))

    def judge_pdf(self) -> None:
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=self._others,
            crls=self._crls,
            moment=SOON,
            revocation_mode="hard-fail",
        )
        reader = PdfFileReader(io.BytesIO(self._desk.archived_pdf))
        status = asyncio.run(
            async_validate_pdf_signature(
                reader.embedded_regular_signatures[0],
                context,
                ts_validation_context=context,
                key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            )
        )
        status.pretty_print_details()


def measure() -> Iterable[Row]:
    """Name, runs per second, ratio to raw RSA-2048 signing in the same run, note."""
    desk = Desk()
    peers = Peers(desk)
    raw, ours, theirs = interleaved(desk.raw_sign, desk.sign_xml, peers.sign_xml)
    yield "raw RSA-2048 signature (the limit of signing)", raw, 1.0, ""
    yield (
        f"sign XAdES-B enveloped, {len(XML) / 1024:.0f} KB",
        ours,
        ours / raw,
        f"{ours / theirs:.1f} x signxml; target 1,200",
    )
    yield "signxml (peer): sign XAdES-B", theirs, theirs / raw, "its default canonical form"
    raw, ours, theirs = interleaved(desk.raw_sign, desk.sign_pdf, peers.sign_pdf)
    yield "sign PAdES-B, one page", ours, ours / raw, f"{ours / theirs:.0f} x pyHanko; target 500"
    yield "pyHanko (peer): sign PAdES-B", theirs, theirs / raw, "same key, same document"
    raw, xml, pdf, theirs = interleaved(desk.raw_sign, desk.judge_xml, desk.judge_pdf, peers.judge_pdf)
    yield "judge XAdES-T with report", xml, xml / raw, "target 400"
    yield "judge PAdES-LTA with report", pdf, pdf / raw, f"{pdf / theirs:.1f} x pyHanko; target 150"
    yield "pyHanko (peer): judge the same PDF", theirs, theirs / raw, "without archive time-stamps"
    for what, ours, document in (("XAdES-T", xml, desk.stamped_xml), ("PAdES-LTA", pdf, desk.archived_pdf)):
        dss = dss_rate(desk.scene, [document])
        yield (
            f"EU DSS 6.4 (peer): judge {what}",
            dss,
            dss / raw,
            f"wall clock, both cores; ours is {ours / dss:.0f} x",
        )
