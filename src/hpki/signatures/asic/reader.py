"""Reads every signature of a container into neutral facts for the judge (EN 319 162-1)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final
from urllib.parse import unquote

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.asic.container import Container, Kind, is_known_meta, is_meta, read_container
from hpki.signatures.asic.manifest import Manifest, read_manifest
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import document_facts
from hpki.signatures.cms.token import read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.evidence_record import Record, RecordReader, tokens_of
from hpki.signatures.evidence_record_asn1 import read_evidence_record
from hpki.signatures.evidence_record_xml import read_xml_evidence_record
from hpki.signatures.facts import DocumentFacts, Level, SignatureFacts, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml.reader import read_xml_signatures
from hpki.signatures.xml.structure import MOST_SIGNATURES
from hpki.signatures.xml.work import Work
from hpki.validation.evidence import Evidence

# EN 319 162-1 4.3.3, 4.4.3, 4.4.4; A.6.
_XADES: Final = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml", re.IGNORECASE)
_CADES: Final = re.compile(r"META-INF/[^/]*signature[^/]*\.p7s", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"META-INF/ASiC(?:Archive)?Manifest[^/]*\.xml", re.IGNORECASE)
# EN 319 162-1 4.4.4.2 item 4, RFC 4998, RFC 6283: evidence records, in ASN.1 and in XML.
_RECORD: Final = re.compile(
    r"META-INF/(?!ASiCEvidenceRecordManifest)[^/]*evidencerecord[^/]*\.(?:ers|xml)", re.IGNORECASE
)
_RECORD_MANIFEST: Final = re.compile(r"META-INF/ASiCEvidenceRecordManifest[^/]*\.xml", re.IGNORECASE)
_MOST_RECORDS: Final = 16
_PROVING: Final = (_XADES, _CADES, _RECORD)
_TOKEN: Final = re.compile(r"META-INF/[^/]*timestamp[^/]*\.tst", re.IGNORECASE)


def read_container_signatures(source: bytes | BinaryIO) -> DocumentFacts:
    """All signatures of a container.

    source: the octets, or a seekable file, which is read in pieces.  Raises MalformedInput when it is no container that can be read, or there is nothing signed in it.
    """
    container = read_container(source)
    if not any(pattern.fullmatch(name) for name in container.files for pattern in _PROVING):
        raise MalformedInput("container", "there is no signature in it")
    return _Reader(container).document()


@dataclass
class _Reader:
    container: Container
    evidence: list[Evidence] = field(default_factory=list)
    # What stands in each file of signatures beside them: an archive time-stamp over the file proves it.
    carried: dict[str, frozenset[bytes]] = field(default_factory=dict)
    troubles: list[SignatureFinding] = field(default_factory=list)
    # Of all files with signatures together.
    work: Work = field(default_factory=Work)

    def document(self) -> DocumentFacts:
        manifests = dict(self._manifests())
        signatures: list[SignatureFacts] = []
        for name in self.container.files:
            if _XADES.fullmatch(name):
                signatures += self._xades(name)
            elif _CADES.fullmatch(name):
                signatures += self._cades(name, manifests.get(name))
            if len(signatures) > MOST_SIGNATURES:
                raise MalformedInput("container", f"over {MOST_SIGNATURES} signatures")
        records = self._read_records()
        stamps = [*self._time_stamps(manifests, signatures), *self._records(records, signatures)]
        self._structure()
        found = Evidence()
        for each in self.evidence:
            found = found.joined(each)
        return DocumentFacts(
            "ASiC",
            tuple(self._covering(_archived(each, stamps)) for each in signatures),
            found,
            tuple(stamps),
            tuple(self.troubles),
        )

    def _manifests(self) -> Iterator[tuple[str, tuple[str, Manifest]]]:
        for name in self.container.files:
            if _MANIFEST.fullmatch(name):
                try:
                    manifest = read_manifest(self.container.files[name])
                except MalformedInput as error:
                    self.troubles.append(SignatureFinding("asic_manifest", f"{name}: {error.why}"[:200]))
                else:
                    yield manifest.signature, (name, manifest)

    def _xades(self, name: str) -> Iterator[SignatureFacts]:
        try:
            found = read_xml_signatures(
                self.container.files[name], detached=self.container.documents, work=self.work
            )
        except MalformedInput as error:
            self.troubles.append(SignatureFinding("not_readable", f"{name}: {error.why}"[:200]))
            return
        self.evidence.append(found.evidence)
        self.carried[name] = identities(found.evidence)
        for each in found.signatures:
            yield replace(each, place=f"{name}: {each.place}")

    def _cades(self, name: str, listed: tuple[str, Manifest] | None) -> Iterator[SignatureFacts]:
        content: Content | None = None
        covers: tuple[str, ...] = ()
        if listed is not None:
            content = OctetContent(self.container.files[listed[0]])
        elif self.container.kind is not Kind.EXTENDED and len(self.container.data) == 1:
            [(file, content)] = self.container.documents.items()
            covers = (file,)
        else:
            self.troubles.append(SignatureFinding("asic_manifest", name))
        try:
            found = document_facts(read_signed_data(self.container.files[name]), content)
        except MalformedInput as error:
            self.troubles.append(SignatureFinding("not_readable", f"{name}: {error.why}"[:200]))
            return
        self.evidence.append(found.evidence)
        self.carried[name] = identities(found.evidence)
        self.troubles += found.troubles
        for each in found.signatures:
            digests = each.digests
            if listed is not None:
                digests += tuple(entry.fact(self.container.entries) for entry in listed[1].entries)
                covers = tuple(entry.name for entry in listed[1].entries)
            yield replace(each, place=f"{name}: {each.place}", digests=digests, covers=covers)

    def _time_stamps(
        self, manifests: dict[str, tuple[str, Manifest]], signatures: list[SignatureFacts]
    ) -> Iterator[TimeStampFacts]:
        """Time-stamps over an archive manifest: they prove whatever stands in the files that it lists."""
        for name in self.container.files:
            if not _TOKEN.fullmatch(name):
                continue
            if name not in manifests:
                self.troubles.append(SignatureFinding("asic_manifest", name))
                continue
            listing, manifest = manifests[name]
            try:
                token = read_token(self.container.files[name], name)
            except MalformedInput as error:
                yield unreadable_time_stamp(TimeStampKind.DOCUMENT, name, f"{error.what}: {error.why}"[:200])
                continue
            self.evidence.append(token.evidence)
            computed = None
            if token.imprint_hash is not None:
                computed = self.container.entries[listing].digest(token.imprint_hash.name)
            facts = [entry.fact(self.container.entries) for entry in manifest.entries]
            whole = {fact.place for fact in facts if fact.computed == fact.stated}
            covers = self._proven(whole, signatures)
            stamp = time_stamp_facts(token, TimeStampKind.DOCUMENT, computed, covers, profile="ASiC")
            broken = tuple(
                SignatureFinding("hash_index_broken", fact.place, name)
                for fact in facts
                if fact.place not in whole
            )
            yield replace(stamp, troubles=(*stamp.troubles, *broken), through=tuple(facts))

    def _read_records(self) -> dict[str, Record | MalformedInput]:
        """The evidence records by file, read before anything that may cover them."""
        names = [name for name in self.container.files if _RECORD.fullmatch(name)]
        for name in names[_MOST_RECORDS:]:
            self.troubles.append(SignatureFinding("too_many", name))
        records: dict[str, Record | MalformedInput] = {}
        for name in names[:_MOST_RECORDS]:
            try:
                records[name] = record = self._record(name)
            except MalformedInput as error:
                records[name] = error
            else:
                self.carried[name] = tokens_of(record)
        return records

    def _records(
        self, records: Mapping[str, Record | MalformedInput], signatures: list[SignatureFacts]
    ) -> Iterator[TimeStampFacts]:
        """Each archive time-stamp of the records proves what stands in the files that they are of."""
        for name, record in records.items():
            try:
                if isinstance(record, MalformedInput):
                    raise record
                objects = self._recorded(name)
            except MalformedInput as error:
                yield unreadable_time_stamp(TimeStampKind.ARCHIVE, name, f"{error.what}: {error.why}"[:200])
                continue
            reader = RecordReader(record, name, objects, lambda files: self._proven(set(files), signatures))
            yield from reader.time_stamps()
            self.evidence += reader.evidence()

    def _record(self, name: str) -> Record:
        octets = self.container.files[name]
        return (
            read_xml_evidence_record(octets)
            if name.lower().endswith(".xml")
            else read_evidence_record(octets)
        )

    def _recorded(self, name: str) -> dict[str, Content | None]:
        """The files that a record is of: those that its manifest lists, else the only one there is.

        One that is missing, or not what the manifest says, is not at hand.
        """
        for listed in self.container.files:
            if not _RECORD_MANIFEST.fullmatch(listed):
                continue
            if (manifest := read_manifest(self.container.files[listed])).signature == name:
                facts = [entry.fact(self.container.entries) for entry in manifest.entries]
                return {
                    fact.place: self.container.entries[fact.place] if fact.computed == fact.stated else None
                    for fact in facts
                }
        if len(self.container.data) == 1:
            return {**self.container.documents}
        raise MalformedInput(name, "no manifest says which files it is of")

    def _proven(self, files: set[str], signatures: list[SignatureFacts]) -> frozenset[bytes]:
        found: set[bytes] = set()
        for name in files:
            found.add(self.container.entries[name].digest(SHA_256.name))
            found |= self.carried.get(name, frozenset())
            inside = (each for each in signatures if each.place.startswith(f"{name}: "))
            for each in (one for signature in inside for one in signature.with_counter_signatures()):
                found.add(each.identity)
                found |= {one.sha256 for one in each.certificates}
                found |= {one.token.identity for one in each.time_stamps if one.token is not None}
            if _TOKEN.fullmatch(name):
                try:
                    token = read_token(self.container.files[name], name)
                except MalformedInput:
                    continue
                found |= {token.facts.identity} | identities(token.evidence)
        return frozenset(found)

    def _structure(self) -> None:
        kind = self.container.kind
        if kind is None:
            self.troubles.append(SignatureFinding("asic_mimetype", self.container.mimetype or "-"))
        for name in self.container.files:
            if is_meta(name) and not is_known_meta(name):
                self.troubles.append(SignatureFinding("asic_uncovered", name[:200]))
        if kind is Kind.SIMPLE and len(self.container.data) != 1:
            self.troubles.append(SignatureFinding("asic_structure", f"{len(self.container.data)} files"))

    def _covering(self, facts: SignatureFacts) -> SignatureFacts:
        """The signature with the files that it leaves out, each a finding: a reader takes a container for one thing."""
        covered = {name.partition(" (")[0] for name in facts.covers} | {
            digest.place for digest in facts.digests if digest.computed is not None
        }
        covered |= {unquote(name) for name in covered}
        left = tuple(name for name in self.container.data if name not in covered)
        troubles = tuple(SignatureFinding("asic_uncovered", name[:200]) for name in left[:20])
        return replace(facts, leaves_out=left, troubles=(*facts.troubles, *troubles))


def _archived(facts: SignatureFacts, stamps: list[TimeStampFacts]) -> SignatureFacts:
    """EN 319 162-1 4.4.4: validation data inside and an archive time-stamp beside make LTA as one inside does."""
    if facts.level is Level.LT and any(facts.identity in each.covers for each in stamps):
        return replace(facts, level=Level.LTA)
    return facts
