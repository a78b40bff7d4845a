"""Who made it × who judged it: every signed format that we make, and what others make, before every judge that knows it.

`python -m tests.conformance` prints it.  A judge that does not know a format stands there with a dash.
"""

import asyncio
import io
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import xmlsec
from asn1crypto import cms as asn1_cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner
from pyhanko.sign.signers.functions import sign_pdf as pyhanko_sign_pdf
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from hpki.errors import MalformedInput
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.content import OctetContent
from hpki.signatures.extending import DocumentExtension, extend_document
from hpki.signatures.facts import Level
from hpki.signatures.formats import Format, format_of, read_signed_document
from hpki.signatures.judge import judge_document
from hpki.validation.evidence import Evidence
from tests import pki
from tests.interop import test_asic_judges, test_xades_judges
from tests.interop.dss_judge import dss_judge
from tests.signed_pdfs import letter
from tests.signing_scene import CLAIMS, LETTER, MINUTE, POLICY, SIGNED_AT, Scene, scene

KEYS = (KeyAlgorithm.RSA_2048, KeyAlgorithm.RSA_3072, KeyAlgorithm.P_256, KeyAlgorithm.P_384)
BASELINE = (Level.B, Level.T, Level.LT, Level.LTA)
JAPANESE = (Level.ES_T, Level.ES_XL, Level.ES_A)
SOON = SIGNED_AT + 9 * MINUTE


@dataclass(frozen=True)
class Document:
    """One signed document, who made it, and the file beside it."""

    maker: str
    words: str
    octets: bytes
    detached: bytes | None = None

    @property
    def format(self) -> Format:
        return format_of(self.octets)


@dataclass(frozen=True)
class Row:
    """One maker and format: how many of its documents each judge passed; a judge that knows none is not there."""

    maker: str
    documents: int
    passed: Mapping[str, int]
    asked: Mapping[str, int]

    def words(self) -> str:
        told = [
            f"{judge} {self.passed[judge]}/{self.asked[judge]}" if self.asked[judge] else f"{judge} -"
            for judge in JUDGES
        ]
        return f"{self.maker:<24} {self.documents:>3} documents   " + "   ".join(told)

    def disagreements(self) -> list[str]:
        return [
            f"{self.maker}: {judge} passed {self.passed[judge]} of {self.asked[judge]}"
            for judge in JUDGES
            if self.passed[judge] != self.asked[judge]
        ]


def rows() -> Iterator[Row]:
    """The matrix, maker by maker."""
    for maker in MAKERS:
        yield row_of(maker)


def row_of(maker: str) -> Row:
    """What one maker's documents come to."""
    passed: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    made = list(MAKERS[maker]())
    for document in made:
        for judge, ask in JUDGES.items():
            verdict = ask(document)
            asked[judge] += verdict is not None
            passed[judge] += verdict is True
    return Row(maker, len(made), passed, asked)


def _extended(
    made: bytes, levels: tuple[Level, ...], where: Scene, beside: dict[str, OctetContent] | None = None
) -> Iterator[tuple[Level, bytes]]:
    for level in levels:
        if level is Level.B:
            yield level, made
            continue
        moment = SIGNED_AT + MINUTE
        how = DocumentExtension(where.authority(moment), where.evidence(moment), beside or {})
        yield level, extend_document(made, level, how)


def _our_cades() -> Iterator[Document]:
    from hpki.signatures.cms.making import sign_cms

    for algorithm in KEYS:
        where = scene(algorithm)
        beside = {"letter": OctetContent(LETTER)}
        made = sign_cms(OctetContent(LETTER), where.unit(), CLAIMS)
        for level, octets in _extended(made, (*BASELINE, *JAPANESE), where, beside):
            yield Document("openhpki CAdES", f"{algorithm} {level}", octets, LETTER)


def _our_xades() -> Iterator[Document]:
    for algorithm in KEYS:
        where = scene(algorithm)
        for packaging in ("enveloped", "enveloping"):
            made = test_xades_judges.made(packaging, where)
            for level, octets in _extended(made, BASELINE, where):
                yield Document("openhpki XAdES", f"{algorithm} {packaging} {level}", octets)


