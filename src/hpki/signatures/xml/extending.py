"""An XML signature given what it needs for the long term: time-stamps and validation data (EN 319 132-1 5.3 – 5.5).

Extending a signature that has an archive time-stamp adds another one: that is renewal, nobody signs again.  A signature
that lies inside what another one signed is left alone: anything added to it would break the outer one.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from hpki.errors import NotExtended
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.basic import identify
from hpki.signatures.content import Content
from hpki.signatures.facts import Level, SignatureFacts
from hpki.signatures.material import material_for, without
from hpki.signatures.time_stamping import TimeStamper
from hpki.signatures.xml import names
from hpki.signatures.xml.canonical import EXCLUSIVE, canonical_element
from hpki.signatures.xml.imprints import NotComputable, archive_pieces, digest_of
from hpki.signatures.xml.making import serialised
from hpki.signatures.xml.names import ds, xades, xades_141
from hpki.signatures.xml.reader import Reading, read_one
from hpki.signatures.xml.reading import XmlDocument, read_xml
from hpki.signatures.xml.records import SEALING
from hpki.signatures.xml.references import (
    NodeSet,
    NotAtHand,
    Reference,
    Refused,
    Surroundings,
    leaves_out,
    resolve,
)
from hpki.signatures.xml.structure import XmlSignature, read_signature, signatures_of
from hpki.signatures.xml.text import base64_of
from hpki.signatures.xml.unsigned import joined
from hpki.validation.evidence import Evidence

_STEPS: Final[Mapping[Level, int]] = {
    Level.T: 1,
    Level.ES_T: 1,
    Level.LT: 2,
    Level.ES_XL: 2,
    Level.LTA: 3,
    Level.ES_A: 3,
}


@dataclass(frozen=True)
class XmlExtension:
    """What an extension goes by: who stamps, with which hash, the revocation data at hand, and the files beside it.

    `only` names the one signature that is extended, by its Id; "" extends every one that may be.
    """

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    detached: Mapping[str, Content] = field(default_factory=dict)
    kind: HashKind = SHA_256
    only: str = ""


def extend_xml(content: bytes, level: Level, extension: XmlExtension) -> bytes:
    """The document with its signatures at a level, or with one archive time-stamp more where they are there already.

    Raises MalformedInput when it cannot be read, NotExtended when a signature is broken, is under another one, or what
    it needs is not at hand; what the stamper raises passes through.
    """
    if level not in _STEPS:
        raise NotExtended(f"{level} is no level to extend to")
    document = read_xml(content)
    around = Surroundings(document, extension.detached)
    chosen = _chosen(document, around, extension.only)
    if not chosen:
        raise NotExtended("there is no signature that may be extended")
    for element in chosen:
        _Extending(element, around, extension).to(level)
    return serialised(document)


def _chosen(document: XmlDocument, around: Surroundings, only: str) -> list[etree._Element]:
    found = list(signatures_of(document.root))
    free = [element for element in found if not _is_covered(element, found, around)]
    if not only:
        return free
    named = [element for element in found if element.get("Id") == only]
    if not named:
        raise NotExtended(f"there is no signature with the Id {only}")
    require_open(found, around, named[0])
    return named


def require_open(found: list[etree._Element], around: Surroundings, wanted: etree._Element) -> None:
    """Raises NotExtended when a signature lies under another one of the document."""
    if _is_covered(wanted, found, around):
        name = str(wanted.get("Id", "the signature"))
        raise NotExtended(
            f"{name} lies inside what another signature covers: adding to it would break that one"
        )


def unsigned_properties(signature: etree._Element) -> etree._Element:
    """UnsignedSignatureProperties, made where there is none.  Raises NotExtended when it is no XAdES signature."""
    qualifying = signature.find(f"{ds('Object')}/{xades('QualifyingProperties')}")
    if qualifying is None:
        raise NotExtended("the signature has no QualifyingProperties")
    found = qualifying
    for name in ("UnsignedProperties", "UnsignedSignatureProperties"):
        inside = found.find(xades(name))
        found = etree.SubElement(found, xades(name)) if inside is None else inside
    return found


def _is_covered(element: etree._Element, others: list[etree._Element], around: Surroundings) -> bool:
    above = list(element.iterancestors())
    for other in others:
        if other is element:
            continue
        for reference in read_signature(other).references:
            target = _target(reference, around)
            if target is None:
                continue
            apex = target.root if target.apex is None else target.apex
            if apex in above and not leaves_out(reference, element):
                return True
    return False


def _target(reference: Reference, around: Surroundings) -> NodeSet | None:
    try:
        return resolve(reference, around).target
    except (NotAtHand, Refused):
        return None


@dataclass
class _Extending:
    element: etree._Element
    around: Surroundings
    extension: XmlExtension

    def to(self, level: Level) -> None:
        reading = self._reading()
        steps = _STEPS[level]
        if reading.facts.level is Level.NONE:
            raise NotExtended(f"{reading.facts.place} has no signed properties, so it is no XAdES")
        if self._elements(SEALING):
            # TS 119 132-3: once a record is there, only records may be renewed or added.
            raise NotExtended(
                f"an evidence record in {reading.facts.place} forbids adding anything else: the archive that made it renews it"
            )
        if not self._elements(xades("SignatureTimeStamp")):
            self._stamp_signature()
        if steps >= 2:
            self._add_material(is_japanese=level in {Level.ES_XL, Level.ES_A})
        if steps >= 3:
            self._stamp_archive()

    def _reading(self) -> Reading:
        """The signature as it stands now.  Raises NotExtended when it is broken."""
        reading = read_one(self.element, self.around)
        facts = reading.facts
        identified = identify(facts, joined(reading.evidence).certificates, must_be_signed=False)
        if not identified.holds or any(digest.is_broken for digest in facts.digests):
            # A later time-stamp would only hide when it broke.
            raise NotExtended(f"{facts.place} is broken")
        return reading

    def _properties(self) -> etree._Element:
        return unsigned_properties(self.element)

    def _elements(self, *tags: str) -> list[etree._Element]:
        return [child for child in self._properties() if str(child.tag) in tags]

    def _stamp_signature(self) -> None:
        value = self.element.find(ds("SignatureValue"))
        if value is None:
            raise NotExtended("the signature has no value")
        imprint = self.extension.kind.digest(canonical_element(value, EXCLUSIVE))
        self._append_stamp(xades("SignatureTimeStamp"), imprint)

    def _append_stamp(self, tag: str, imprint: bytes) -> None:
        token = self.extension.stamper.stamp(self.extension.kind, imprint)
        stamp = etree.SubElement(self._properties(), tag, nsmap=_NSMAP, attrib={"Id": _identifier()})
        etree.SubElement(stamp, ds("CanonicalizationMethod"), attrib={"Algorithm": EXCLUSIVE.uri})
        etree.SubElement(stamp, xades("EncapsulatedTimeStamp")).text = base64_of(token)

    def _add_material(self, *, is_japanese: bool) -> None:
        """What the signer and each authority need and is not there yet."""
        reading = self._reading()
        known = joined(reading.evidence)
        wanted: list[SignatureFacts] = [
            *reading.facts.with_counter_signatures(),
            *(each.token for each in reading.facts.time_stamps if each.token is not None),
        ]
        found = material_for(wanted, known.joined(self.extension.evidence))
        if not found.crls and not found.ocsp_answers:
            raise NotExtended(
                "no revocation data are at hand for the signer: give a revocation list (--crl) or an OCSP answer (--ocsp)"
            )
        missing = without(found, known)
        if not (missing.certificates or missing.crls or missing.ocsp_answers):
            return
        properties = self._properties()
        has_values = bool(self._elements(xades("CertificateValues"), xades("RevocationValues")))
        if has_values:
            stamps = self._elements(xades_141("ArchiveTimeStamp"), xades("SignatureTimeStamp"))
            holder = etree.SubElement(
                properties, xades_141("TimeStampValidationData"), nsmap=_NSMAP, attrib={"Id": _identifier()}
            )
            if stamps:
                holder.set("URI", f"#{stamps[-1].get('Id')}")
            _write(holder, missing)
        elif is_japanese:
            self._write_as_in_japan(missing, reading)
        else:
            _write(properties, missing)

    def _write_as_in_japan(self, missing: Evidence, reading: Reading) -> None:
        """The authority's own material beside its time-stamp, the signer's in the values (signatures.md: ES-XL)."""
        properties = self._properties()
        signer = material_for([reading.facts], joined(reading.evidence).joined(missing))
        for_signer = Evidence(
            tuple(each for each in missing.certificates if each in signer.certificates),
            tuple(each for each in missing.crls if each in signer.crls),
            tuple(each for each in missing.ocsp_answers if each in signer.ocsp_answers),
        )
        for_authority = without(missing, for_signer)
        stamps = self._elements(xades("SignatureTimeStamp"))
        if stamps and (for_authority.certificates or for_authority.crls or for_authority.ocsp_answers):
            holder = etree.SubElement(
                properties, xades_141("TimeStampValidationData"), nsmap=_NSMAP, attrib={"Id": _identifier()}
            )
            holder.set("URI", f"#{stamps[-1].get('Id')}")
            _write(holder, for_authority)
        _write(properties, for_signer)

    def _stamp_archive(self) -> None:
        signature: XmlSignature = read_signature(self.element)
        try:
            resolved = [resolve(reference, self.around) for reference in signature.references]
            before = list(self._properties().iterchildren(etree.Element))
            pieces = archive_pieces(signature, resolved, before, EXCLUSIVE, profile="1.4.1")
            imprint = digest_of(pieces, self.extension.kind)
        except (NotAtHand, Refused, NotComputable) as error:
            raise NotExtended("an archive time-stamp needs everything that was signed at hand") from error
        self._append_stamp(xades_141("ArchiveTimeStamp"), imprint)


_NSMAP: Final = {"xades141": names.XADES_141}


def _identifier() -> str:
    return f"id-{secrets.token_hex(8)}"


def _write(holder: etree._Element, evidence: Evidence) -> None:
    """CertificateValues and RevocationValues (EN 319 132-1 5.4.1, 5.4.3) with what there is."""
    if evidence.certificates:
        values = etree.SubElement(holder, xades("CertificateValues"))
        for certificate in evidence.certificates:
            etree.SubElement(values, xades("EncapsulatedX509Certificate")).text = base64_of(certificate.der)
    if evidence.crls or evidence.ocsp_answers:
        values = etree.SubElement(holder, xades("RevocationValues"))
        if evidence.crls:
            listed = etree.SubElement(values, xades("CRLValues"))
            for each in evidence.crls:
                etree.SubElement(listed, xades("EncapsulatedCRLValue")).text = base64_of(
                    each.crl.public_bytes(Encoding.DER)
                )
        if evidence.ocsp_answers:
            answered = etree.SubElement(values, xades("OCSPValues"))
            for answer in evidence.ocsp_answers:
                octets = answer.response.public_bytes(Encoding.DER)
                etree.SubElement(answered, xades("EncapsulatedOCSPValue")).text = base64_of(octets)
