"""A CMS signature as facts: CAdES in all its levels, attached and detached (EN 319 122-1; TS 101 733)."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.archive import (
    imprint_v3,
    imprints_v2,
    read_hash_index,
    references_imprint,
    view,
)
from hpki.signatures.cms.evidence import Found, identities
from hpki.signatures.cms.octets import (
    Attribute,
    SignedDataOctets,
    SignerOctets,
    attributes_named,
    read_signed_data,
    read_signer,
)
from hpki.signatures.cms.records import (
    RECORDS,
    RecordAttribute,
    has_records,
    is_bounded,
    message_before,
    record_attributes,
)
from hpki.signatures.cms.references import reference_findings
from hpki.signatures.cms.signed_attributes import name_of, read_signed_attributes
from hpki.signatures.cms.signer import Signed, envelope_findings, read_signer_facts
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.evidence_record import Hashed, RecordReader
from hpki.signatures.facts import DocumentFacts, Level, SignatureFacts, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence

# A prescription renewed every four years for a century has some thirty time-stamps.
MOST_TIME_STAMPS: Final = 64
MOST_COUNTER_SIGNATURES: Final = 8
MOST_COUNTER_DEPTH: Final = 2
_ARCHIVE: Final = (oids.ARCHIVE_TIME_STAMP_V2, oids.ARCHIVE_TIME_STAMP_V3)
_STAMPS: Final = (oids.SIGNATURE_TIME_STAMP, oids.ESC_TIME_STAMP, oids.REFERENCES_TIME_STAMP, *_ARCHIVE)
_JAPANESE: Final = frozenset(
    {
        oids.CERTIFICATE_REFERENCES,
        oids.REVOCATION_REFERENCES,
        oids.CERTIFICATE_VALUES,
        oids.REVOCATION_VALUES,
        oids.ESC_TIME_STAMP,
        oids.REFERENCES_TIME_STAMP,
        oids.ARCHIVE_TIME_STAMP_V2,
    }
)
_KNOWN: Final = _JAPANESE | {
    oids.SIGNATURE_TIME_STAMP,
    oids.COUNTER_SIGNATURE,
    oids.ARCHIVE_TIME_STAMP_V3,
    *RECORDS,
}


@dataclass
class _Reading:
    """One SignerInfo being read: what collects on the way."""

    data: SignedDataOctets
    number: int
    signer: SignerOctets
    content: Content | None
    place: str
    shared: Evidence
    attributes: tuple[RecordAttribute, ...]
    evidence: list[Evidence] = field(default_factory=list)
    troubles: list[SignatureFinding] = field(default_factory=list)
    tokens: dict[bytes, Token | str] = field(default_factory=dict)

    def token(self, token_der: bytes, place: str) -> Token | str:
        """A token read once, or why it cannot be read."""
        if token_der not in self.tokens:
            try:
                self.tokens[token_der] = token = read_token(token_der, place)
                self.evidence.append(token.evidence)
            except MalformedInput as refused:
                self.tokens[token_der] = str(refused)
        return self.tokens[token_der]

    def stamps(self) -> Iterator[TimeStampFacts]:
        """Every time-stamp in the unsigned attributes."""
        found = [
            (kind, value, f"{self.place}, {name_of(kind)} {number}")
            for kind in _STAMPS
            for number, value in enumerate(self._values(kind), start=1)
        ]
        if len(found) > MOST_TIME_STAMPS:
            self.troubles.append(SignatureFinding("too_many", f"{len(found)} time-stamps", self.place))
            del found[MOST_TIME_STAMPS:]
        for _, value, place in found:
            self.token(value, place)
        for kind, value, place in found:
            if kind == oids.SIGNATURE_TIME_STAMP:
                yield self._signature_stamp(value, place)
            elif kind == oids.ARCHIVE_TIME_STAMP_V2:
                yield self._archive_v2(value, place)
            elif kind == oids.ARCHIVE_TIME_STAMP_V3:
                yield self._archive_v3(value, place)
            else:
                yield self._references_stamp(value, place, is_whole=kind == oids.ESC_TIME_STAMP)

    def records(self) -> Iterator[TimeStampFacts]:
        """Every archive time-stamp in the evidence records among the unsigned attributes."""
        if not is_bounded(self.data, self.attributes):
            self.troubles.append(SignatureFinding("too_many", "evidence records", self.place))
            return
        number = 0
        for one in (each for each in self.attributes if each.signer == self.number):
            before = message_before(self.data, one, self.attributes)
            objects: dict[str, Content | Hashed | None] = {"SignedData": before.hashed}
            if one.is_external:
                objects["eContent"] = self.content
            for record in one.records:
                number += 1
                place = f"{self.place}, {name_of(one.attribute.type)} {number}"
                if isinstance(record, MalformedInput):
                    yield unreadable_time_stamp(TimeStampKind.ARCHIVE, place, str(record))
                    continue
                reader = RecordReader(record, place, objects, partial(self._recorded, before.signers))
                yield from reader.time_stamps()
                self.evidence += reader.evidence()

    def _recorded(self, signers: tuple[SignerOctets, ...], found: Collection[str]) -> frozenset[bytes]:
        """What exists when a record's objects do."""
        covers: frozenset[bytes] = frozenset()
        if "SignedData" in found:
            covers |= identities(self.shared)
            for signer in signers:
                covers |= {SHA_256.digest(signer.signature)} | self._covered(signer.unsigned_attributes)
        is_whole = "eContent" in found or ("SignedData" in found and self.data.content is not None)
        if is_whole and self.content is not None:
            covers |= {self.content.digest("sha256")}
        return covers

    def _signature_stamp(self, value: bytes, place: str) -> TimeStampFacts:
        return self._stamp(
            value,
            TimeStampKind.SIGNATURE,
            place,
            lambda kind: kind.digest(self.signer.signature),
            frozenset({SHA_256.digest(self.signer.signature)}),
        )

    def _values(self, name: ObjectIdentifier) -> list[bytes]:
        found = attributes_named(self.signer.unsigned_attributes, name)
        return [value for attribute in found for value in attribute.values]

    def _stamp(
        self,
        value: bytes,
        kind: TimeStampKind,
        place: str,
        computed: Callable[[HashKind], bytes | None],
        covers: frozenset[bytes],
    ) -> TimeStampFacts:
        token = self.token(value, place)
        if isinstance(token, str):
            return unreadable_time_stamp(kind, place, token)
        known = token.imprint_hash
        return time_stamp_facts(token, kind, None if known is None else computed(known), covers)

    def _references_stamp(self, value: bytes, place: str, *, is_whole: bool) -> TimeStampFacts:
        wanted = (oids.SIGNATURE_TIME_STAMP,) if is_whole else ()
        covers = self._covered(attributes_named(self.signer.unsigned_attributes, *wanted))
        if is_whole:
            covers |= {SHA_256.digest(self.signer.signature)}
        return self._stamp(
            value,
            TimeStampKind.REFERENCES,
            place,
            lambda kind: references_imprint(self.signer, kind, with_signature=is_whole),
            covers,
        )

    def _archive_v2(self, value: bytes, place: str) -> TimeStampFacts:
        token = self.token(value, place)
        if isinstance(token, str):
            return unreadable_time_stamp(TimeStampKind.ARCHIVE, place, token)
        before = [each for each in self.signer.unsigned_attributes if self._existed(each, token)]
        made = None
        if token.imprint_hash is not None:
            made = imprints_v2(self.data, self.signer, before, self.content, token.imprint_hash)
        computed = None if made is None else token.imprint if token.imprint in made else made[0]
        covers = identities(self.shared) | {SHA_256.digest(self.signer.signature)} | self._covered(before)
        return time_stamp_facts(token, TimeStampKind.ARCHIVE, computed, covers, "v2")

    def _existed(self, attribute: Attribute, token: Token) -> bool:
        """Whether an unsigned attribute stood there before an archive time-stamp: all that are not archive time-stamps
        or evidence records did, and of those the older ones (TS 101 733 6.4.1).
        """
        if attribute.type in RECORDS:
            begun = [each.begun_at for each in self.attributes if each.attribute is attribute]
            return all(each is not None and each < token.stamped_at for each in begun)
        if attribute.type not in _ARCHIVE:
            return True
        others = [self.token(value, self.place) for value in attribute.values]
        return all(isinstance(other, Token) and other.stamped_at < token.stamped_at for other in others)

    def _archive_v3(self, value: bytes, place: str) -> TimeStampFacts:
        token = self.token(value, place)
        if isinstance(token, str):
            return unreadable_time_stamp(TimeStampKind.ARCHIVE, place, token)
        try:
            index = read_hash_index(token.unsigned)
        except MalformedInput as refused:
            return unreadable_time_stamp(TimeStampKind.ARCHIVE, place, str(refused))
        seen = view(index, self.data, self.signer)
        troubles = []
        if seen.gone:
            troubles.append(SignatureFinding("hash_index_broken", str(seen.gone), place))
        # Its own attribute cannot be listed; what a newer one covers need not be.
        elif seen.not_listed > 1 and self._is_newest(token):
            troubles.append(SignatureFinding("hash_index_short", str(seen.not_listed - 1), place))
        computed = None
        if token.imprint_hash is not None and self.content is not None:
            computed = imprint_v3(self.data, self.signer, index.octets, self.content, token.imprint_hash)
        own = Found(place).add_certificates(seen.certificates).add_crls(seen.crls)
        covers = own.identities() | {SHA_256.digest(self.signer.signature)} | self._covered(seen.attributes)
        facts = time_stamp_facts(token, TimeStampKind.ARCHIVE, computed, covers, "v3")
        return replace(facts, troubles=tuple(troubles))

    def _is_newest(self, token: Token) -> bool:
        """Whether no other archive time-stamp of version 3 came later."""
        others = [self.token(value, self.place) for value in self._values(oids.ARCHIVE_TIME_STAMP_V3)]
        return all(not isinstance(other, Token) or other.stamped_at <= token.stamped_at for other in others)

    def _covered(self, attributes: "list[Attribute] | tuple[Attribute, ...]") -> frozenset[bytes]:
        """The identities of all that stands in some unsigned attributes."""
        found: frozenset[bytes] = frozenset()
        for attribute in attributes:
            if attribute.type in {oids.CERTIFICATE_VALUES, oids.REVOCATION_VALUES}:
                found |= Found(self.place).add_values(attribute).identities()
            elif attribute.type == oids.COUNTER_SIGNATURE:
                found |= {SHA_256.digest(each.signature) for each in _counters(attribute)}
            elif attribute.type in RECORDS:
                known = (each for each in self.attributes if each.attribute is attribute)
                found |= frozenset().union(*(each.identities for each in known))
            elif attribute.type in _STAMPS:
                tokens = (self.token(value, self.place) for value in attribute.values)
                found |= {
                    identity
                    for token in tokens
                    if isinstance(token, Token)
                    for identity in token.identities()
                }
        return found

    def values(self) -> Evidence:
        """The evidence in certificate-values and revocation-values."""
        found = Found(self.place)
        for attribute in attributes_named(
            self.signer.unsigned_attributes, oids.CERTIFICATE_VALUES, oids.REVOCATION_VALUES
        ):
            found.add_values(attribute)
        self.troubles += found.troubles
        return found.evidence()


