"""The unsigned properties of XAdES, in the order in which they stand (EN 319 132-1 5.3 – 5.5, A.1; TS 101 903 7.3 – 7.7, 8).

Order matters: an archive time-stamp covers what stands before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.facts import TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml.canonical import INCLUSIVE, Method
from hpki.signatures.xml.names import ds, xades, xades_141, xades_er
from hpki.signatures.xml.records import MOST_RECORDS, SEALING, SealingRecords, read_sealing_records
from hpki.signatures.xml.references import Transform, canonicalisation
from hpki.signatures.xml.values import children, local_name, octets_of
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.revocation_list import RevocationList, read_revocation_list

MOST_PROPERTIES: Final = 1024


@dataclass(frozen=True, eq=False)
class XmlTimeStamp:
    """One time-stamp property.  `method` is None for a canonicalisation not known here; `position` is its place among
    the unsigned properties; `profile` the version of XAdES that defines its imprint.
    """

    kind: TimeStampKind
    element: etree._Element = field(repr=False)
    position: int
    profile: str
    method: Method | None
    tokens: tuple[bytes, ...] = field(repr=False)
    has_includes: bool = False

    @property
    def place(self) -> str:
        """How people are told which one it is."""
        identifier = str(self.element.get("Id", ""))
        return f"{local_name(self.element)} #{identifier}" if identifier else local_name(self.element)


@dataclass(frozen=True, eq=False)
class UnsignedProperties:
    """What was added to a signature after it was made.  `held` says what each property brings along, by its place."""

    elements: tuple[etree._Element, ...] = field(repr=False, default=())
    stamps: tuple[XmlTimeStamp, ...] = ()
    held: tuple[Evidence, ...] = field(repr=False, default=())
    counter_signatures: tuple[etree._Element, ...] = field(repr=False, default=())
    records: tuple[SealingRecords, ...] = ()
    troubles: tuple[SignatureFinding, ...] = ()

    @property
    def evidence(self) -> Evidence:
        """All of it."""
        return joined(self.held)

    def has(self, *locals_: str) -> bool:
        """Whether a property of one of these names stands there."""
        return any(local_name(element) in locals_ for element in self.elements)


# name → kind, profile
_STAMPS: Final[Mapping[str, tuple[TimeStampKind, str]]] = MappingProxyType(
    {
        xades("SignatureTimeStamp"): (TimeStampKind.SIGNATURE, "1.3.2"),
        xades("SigAndRefsTimeStamp"): (TimeStampKind.REFERENCES, "1.3.2"),
        xades("RefsOnlyTimeStamp"): (TimeStampKind.REFERENCES, "1.3.2"),
        xades_141("SigAndRefsTimeStampV2"): (TimeStampKind.REFERENCES, "1.4.1"),
        xades_141("RefsOnlyTimeStampV2"): (TimeStampKind.REFERENCES, "1.4.1"),
        xades("ArchiveTimeStamp"): (TimeStampKind.ARCHIVE, "1.3.2"),
        xades_141("ArchiveTimeStamp"): (TimeStampKind.ARCHIVE, "1.4.1"),
    }
)
_VALUES: Final = frozenset(
    {
        xades("CertificateValues"),
        xades("RevocationValues"),
        xades("AttrAuthoritiesCertValues"),
        xades("AttributeRevocationValues"),
        xades_141("TimeStampValidationData"),
        # Later name of the same thing (EN 319 132-1 V1.2 annex D).
        xades_er("AnyValidationData"),
    }
)
_KNOWN: Final = frozenset(
    {
        xades("CompleteCertificateRefs"),
        xades_141("CompleteCertificateRefsV2"),
        xades("CompleteRevocationRefs"),
        xades("AttributeCertificateRefs"),
        xades_141("AttributeCertificateRefsV2"),
        xades("AttributeRevocationRefs"),
        xades_141("RenewedDigests"),
        xades_141("RenewedDigestsV2"),
        xades_141("SignaturePolicyStore"),
    }
)


def read_unsigned_properties(qualifying: etree._Element) -> UnsignedProperties:
    """The unsigned signature properties in a QualifyingProperties element.  Raises MalformedInput on a broken structure."""
    groups = qualifying.findall(f"{xades('UnsignedProperties')}/{xades('UnsignedSignatureProperties')}")
    if len(groups) > 1:
        raise MalformedInput("UnsignedSignatureProperties", "stands there twice")
    found = children(groups[0]) if groups else []
    if len(found) > MOST_PROPERTIES:
        raise MalformedInput("UnsignedSignatureProperties", f"over {MOST_PROPERTIES}")
    stamps: list[XmlTimeStamp] = []
    held: list[Evidence] = []
    counters: list[etree._Element] = []
    records: list[SealingRecords] = []
    troubles = [SignatureFinding("xml_property_unknown", name[:80]) for name in _strangers(qualifying)]
    for position, element in enumerate(found):
        tag = str(element.tag)
        held.append(_held(element, troubles) if tag in _VALUES else Evidence())
        if tag in _STAMPS:
            stamps.append(read_time_stamp_property(element, *_STAMPS[tag], position=position))
        elif tag == xades("CounterSignature"):
            counters += (signatures := element.findall(ds("Signature")))
            if len(signatures) != 1 or len(children(element)) != 1:
                troubles.append(SignatureFinding("xml_structure", "CounterSignature"))
        elif tag == SEALING:
            records.append(read_sealing_records(element, position))
        elif tag not in _VALUES and tag not in _KNOWN:
            troubles.append(SignatureFinding("xml_property_unknown", local_name(element)[:80]))
    if len(records) > MOST_RECORDS:
        raise MalformedInput("UnsignedSignatureProperties", f"over {MOST_RECORDS} SealingEvidenceRecords")
    return UnsignedProperties(
        tuple(found), tuple(stamps), tuple(held), tuple(counters), tuple(records), tuple(troubles)
    )


def _strangers(qualifying: etree._Element) -> list[str]:
    """The names of what stands around the known groups of properties (EN 319 132-1 4.3.1, 4.3.4)."""
    found = []
    unsigned = xades("UnsignedProperties")
    inside = children(qualifying)
    for place, each in enumerate(inside):
        if str(each.tag) == unsigned and place == len(inside) - 1:
            found += [
                local_name(child)
                for child in children(each)
                if str(child.tag) != xades("UnsignedSignatureProperties")
            ]
        elif str(each.tag) != xades("SignedProperties"):
            found.append(local_name(each))
    return found


def read_time_stamp_property(
    element: etree._Element, kind: TimeStampKind, profile: str, *, position: int = -1
) -> XmlTimeStamp:
    """One time-stamp property (TS 101 903 7.1.4.3).  Raises MalformedInput."""
    named = element.find(ds("CanonicalizationMethod"))
    # Nothing named is inclusive C14N 1.0, as for any node set of XMLDSig.
    method = (
        INCLUSIVE if named is None else canonicalisation(Transform(str(named.get("Algorithm", "")), named))
    )
    tokens = tuple(
        octets_of(each, most=1 << 22) for each in element.findall(xades("EncapsulatedTimeStamp"))[:16]
    )
    has_includes = element.find(xades("Include")) is not None
    return XmlTimeStamp(kind, element, position, profile, method, tokens, has_includes)


def _held(element: etree._Element, troubles: list[SignatureFinding]) -> Evidence:
    certificates: list[CertificateFacts] = []
    lists: list[RevocationList] = []
    answers: list[OcspAnswer] = []
    for each in element.iter(etree.Element):
        name = local_name(each)
        if not name.startswith("Encapsulated"):
            continue
        try:
            octets = octets_of(each)
            if name == "EncapsulatedX509Certificate":
                certificates.append(read_certificate(octets))
            elif name == "EncapsulatedCRLValue":
                lists.append(read_revocation_list(octets))
            elif name == "EncapsulatedOCSPValue":
                answers.append(read_ocsp_answer(octets))
        except MalformedInput as error:
            troubles.append(SignatureFinding("skipped", f"{name}: {error.why}"[:200]))
    return Evidence(tuple(certificates), tuple(lists), tuple(answers))


def joined(several: Sequence[Evidence]) -> Evidence:
    """All of several, each thing once."""
    return Evidence(
        tuple(dict.fromkeys(each for one in several for each in one.certificates)),
        tuple(dict.fromkeys(each for one in several for each in one.crls)),
        tuple(dict.fromkeys(each for one in several for each in one.ocsp_answers)),
    )