def _our_prescriptions() -> Iterator[Document]:
    from hpki.signatures.prescription import Content, prescription_document, sign_prescription

    where = scene(KeyAlgorithm.RSA_2048)
    draft = prescription_document(Content(test_xades_judges.pki_uuid(1), b"SJ1,1"))
    made = sign_prescription(draft, where.unit(), CLAIMS)
    for level, octets in _extended(made, JAPANESE, where):
        yield Document("openhpki prescription", str(level), octets)


def _our_pades() -> Iterator[Document]:
    from hpki.signatures.pdf.making import sign_pdf

    for algorithm in KEYS:
        where = scene(algorithm)
        for level, octets in _extended(sign_pdf(letter(), where.unit(), CLAIMS), BASELINE, where):
            yield Document("openhpki PAdES", f"{algorithm} {level}", octets)


def _our_containers() -> Iterator[Document]:
    from hpki.signatures.asic.container import Kind
    from hpki.signatures.asic.making import Inside, sign_container

    where = scene(KeyAlgorithm.RSA_2048)
    for kind, files in ((Kind.SIMPLE, test_asic_judges.LETTER), (Kind.EXTENDED, test_asic_judges.BUNDLE)):
        for inside in Inside:
            made = sign_container(files, where.unit(), CLAIMS, kind=kind, inside=inside)
            for level, octets in _extended(made, BASELINE, where):
                yield Document("openhpki ASiC", f"{kind.name} {inside} {level}", octets)


def _pyhanko_signer() -> SimpleSigner:
    unit = scene(KeyAlgorithm.RSA_2048).unit()
    registry = SimpleCertificateStore()
    registry.register_multiple([asn1_x509.Certificate.load(each.der) for each in unit.chain])
    private = asn1_keys.PrivateKeyInfo.load(_private_key(Encoding.DER))
    return SimpleSigner(asn1_x509.Certificate.load(unit.certificate.der), private, registry)


def _private_key(encoding: Encoding) -> bytes:
    key = pki.key(KeyAlgorithm.RSA_2048, "hanako").builder_key()
    return key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


def _pyhanko_cades() -> Iterator[Document]:
    settings = PdfCMSSignedAttributes(signing_time=SIGNED_AT, cades_signed_attrs=CAdESSignedAttrSpec())
    made = asyncio.run(
        _pyhanko_signer().async_sign_general_data(
            LETTER, "sha256", use_cades=True, signed_attr_settings=settings
        )
    ).dump()
    for level, octets in _extended(made, BASELINE, scene(), {"letter": OctetContent(LETTER)}):
        yield Document("pyHanko CAdES", f"{level} (extended by us)", octets, LETTER)


def _pyhanko_pades() -> Iterator[Document]:
    wishes = PdfSignatureMetadata(field_name="Signature1", subfilter=SigSeedSubFilter.PADES)
    out = pyhanko_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(letter())), wishes, signer=_pyhanko_signer())
    yield Document("pyHanko PAdES", "B", out.getvalue())


def _openssl_cms() -> Iterator[Document]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        unit = scene(KeyAlgorithm.RSA_2048).unit()
        (folder / "key").write_bytes(_private_key(Encoding.PEM))
        (folder / "certificate").write_bytes(unit.certificate.certificate.public_bytes(Encoding.PEM))
        (folder / "chain").write_bytes(unit.chain[0].certificate.public_bytes(Encoding.PEM))
        (folder / "content").write_bytes(LETTER)
        words: list[str | Path] = ["openssl", "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-signer", folder / "certificate",
                 "-certfile", folder / "chain", "-inkey", folder / "key", "-in", folder / "content", "-out", folder / "out"]  # fmt: skip
        for options in ([], ["-md", "sha512"], ["-keyopt", "rsa_padding_mode:pss"]):
            subprocess.run([*words, *options], check=True, capture_output=True)
            yield Document("openssl CAdES", " ".join(options) or "-", (folder / "out").read_bytes(), LETTER)


def _detached(document: Document) -> dict[str, OctetContent]:
    return {} if document.detached is None else {"letter": OctetContent(document.detached)}


def _us(document: Document) -> bool:
    try:
        facts = read_signed_document(document.octets, _detached(document))
    except MalformedInput:
        return False
    report = judge_document(facts, scene().evidence(), POLICY, scene().anchors, SOON)
    return report.indication == "TOTAL_PASSED"