def read_document(octets: bytes, detached: Content | None = None) -> DocumentFacts:
    """All signatures of a CMS message; `detached` is the content where it is not inside.

    Raises MalformedInput when it is no SignedData at all; everything else that is wrong is a finding.
    """
    data = read_signed_data(octets)
    return document_facts(data, detached)


def document_facts(data: SignedDataOctets, detached: Content | None = None) -> DocumentFacts:
    """The same of a SignedData that is split already."""
    content: Content | None = detached if data.content is None else OctetContent(data.content)
    found = Found("SignedData").add_certificates(data.certificates).add_crls(data.crls)
    shared = found.evidence()
    troubles = [*envelope_findings(data, "SignedData"), *found.troubles]
    signatures, evidence = [], [shared]
    records = record_attributes(data)
    for number, signer in enumerate(data.signers):
        reading = _Reading(data, number, signer, content, f"signature {number + 1}", shared, records)
        signatures.append(_signature(reading))
        evidence += reading.evidence
    return DocumentFacts(
        format="CAdES" if any(each.references for each in signatures) else "CMS",
        signatures=tuple(signatures),
        evidence=_joined(evidence),
        troubles=tuple(troubles),
    )


def _signature(reading: _Reading) -> SignatureFacts:
    data, signer, place = reading.data, reading.signer, reading.place
    what = "content" if data.content is not None else "detached content"
    signed = Signed(what, reading.content, data.content_type_der, reading.shared.certificates)
    said = read_signed_attributes(signer, place)
    facts = read_signer_facts(signer, signed, place, said)
    values = reading.values()
    reading.evidence.append(values)
    reading.troubles += _unknown_attributes(signer, place)
    reading.troubles += reference_findings(signer, reading.shared.joined(values), place)
    stamps = [*_content_stamps(reading, said.content_time_stamps), *reading.stamps(), *reading.records()]
    counters = tuple(_counter_signatures(signer, facts, place, MOST_COUNTER_DEPTH))
    reading.troubles += _too_many_counters(signer, MOST_COUNTER_DEPTH, place)
    return replace(
        facts,
        level=_level(facts, data, signer),
        certificates=tuple(dict.fromkeys((*facts.certificates, *values.certificates))),
        time_stamps=tuple(stamps),
        counter_signatures=counters,
        troubles=(*facts.troubles, *reading.troubles),
    )


