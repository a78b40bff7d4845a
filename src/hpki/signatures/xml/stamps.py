"""The time-stamps of an XML signature as facts: the token, what it should be of, and what its moment proves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.content import Content
from hpki.signatures.evidence_record import RecordReader
from hpki.signatures.facts import TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml.imprints import (
    NotComputable,
    Resolved,
    content_pieces,
    digest_of,
    group_of,
    stamped_pieces,
)
from hpki.signatures.xml.properties import SignedProperties
from hpki.signatures.xml.records import SealingRecords
from hpki.signatures.xml.references import digest_of_data
from hpki.signatures.xml.structure import XmlSignature, read_signature
from hpki.signatures.xml.unsigned import UnsignedProperties, XmlTimeStamp, read_time_stamp_property
from hpki.signatures.xml.work import Work
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts

Pieces = Callable[[], Iterator[bytes | Content]]


@dataclass
class StampReading:
    """What was read: the time-stamps in their order, what their tokens brought along, and what could not be read."""

    stamps: tuple[TimeStampFacts, ...] = ()
    evidence: list[Evidence] = field(default_factory=list)
    troubles: list[SignatureFinding] = field(default_factory=list)


@dataclass
class StampReader:
    """The time-stamps of one signature in the making.

    `listed` is what its signed manifests list, `identities` are those of what its own references are to.
    """

    signature: XmlSignature
    resolved: Resolved
    listed: Resolved
    signed: SignedProperties
    unsigned: UnsignedProperties
    certificates: Sequence[CertificateFacts]
    identities: frozenset[bytes]
    work: Work
    reading: StampReading = field(default_factory=StampReading)
    # What is under something that stands here in the order of the unsigned properties.
    before: set[bytes] = field(default_factory=set)

    def read(self) -> StampReading:
        """Every time-stamp, those of the content first, then those of the unsigned properties in their order."""
        found: list[TimeStampFacts] = []
        for element in self.signed.content_stamps:
            stamp = read_time_stamp_property(element, TimeStampKind.CONTENT, "1.3.2")
            found += self._stamped(stamp, partial(content_pieces, stamp, self.resolved), self.identities)
        done = 0
        ordered: list[XmlTimeStamp | SealingRecords] = [*self.unsigned.stamps, *self.unsigned.records]
        for each in sorted(ordered, key=lambda one: one.position):
            for position in range(done, each.position):
                self.before |= _within(self.unsigned, position)
            done = each.position
            known = len(self.reading.evidence)
            made = list(self._stamp(each) if isinstance(each, XmlTimeStamp) else self._sealed(each))
            found += made
            self.before |= {one.token.identity for one in made if one.token is not None}
            for brought in self.reading.evidence[known:]:
                self.before |= identities(brought)
        self.reading.stamps = tuple(found)
        return self.reading

    @cached_property
    def _base(self) -> frozenset[bytes]:
        return frozenset({SHA_256.digest(self.signature.value)})

    @cached_property
    def _whole(self) -> frozenset[bytes]:
        keys = frozenset(each.sha256 for each in self.certificates)
        return self._base | self.identities | keys

    @cached_property
    def _listed(self) -> frozenset[bytes]:
        return frozenset(digest_of_data(each.data, SHA_256) for each in self.listed if each.data is not None)

    def _stamped(self, stamp: XmlTimeStamp, pieces: Pieces, covers: frozenset[bytes]) -> list[TimeStampFacts]:
        found = []
        for octets in stamp.tokens:
            try:
                token = read_token(octets, stamp.place)
            except MalformedInput as error:
                why = f"{error.what}: {error.why}"[:200]
                found.append(unreadable_time_stamp(stamp.kind, stamp.place, why))
                continue
            self.reading.evidence.append(token.evidence)
            computed = _computed(token, pieces, self.work)
            found.append(time_stamp_facts(token, stamp.kind, computed, covers, profile=stamp.profile))
        if not stamp.tokens:
            found.append(unreadable_time_stamp(stamp.kind, stamp.place, "EncapsulatedTimeStamp"))
        return found

    def _stamp(self, stamp: XmlTimeStamp) -> list[TimeStampFacts]:
        covers = self._base
        if stamp.kind is TimeStampKind.ARCHIVE:
            covers = self._whole | self.before
        elif stamp.kind is TimeStampKind.REFERENCES:
            covers = self._base | self.before
        pieces = partial(stamped_pieces, stamp, self.signature, self.resolved, self.unsigned.elements)
        return self._stamped(stamp, pieces, covers)

    def _sealed(self, sealing: SealingRecords) -> Iterator[TimeStampFacts]:
        """The archive time-stamps of the records in one property."""
        before = self.unsigned.elements[: sealing.position]
        objects = {"Signature": group_of(self.signature, self.resolved, self.listed, before)}
        covers = self._whole | self._listed | self.before
        for number, record in enumerate(sealing.records, start=1):
            place = f"{sealing.place}, {number}"
            if isinstance(record, MalformedInput):
                yield unreadable_time_stamp(
                    TimeStampKind.ARCHIVE, place, f"{record.what}: {record.why}"[:200]
                )
                continue
            reader = RecordReader(record, place, objects, lambda found: covers if found else frozenset())
            yield from reader.time_stamps()
            self.reading.evidence += reader.evidence()


def _within(unsigned: UnsignedProperties, position: int) -> set[bytes]:
    """What a property proves the existence of when it is covered itself."""
    found = set(identities(unsigned.held[position]))
    for element in unsigned.elements[position].findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        try:
            found.add(SHA_256.digest(read_signature(element).value))
        except MalformedInput:
            continue
    return found


def _computed(token: Token, pieces: Pieces, work: Work) -> bytes | None:
    kind: HashKind | None = token.imprint_hash
    if kind is None:
        return None
    try:
        return digest_of(pieces(), kind, work)
    except NotComputable:
        return None
