"""The report as XML for other systems: ETSI TS 119 102-2 V1.4.1, with the signer's qualification as other information."""

import base64
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from hpki.signatures.finding import Told
from hpki.signatures.indication import Indication, SubIndication
from hpki.signatures.report import DocumentReport, SignatureReport, TimeStampReport
from hpki.validation.facts import CertificateFacts

VR: Final = "http://uri.etsi.org/19102/v1.4.1#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
# Our own: what no European report knows.
HPKI: Final = "urn:openhpki:validation-report:1"
_URN: Final = "urn:etsi:019102"
_NSMAP: Final = {"vr": VR, "xades": XADES, "ds": DS, "hpki": HPKI}
_SHA_256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"


def report_xml(report: DocumentReport) -> bytes:
    """The report as a ValidationReport document (TS 119 102-2 4.2), UTF-8.

    A document without a signature has one report of its own that says so.
    """
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap=_NSMAP)
    objects = _Objects()
    if not report.signatures:
        only = _add(root, "SignatureValidationReport")
        _status(only, report.indication, report.sub_indication, report.findings)
    for signature in report.all_signatures():
        _signature(root, report, signature, objects)
    for stamp in report.time_stamps:
        objects.add_stamp(stamp)
    objects.written_to(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


@dataclass
class _Objects:
    """What the reports refer to, each once (TS 119 102-2 4.4)."""

    certificates: dict[CertificateFacts, str] = field(default_factory=dict)
    stamps: list[TimeStampReport] = field(default_factory=list)

    def add(self, certificate: CertificateFacts) -> str:
        """The identifier of a certificate in this report."""
        return self.certificates.setdefault(certificate, f"C-{certificate.sha256.hex()[:32]}")

    def add_stamp(self, stamp: TimeStampReport) -> str:
        """The identifier of a time-stamp in this report."""
        if stamp not in self.stamps:
            self.stamps.append(stamp)
        return f"T-{self.stamps.index(stamp)}"

    def written_to(self, root: etree._Element) -> None:
        for stamp in self.stamps:
            if stamp.authority is not None:
                self.add(stamp.authority)
        if not self.certificates and not self.stamps:
            return
        holder = _add(root, "SignatureValidationObjects")
        for certificate, identifier in self.certificates.items():
            made = _add(holder, "ValidationObject", id=identifier)
            _add(made, "ObjectType", f"{_URN}:validationObject:certificate")
            _add(_add(made, "ValidationObjectRepresentation"), "base64", _base64(certificate.der))
        for number, stamp in enumerate(self.stamps):
            self._stamp(holder, stamp, f"T-{number}")

    def _stamp(self, holder: etree._Element, stamp: TimeStampReport, identifier: str) -> None:
        made = _add(holder, "ValidationObject", id=identifier)
        _add(made, "ObjectType", f"{_URN}:validationObject:timestamp")
        shown = _add(_add(made, "ValidationObjectRepresentation"), "DigestAlgAndValue")
        token = stamp.facts.token
        _digest(shown, b"" if token is None else token.identity)
        if stamp.is_proof and stamp.facts.stamped_at is not None:
            proven = _add(made, "POEProvisioning")
            _add(proven, "POETime", _moment(stamp.facts.stamped_at))
        inside = _add(made, "ValidationReport")
        if stamp.authority is not None:
            information = _add(inside, "SignerInformation")
            _add(information, "SignerCertificate", VOReference=self.add(stamp.authority))
            _add(information, "Signer", stamp.authority.subject_words)
        _status(inside, stamp.indication, stamp.sub_indication, stamp.findings)


def _signature(
    root: etree._Element, document: DocumentReport, report: SignatureReport, objects: _Objects
) -> None:
    made = _add(root, "SignatureValidationReport")
    identifier = _add(made, "SignatureIdentifier", id=f"S-{report.facts.identity.hex()[:32]}")
    _digest(_add(identifier, "DigestAlgAndValue"), report.facts.identity)
    _add(identifier, "HashOnly", "false")
    _add(identifier, "DocHashOnly", "false")
    _add(identifier, "DAIdentifier", report.facts.place)
    _time(made, document, report)
    _attributes(made, report, objects)
    if report.signer is not None:
        information = _add(made, "SignerInformation")
        _add(information, "SignerCertificate", VOReference=objects.add(report.signer))
        _add(information, "Signer", report.signer.subject_words)
        _qualifications(information, report)
    process = _add(made, "SignatureValidationProcess")
    _add(process, "SignatureValidationProcessID", f"{_URN}:validationprocess:{_process(report)}")
    _add(process, "SignatureValidationServicePolicy", f"urn:openhpki:policy:{document.policy}")
    _status(made, report.indication, report.sub_indication, report.findings, _Path(report, objects))


def _time(made: etree._Element, document: DocumentReport, report: SignatureReport) -> None:
    times = _add(made, "ValidationTimeInfo")
    _add(times, "ValidationTime", _moment(document.at))
    best = _add(times, "BestSignatureTime")
    _add(best, "POETime", _moment(report.proven_at or document.at))
    _add(best, "TypeOfProof", f"{_URN}:poetype:validation")


def _attributes(made: etree._Element, report: SignatureReport, objects: _Objects) -> None:
    facts = report.facts
    holder = etree.Element(f"{{{VR}}}SignatureAttributes", nsmap=_NSMAP)
    if facts.claimed_signed_at is not None:
        _add(_add(holder, "SigningTime", Signed="true"), "Time", _moment(facts.claimed_signed_at))
    for commitment in facts.commitments:
        _add(_add(holder, "CommitmentTypeIndication", Signed="true"), "CommitmentTypeIdentifier", commitment)
    for role in facts.claimed_roles:
        shown = _add(_add(holder, "SignerRole", Signed="true"), "RoleDetails")
        _add(shown, "Role", role)
        _add(shown, "EndorsementType", "claimed")
    for stamp in report.time_stamps:
        name = "ArchiveTimeStamp" if stamp.facts.kind == "archive" else "SignatureTimeStamp"
        shown = _add(holder, name)
        _add(shown, "AttributeObject", VOReference=objects.add_stamp(stamp))
        if stamp.facts.stamped_at is not None:
            _add(shown, "TimeStampValue", _moment(stamp.facts.stamped_at))
    if len(holder):
        made.append(holder)


def _qualifications(information: etree._Element, report: SignatureReport) -> None:
    """ISO 17090: what the certificate says its holder may call himself, and whether it is a test card."""
    other = _add(information, "OtherInformation")
    block = etree.SubElement(other, f"{{{HPKI}}}Qualifications")
    if report.environment is not None:
        block.set("environment", report.environment)
    for stated in report.qualifications:
        shown = etree.SubElement(block, f"{{{HPKI}}}Qualification")
        for name, value in stated.as_json().items():
            if isinstance(value, str):
                shown.set(name, _clean(value))


def _process(report: SignatureReport) -> str:
    """TS 119 102-2 4.3.9: basic, with time, or with archived material."""
    if any(stamp.facts.kind in {"archive", "document"} for stamp in report.time_stamps):
        return "LTA"
    return "LTVM" if report.proven_at is not None else "Basic"


@dataclass(frozen=True)
class _Path:
    """The certificates that lead from the signer to an anchor."""

    report: SignatureReport
    objects: _Objects

    def written_to(self, holder: etree._Element) -> None:
        found = self.report.certificate_report
        if found is None or not found.path:
            return
        data = _add(holder, "AssociatedValidationReportData")
        anchor, *below = [self.objects.add(each) for each in found.path]
        if not below:
            return
        _add(data, "TrustAnchor", VOReference=anchor)
        chain = _add(data, "CertificateChain")
        _add(chain, "SigningCertificate", VOReference=below[-1])
        for identifier in reversed(below[:-1]):
            _add(chain, "IntermediateCertificate", VOReference=identifier)
        _add(chain, "TrustAnchor", VOReference=anchor)


def _status(
    made: etree._Element,
    indication: Indication,
    sub_indication: SubIndication | None,
    findings: Iterable[Told],
    path: _Path | None = None,
) -> None:
    status = _add(made, "SignatureValidationStatus")
    _add(status, "MainIndication", f"{_URN}:mainindication:{indication.lower().replace('_', '-')}")
    if sub_indication is not None:
        _add(status, "SubIndication", f"{_URN}:subindication:{sub_indication}")
    if path is not None:
        path.written_to(status)
    told = list(findings)
    if told:
        data = _add(status, "AssociatedValidationReportData")
        additional = _add(data, "AdditionalValidationReportData")
        for finding in told:
            shown = _add(additional, "ReportData")
            _add(shown, "Type", f"urn:openhpki:finding:{finding.code}")
            value = _add(shown, "Value")
            value.text = _clean(f"{finding.sentence('en')} [{finding.clause}]")


def _add(parent: etree._Element, local: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{VR}}}{local}", attrib=dict(attributes))
    if text is not None:
        made.text = _clean(text)
    return made


def _digest(parent: etree._Element, digest: bytes) -> None:
    """The SHA-256 under which something is known, in the words of XMLDSig."""
    etree.SubElement(parent, f"{{{DS}}}DigestMethod", attrib={"Algorithm": _SHA_256})
    etree.SubElement(parent, f"{{{DS}}}DigestValue").text = _base64(digest)


def _clean(text: str) -> str:
    """What XML 1.0 may hold: names and places come from outside."""
    return "".join(
        each
        if each in "\t\n\r" or " " <= each < "\ud800" or (each > "\udfff" and each not in "\ufffe\uffff")
        else "\ufffd"
        for each in text
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