def _content_stamps(reading: _Reading, tokens: tuple[bytes, ...]) -> Iterator[TimeStampFacts]:
    """EN 319 122-1 5.2.8: the imprint is of the content; it proves nothing about when the signature was made."""
    for number, value in enumerate(tokens, start=1):
        place = f"{reading.place}, content-time-stamp {number}"
        token, content = reading.token(value, place), reading.content
        if isinstance(token, str):
            yield unreadable_time_stamp(TimeStampKind.CONTENT, place, token)
            continue
        known = token.imprint_hash
        computed = None if known is None or content is None else content.digest(known.name)
        yield time_stamp_facts(token, TimeStampKind.CONTENT, computed, frozenset())


def _counter_signatures(
    signer: SignerOctets, parent: SignatureFacts, place: str, depth: int
) -> Iterator[SignatureFacts]:
    """RFC 5652 11.4: the content of a counter-signature is the signature value that it stands upon."""
    found = [
        each
        for attribute in attributes_named(signer.unsigned_attributes, oids.COUNTER_SIGNATURE)
        for each in _counters(attribute)
    ]
    for number, counter in enumerate(found[:MOST_COUNTER_SIGNATURES] if depth else (), start=1):
        where = f"{place}, counter-signature {number}"
        signed = Signed(f"{place}", OctetContent(signer.signature), None, parent.certificates)
        facts = read_signer_facts(counter, signed, where)
        deeper = tuple(_counter_signatures(counter, parent, where, depth - 1))
        yield replace(facts, counter_signatures=deeper)


