"""Reads every signature of an XML document into neutral facts for the judge (XMLDSig; EN 319 132-1; TS 101 903).

Nothing is trusted and nothing decided.  The signed properties are taken only through the Reference that digests them;
whatever else calls itself so is told as a finding.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import (
    DigestFact,
    DocumentFacts,
    Level,
    SignatureFacts,
    SignedMessage,
    SignerHint,
)
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml import names
from hpki.signatures.xml.coverage import covered_words, is_part_of_signature, left_out_words
from hpki.signatures.xml.levels import level_of
from hpki.signatures.xml.names import ds, xades
from hpki.signatures.xml.properties import SignedProperties, read_signed_properties, x509_certificates
from hpki.signatures.xml.reading import LIMITS, XmlLimits, read_xml
from hpki.signatures.xml.references import (
    Data,
    NodeSet,
    NotAtHand,
    Reference,
    Refused,
    Resolution,
    Surroundings,
    canonicalisation,
    is_filtered,
    octets_after,
    read_reference,
    resolve,
)
from hpki.signatures.xml.stamps import StampReader, StampReading
from hpki.signatures.xml.structure import XmlSignature, read_signature, signatures_of
from hpki.signatures.xml.unsigned import UnsignedProperties, joined, read_unsigned_properties
from hpki.signatures.xml.values import children, local_name
from hpki.signatures.xml.work import Work
from hpki.signatures.xml.wrapping import SignedNodes, Wrapping
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate

_DEEPEST_COUNTER_SIGNATURE: Final = 4
_DEEPEST_MANIFEST: Final = 4
_MOST_LISTED: Final = 10_000
_NO_DETACHED: Final[Mapping[str, Content]] = {}


def read_xml_signatures(
    content: bytes,
    *,
    detached: Mapping[str, Content] = _NO_DETACHED,
    limits: XmlLimits = LIMITS,
    work: Work | None = None,
) -> DocumentFacts:
    """All signatures of an XML document.

    detached: files beside the document, by the name under which its references may point at them.  work: what is left of
    it where several documents share one.
    Raises MalformedInput when the octets are no XML document that is accepted here.
    """
    document = read_xml(content, limits=limits)
    around = Surroundings(document, detached, work or Work(limits.work))
    readings = [read_one(element, around) for element in signatures_of(document.root)]
    everyone = [reading.nodes for reading in readings if reading.nodes is not None]
    wrapping = Wrapping(document.root, everyone)
    return DocumentFacts(
        format="XML",
        signatures=tuple(_beside(reading, wrapping) for reading in readings),
        evidence=joined([evidence for reading in readings for evidence in reading.evidence]),
    )


@dataclass(frozen=True)
class Reading:
    """One signature as read, and the evidence that stood in it."""

    facts: SignatureFacts
    evidence: tuple[Evidence, ...]
    nodes: SignedNodes | None = None


def _beside(reading: Reading, wrapping: Wrapping) -> SignatureFacts:
    """The facts of a signature with what stands beside the signed parts and could be taken for them."""
    if reading.nodes is None:
        return reading.facts
    return replace(reading.facts, troubles=(*reading.facts.troubles, *wrapping.findings(reading.nodes)))


def read_one(element: etree._Element, around: Surroundings, *, depth: int = 0) -> Reading:
    """One signature; what is wrong with it stands in its troubles."""
    try:
        return _Reader(read_signature(element), around, depth).reading()
    except MalformedInput as error:
        return Reading(_unreadable(element, error), ())


def _unreadable(element: etree._Element, error: MalformedInput) -> SignatureFacts:
    return SignatureFacts(
        format="XML",
        place=place_of(element),
        level=Level.NONE,
        message=SignedMessage(None, b""),
        digests=(),
        references=(),
        hint=SignerHint(),
        troubles=(SignatureFinding("xml_structure", f"{error.what}: {error.why}"[:300]),),
    )


def _is_manifest(resolution: Resolution) -> bool:
    """Whether a reference is to a list of files; its Type need not say so (XMLDSig 4.4.3.1)."""
    is_list = resolution.apex is not None and str(resolution.apex.tag) == ds("Manifest")
    return is_list or resolution.reference.type == names.MANIFEST


def place_of(element: etree._Element) -> str:
    """Where a signature stands: the names above it, and its own identifier."""
    above = [local_name(each) for each in reversed(list(element.iterancestors()))][-6:]
    identifier = element.get("Id")
    return "/".join([*above, "Signature"]) + (f"#{identifier}" if identifier else "")


@dataclass
class _Reader:
    signature: XmlSignature
    around: Surroundings
    depth: int
    troubles: list[SignatureFinding] = field(default_factory=list)
    lists: dict[etree._Element, list[Resolution]] = field(default_factory=dict)
    digests: list[DigestFact] = field(default_factory=list)

    def reading(self) -> Reading:
        resolved = [self._resolved(reference) for reference in self.signature.references]
        qualifying = self._qualifying(resolved)
        signed = SignedProperties()
        unsigned = UnsignedProperties()
        if qualifying is not None:
            signed = read_signed_properties(qualifying.findall(xades("SignedProperties"))[0])
            unsigned = read_unsigned_properties(qualifying)
        certificates = self._certificates()
        self.digests = [fact for each in resolved for fact in self._digests(each)]
        listed = [one for each in resolved for one in self._leaves(each)] if unsigned.records else []
        identities = frozenset(
            fact.identity for fact in self.digests if fact.is_required and fact.identity is not None
        )
        stamps = StampReader(
            self.signature, resolved, listed, signed, unsigned, certificates, identities, self.around.work
        ).read()
        counters = self._counter_signatures(unsigned)
        self.troubles += [*unsigned.troubles, *stamps.troubles]
        self.troubles += (SignatureFinding("role_not_verified", each) for each in signed.certified)
        if all(is_part_of_signature(each) for each in resolved):
            self.troubles.append(SignatureFinding("xml_nothing_signed"))
        facts = self._facts(resolved, signed, unsigned, certificates, stamps, counters)
        evidence = (
            Evidence(certificates),
            unsigned.evidence,
            *stamps.evidence,
            *(each for counter in counters for each in counter.evidence),
        )
        nodes = SignedNodes(self.signature.element, self.signature.objects, resolved)
        return Reading(facts, evidence, nodes)

    def _facts(
        self,
        resolved: list[Resolution],
        signed: SignedProperties,
        unsigned: UnsignedProperties,
        certificates: tuple[CertificateFacts, ...],
        stamps: StampReading,
        counters: list[Reading],
    ) -> SignatureFacts:
        signature = self.signature
        message = signature.message()
        if message is None or signature.algorithm is None:
            unknown = signature.algorithm_uri if message is not None else "CanonicalizationMethod"
            self.troubles.append(SignatureFinding("algorithm_unknown", unknown[:200]))
        return SignatureFacts(
            format="XAdES" if signed.certificates else "XML",
            place=place_of(signature.element),
            level=level_of(resolved, signed, unsigned),
            message=SignedMessage(
                signature.algorithm, signature.value, () if message is None else (message,)
            ),
            digests=tuple(self.digests),
            references=signed.certificates,
            hint=SignerHint(),
            certificates=certificates,
            claimed_signed_at=signed.signed_at,
            policy=signed.policy,
            claimed_roles=signed.roles,
            commitments=signed.commitments,
            time_stamps=stamps.stamps,
            counter_signatures=tuple(counter.facts for counter in counters),
            covers=covered_words(resolved),
            leaves_out=left_out_words(self.around.document.root, resolved, signature.element),
            troubles=tuple(self.troubles),
        )

    def _resolved(self, reference: Reference) -> Resolution:
        """What a reference is to.  Raises MalformedInput when all of them are too much work."""
        found = self._looked_up(reference)
        made = found.data if isinstance(found.data, bytes) else b""
        # What was made once is parsed and made again by each canonicalisation behind it.
        times = sum(canonicalisation(each) is not None for each in reference.transforms)
        more = self.around.document.octets * len(reference.transforms) if is_filtered(reference) else 0
        self.around.work.spend(made, times=max(times, 1), more=more)
        return found

    def _looked_up(self, reference: Reference) -> Resolution:
        try:
            return resolve(reference, self.around)
        except NotAtHand:
            pass
        except Refused as refused:
            self.troubles.append(SignatureFinding(refused.code, refused.detail, reference.place[:200]))
        except MalformedInput as error:
            self.troubles.append(
                SignatureFinding("xml_structure", f"{error.what}: {error.why}"[:300], reference.place[:200])
            )
        return Resolution(reference, None, None)

    def _digests(self, resolution: Resolution, depth: int = 0) -> list[DigestFact]:
        """The digest that a reference states, and those of what it lists.

        XMLDSig 5.1: each file of a signed list is told, none that is not at hand makes or breaks the signature.
        """
        reference, data = resolution.reference, resolution.data
        computed = identity = None
        if data is not None:
            computed, identity = self._hashed(data, reference.algorithm)
        if reference.algorithm is None:
            self.troubles.append(SignatureFinding("algorithm_unknown", "DigestMethod", reference.place[:200]))
        found = [
            DigestFact(reference.place, reference.algorithm, reference.digest, computed, depth == 0, identity)
        ]
        # A list that lists itself is told once.
        if resolution.apex is None or resolution.apex not in self.lists:
            for each in self._listed(resolution):
                found += self._digests(each, depth + 1)
        return found

    def _hashed(self, data: Data, kind: HashKind | None) -> tuple[bytes | None, bytes]:
        """The hash of a kind, and SHA-256; a file is read chunk by chunk."""
        if isinstance(data, bytes | NodeSet):
            octets = octets_after(data)
            if isinstance(data, NodeSet):
                self.around.work.spend(octets)
            data = OctetContent(octets)
        return None if kind is None else data.digest(kind.name), data.digest(SHA_256.name)

    def _leaves(self, resolution: Resolution, depth: int = 0) -> Iterator[Resolution]:
        """What a reference to a Manifest lists in the end, through the Manifests in it (TS 119 132-3, step 6)."""
        for each in self._listed(resolution):
            self.around.work.spend()
            if _is_manifest(each) and depth < _DEEPEST_MANIFEST:
                yield from self._leaves(each, depth + 1)
            else:
                yield each

    def _listed(self, resolution: Resolution) -> list[Resolution]:
        """What a reference to a Manifest lists; all of a signature's lists together are bounded."""
        if not _is_manifest(resolution):
            return []
        apex = resolution.apex
        if apex is None or str(apex.tag) != ds("Manifest"):
            self.troubles.append(SignatureFinding("xml_structure", "Manifest"))
            return []
        if apex not in self.lists:
            self.lists[apex] = []
            listed = children(apex)
            if not listed or any(str(each.tag) != ds("Reference") for each in listed):
                self.troubles.append(SignatureFinding("xml_structure", "Manifest"))
            elif len(listed) + sum(map(len, self.lists.values())) > _MOST_LISTED:
                self.troubles.append(SignatureFinding("too_many", f"{len(listed)} files in a Manifest"))
            else:
                self.lists[apex] += [self._resolved(read_reference(each)) for each in listed]
        return self.lists[apex]

    def _qualifying(self, resolved: list[Resolution]) -> etree._Element | None:
        """The QualifyingProperties whose signed part is under this signature: exactly one, and it names us."""
        candidates = [
            each for part in self.signature.objects for each in part.findall(xades("QualifyingProperties"))
        ]
        targets = [each.apex for each in resolved if each.reference.type in names.SIGNED_PROPERTIES_TYPES]
        if not candidates:
            return None
        if (
            len(candidates) > 1
            or len(targets) > 1
            or len(candidates[0].findall(xades("SignedProperties"))) > 1
        ):
            self.troubles.append(SignatureFinding("xml_properties_doubled", str(len(candidates))))
            return None
        qualifying = candidates[0]
        apex = targets[0] if targets else None
        if apex is None or str(apex.tag) != xades("SignedProperties") or apex.getparent() is not qualifying:
            self.troubles.append(SignatureFinding("xml_properties_not_signed"))
            return None
        if (
            str(qualifying.get("Target", "")) != f"#{self.signature.identifier}"
            or not self.signature.identifier
        ):
            self.troubles.append(
                SignatureFinding("xml_properties_target", str(qualifying.get("Target", ""))[:200])
            )
        self._strangers(qualifying)
        return qualifying

    def _strangers(self, qualifying: etree._Element) -> None:
        """Other SignedProperties inside this signature, which somebody might take for ours."""
        for part in self.signature.objects:
            for each in part.iter(xades("SignedProperties"), xades("QualifyingProperties")):
                owner = next(each.iterancestors(ds("Signature")), None)
                is_ours = each is qualifying or each.getparent() is qualifying
                if owner is self.signature.element and not is_ours:
                    self.troubles.append(SignatureFinding("xml_properties_doubled", local_name(each)))
                    return

    def _certificates(self) -> tuple[CertificateFacts, ...]:
        key_info = self.signature.key_info
        if key_info is None:
            return ()
        for each in children(key_info):
            if str(each.tag) == ds("RetrievalMethod"):
                self.troubles.append(SignatureFinding("xml_key_not_a_certificate", local_name(each)))
        found = []
        for octets in x509_certificates(key_info):
            try:
                found.append(read_certificate(octets))
            except MalformedInput as error:
                self.troubles.append(SignatureFinding("skipped", f"X509Certificate: {error.why}"[:200]))
        return tuple(dict.fromkeys(found))

    def _counter_signatures(self, unsigned: UnsignedProperties) -> list[Reading]:
        if unsigned.counter_signatures and self.depth >= _DEEPEST_COUNTER_SIGNATURE:
            self.troubles.append(SignatureFinding("too_many", "counter-signatures"))
            return []
        return [self._counter_signature(each) for each in unsigned.counter_signatures]

    def _counter_signature(self, element: etree._Element) -> Reading:
        reading = read_one(element, self.around, depth=self.depth + 1)
        value = self.signature.value_element
        signs_us = False
        try:
            for reference in read_signature(element).references:
                signs_us = signs_us or self._resolved(reference).apex is value
        except MalformedInput:
            return reading
        if not signs_us:
            self.troubles.append(SignatureFinding("xml_structure", "CounterSignature: SignatureValue"))
        return reading
