"""The time-stamps of an XML signature as facts: the token, what it should be of, and what its moment proves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.content import Content
from hpki.signatures.facts import TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.xml.imprints import (
    NotComputable,
    Resolved,
    content_pieces,
    digest_of,
    stamped_pieces,
)
from hpki.signatures.xml.properties import SignedProperties
from hpki.signatures.xml.references import digest_of_data
from hpki.signatures.xml.structure import XmlSignature, read_signature
from hpki.signatures.xml.unsigned import UnsignedProperties, XmlTimeStamp, read_time_stamp_property
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts

Pieces = Callable[[], Iterator[bytes | Content]]


@dataclass
class StampReading:
    """What was read: the time-stamps in their order, what their tokens brought along, and what could not be read."""

    stamps: tuple[TimeStampFacts, ...] = ()
    evidence: list[Evidence] = field(default_factory=list)
    troubles: list[SignatureFinding] = field(default_factory=list)


def read_stamps(
    signature: XmlSignature,
    resolved: Resolved,
    signed: SignedProperties,
    unsigned: UnsignedProperties,
    certificates: Sequence[CertificateFacts],
    *,
    identity: bytes,
) -> StampReading:
    """Every time-stamp of one signature, those of its content first.  `identity` is the SHA-256 of its value."""
    reading = StampReading()
    data = frozenset(digest_of_data(each.data, SHA_256) for each in resolved if each.data is not None)
    found: list[TimeStampFacts] = []
    for element in signed.content_stamps:
        stamp = read_time_stamp_property(element, TimeStampKind.CONTENT, "1.3.2")
        found += _stamped(stamp, partial(content_pieces, stamp, resolved), data, reading)
    before: set[bytes] = set()
    done = 0
    base = frozenset({identity})
    keys = frozenset(each.sha256 for each in certificates)
    for stamp in unsigned.stamps:
        for position in range(done, stamp.position):
            before |= _within(unsigned, position)
        done = stamp.position
        covers = base
        if stamp.kind is TimeStampKind.ARCHIVE:
            covers = base | data | keys | before
        elif stamp.kind is TimeStampKind.REFERENCES:
            covers = base | before
        known = len(reading.evidence)
        made = _stamped(
            stamp,
            partial(stamped_pieces, stamp, signature, resolved, unsigned.elements),
            frozenset(covers),
            reading,
        )
        found += made
        before |= {each.token.identity for each in made if each.token is not None}
        before |= {each for brought in reading.evidence[known:] for each in identities(brought)}
    reading.stamps = tuple(found)
    return reading


def _within(unsigned: UnsignedProperties, position: int) -> set[bytes]:
    """What a property proves the existence of when it is covered itself."""
    found = set(identities(unsigned.held[position]))
    for element in unsigned.elements[position].findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        try:
            found.add(SHA_256.digest(read_signature(element).value))
        except MalformedInput:
            continue
    return found


def _stamped(
    stamp: XmlTimeStamp, pieces: Pieces, covers: frozenset[bytes], reading: StampReading
) -> list[TimeStampFacts]:
    found = []
    for octets in stamp.tokens:
        try:
            token = read_token(octets, stamp.place)
        except MalformedInput as error:
            found.append(unreadable_time_stamp(stamp.kind, stamp.place, f"{error.what}: {error.why}"[:200]))
            continue
        reading.evidence.append(token.evidence)
        found.append(
            time_stamp_facts(token, stamp.kind, _computed(token, pieces), covers, profile=stamp.profile)
        )
    if not stamp.tokens:
        found.append(unreadable_time_stamp(stamp.kind, stamp.place, "EncapsulatedTimeStamp"))
    return found


def _computed(token: Token, pieces: Pieces) -> bytes | None:
    kind: HashKind | None = token.imprint_hash
    if kind is None:
        return None
    try:
        return digest_of(pieces(), kind)
    except NotComputable:
        return None