def _too_many_counters(signer: SignerOctets, depth: int, place: str) -> Iterator[SignatureFinding]:
    """Counter-signatures beyond what is judged are told; so are those upon others below the depth."""
    found = [
        each
        for attribute in attributes_named(signer.unsigned_attributes, oids.COUNTER_SIGNATURE)
        for each in _counters(attribute)
    ]
    if len(found) > (MOST_COUNTER_SIGNATURES if depth else 0):
        yield SignatureFinding("too_many", f"{len(found)} counter-signatures", place)
    for each in found[:MOST_COUNTER_SIGNATURES] if depth else ():
        yield from _too_many_counters(each, depth - 1, place)


def _counters(attribute: Attribute) -> Iterator[SignerOctets]:
    for value in attribute.values:
        try:
            yield read_signer(value)
        except MalformedInput:
            continue


def _unknown_attributes(signer: SignerOctets, place: str) -> Iterator[SignatureFinding]:
    for attribute in signer.unsigned_attributes:
        if attribute.type == oids.COUNTER_SIGNATURE and len(list(_counters(attribute))) != len(
            attribute.values
        ):
            yield SignatureFinding("attribute_not_readable", "counter-signature", place)
        elif attribute.type not in _KNOWN:
            yield SignatureFinding("envelope_unverified", name_of(attribute.type), place)
        if not attribute.values:
            yield SignatureFinding("envelope_unverified", name_of(attribute.type), place)


def _level(facts: SignatureFacts, data: SignedDataOctets, signer: SignerOctets) -> Level:
    """What the attributes amount to; whether they hold is the judge's question."""
    has = {each.type for each in signer.unsigned_attributes}
    if facts.level is Level.NONE:
        return Level.NONE
    is_stamped = oids.SIGNATURE_TIME_STAMP in has
    if has & _JAPANESE or facts.level is Level.ES:
        return _japanese_level(has, is_stamped=is_stamped)
    if oids.ARCHIVE_TIME_STAMP_V3 in has:
        return Level.LTA
    if not is_stamped:
        return Level.B
    if not data.crls:
        return Level.T
    # Validation data inside and a record over them are as much as an archive time-stamp.
    return Level.LTA if has_records(data) else Level.LT


def _japanese_level(has: set[ObjectIdentifier], *, is_stamped: bool) -> Level:
    """JIS X 5092: ES, ES-T, ES-C (references), ES-XL (values), ES-A (archive time-stamp)."""
    if has & set(_ARCHIVE):
        return Level.ES_A
    if {oids.CERTIFICATE_VALUES, oids.REVOCATION_VALUES} <= has:
        return Level.ES_A if has & set(RECORDS) else Level.ES_XL
    if {oids.CERTIFICATE_REFERENCES, oids.REVOCATION_REFERENCES} <= has:
        return Level.ES_C
    return Level.ES_T if is_stamped else Level.ES


def _joined(parts: list[Evidence]) -> Evidence:
    return Evidence(
        tuple(dict.fromkeys(each for part in parts for each in part.certificates)),
        tuple(dict.fromkeys(each for part in parts for each in part.crls)),
        tuple(dict.fromkeys(each for part in parts for each in part.ocsp_answers)),
    )