def _dss(document: Document) -> bool:
    folder = Path(__file__).resolve().parents[2] / "var" / "dss" / "documents"
    evidence = scene().evidence()
    detached = [] if document.detached is None else [document.detached]
    found = dss_judge(folder).judge(document.octets, evidence.certificates, evidence, SOON, detached)
    return bool(found) and all(each.is_passed for each in found)


def _openssl(document: Document) -> bool | None:
    if document.format is not Format.CMS:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "signature").write_bytes(document.octets)
        (folder / "content").write_bytes(document.detached or b"")
        evidence = scene().evidence()
        (folder / "root").write_bytes(evidence.certificates[0].certificate.public_bytes(Encoding.PEM))
        between = b"".join(each.certificate.public_bytes(Encoding.PEM) for each in evidence.certificates)
        (folder / "between").write_bytes(between)
        words: list[str | Path] = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "signature", "-content",
                 folder / "content", "-CAfile", folder / "root", "-certfile", folder / "between", "-out", "/dev/null",
                 "-attime", str(int(SOON.timestamp()))]  # fmt: skip
        return subprocess.run(words, check=False, capture_output=True).returncode == 0


def _pyhanko_context() -> ValidationContext:
    evidence: Evidence = scene().evidence()
    certificates = [asn1_x509.Certificate.load(each.der) for each in evidence.certificates]
    return ValidationContext(
        trust_roots=certificates[:1],
        other_certs=certificates,
        crls=[each.crl.public_bytes(Encoding.DER) for each in evidence.crls],
        moment=SOON,
        revocation_mode="soft-fail",
    )


def _pyhanko(document: Document) -> bool | None:
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    if document.format is Format.CMS:
        data = asn1_cms.ContentInfo.load(document.octets)["content"]
        status = asyncio.run(
            async_validate_detached_cms(
                document.detached or b"", data, _pyhanko_context(), key_usage_settings=usage
            )
        )
        return bool(status.intact and status.valid and status.trusted)
    if document.format is Format.PDF:
        reader = PdfFileReader(io.BytesIO(document.octets))
        told = validate_pdf_signature(
            reader.embedded_regular_signatures[0], _pyhanko_context(), key_usage_settings=usage
        )
        return bool(told.intact and told.valid and told.trusted)
    return None


def _xmlsec(document: Document) -> bool | None:
    if document.format is not Format.XML:
        return None
    root = etree.fromstring(document.octets)
    signature = next(root.iter("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    held = signature.findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate") or ""
    context = xmlsec.SignatureContext()
    pem = f"-----BEGIN CERTIFICATE-----\n{held.strip()}\n-----END CERTIFICATE-----\n"
    context.key = xmlsec.Key.from_memory(pem.encode(), xmlsec.constants.KeyDataFormatCertPem)
    for element in root.iter(etree.Element):
        for name in ("Id", "id"):
            if element.get(name) is not None:
                context.register_id(element, name)
    try:
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True


def _pdfsig(document: Document) -> bool | None:
    if document.format is not Format.PDF:
        return None
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "signed.pdf"
        path.write_bytes(document.octets)
        said = subprocess.run(["pdfsig", "-nocert", path], check=False, capture_output=True, text=True)
        checked = subprocess.run(["qpdf", "--check", path], check=False, capture_output=True)
    return "Signature is Valid." in said.stdout and checked.returncode == 0


MAKERS: Mapping[str, Callable[[], Iterator[Document]]] = {
    "openhpki CAdES": _our_cades,
    "openhpki XAdES": _our_xades,
    "openhpki prescription": _our_prescriptions,
    "openhpki PAdES": _our_pades,
    "openhpki ASiC": _our_containers,
    "pyHanko CAdES": _pyhanko_cades,
    "pyHanko PAdES": _pyhanko_pades,
    "openssl CAdES": _openssl_cms,
}
JUDGES: Mapping[str, Callable[[Document], bool | None]] = {
    "openhpki": _us,
    "EU DSS 6.4": _dss,
    "openssl cms": _openssl,
    "pyHanko": _pyhanko,
    "xmlsec": _xmlsec,
    "pdfsig+qpdf": _pdfsig,
}
