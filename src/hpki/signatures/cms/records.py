"""Evidence records inside a SignedData, and the octets that each is of (RFC 4998 A, TS 119 122-3).

A record is of the message as it was before: without the attribute that holds the record, and without those that came
later.  An internal one is of that alone, an external one of the content beside it too.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import islice
from typing import Final

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput
from hpki.issuance.template import oid_der
from hpki.signatures.algorithms import HashKind
from hpki.signatures.cms.ber import without_attributes
from hpki.signatures.cms.octets import Attribute, SignedDataOctets, SignerOctets
from hpki.signatures.cms.token import read_token
from hpki.signatures.evidence_record import Hashed, tokens_of
from hpki.signatures.evidence_record_asn1 import EvidenceRecord, read_evidence_record

RECORDS: Final = (oids.EVIDENCE_RECORD, oids.EVIDENCE_RECORD_EXTERNAL)
MOST_RECORDS: Final = 8
# How many octets are hashed for the records of one message.
_MOST_WORK: Final = 4 << 30
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1


@dataclass(frozen=True)
class RecordAttribute:
    """One attribute with records: where it stands, each record or why it cannot be read, and when the first was begun.

    `begun_at` is None when nobody can tell.
    """

    signer: int
    position: int
    attribute: Attribute = field(repr=False)
    records: tuple[EvidenceRecord | MalformedInput, ...] = field(repr=False)
    begun_at: dt.datetime | None

    @cached_property
    def identities(self) -> frozenset[bytes]:
        """What exists when the attribute does."""
        readable = (each for each in self.records if not isinstance(each, MalformedInput))
        return frozenset().union(*map(tokens_of, readable))

    @property
    def is_external(self) -> bool:
        """Whether the content beside the message is under the records for itself."""
        return self.attribute.type == oids.EVIDENCE_RECORD_EXTERNAL


def has_records(data: SignedDataOctets) -> bool:
    """Whether an evidence record stands in the message, so that nothing may be added to it."""
    return any(each.type in RECORDS for signer in data.signers for each in signer.unsigned_attributes)


def record_attributes(data: SignedDataOctets) -> tuple[RecordAttribute, ...]:
    """Every attribute with evidence records, of all signers; no more than one beyond `MOST_RECORDS` is read."""
    found = (
        (number, position, attribute)
        for number, signer in enumerate(data.signers)
        for position, attribute in enumerate(signer.unsigned_attributes)
        if attribute.type in RECORDS
    )
    return tuple(_attribute(*each) for each in islice(found, MOST_RECORDS + 1))


def is_bounded(data: SignedDataOctets, attributes: Collection[RecordAttribute]) -> bool:
    """Whether there are few enough records, and few enough chains in them for a message of this size."""
    readable = [each for one in attributes for each in one.records if not isinstance(each, MalformedInput)]
    chains = sum(len(each.chains) for each in readable)
    values = sum(len(each.attribute.values) for each in attributes)
    return values <= MOST_RECORDS and chains * len(data.message) <= _MOST_WORK


def _attribute(signer: int, position: int, attribute: Attribute) -> RecordAttribute:
    records = tuple(_record(value) for value in attribute.values[: MOST_RECORDS + 1])
    begun = [_begun_at(each) for each in records if not isinstance(each, MalformedInput)]
    known = [each for each in begun if each is not None]
    return RecordAttribute(signer, position, attribute, records, min(known, default=None))


def _record(value: bytes) -> EvidenceRecord | MalformedInput:
    try:
        return read_evidence_record(value)
    except MalformedInput as error:
        return error


def _begun_at(record: EvidenceRecord) -> dt.datetime | None:
    """When its first time-stamp was made, as that says."""
    try:
        return read_token(record.chains[0][0].token_der, "evidence record").stamped_at
    except MalformedInput:
        return None


@dataclass(frozen=True)
class MessageBefore:
    """A message as it was before a record: its signers with what they had then, and the ways to its hash."""

    signers: tuple[SignerOctets, ...] = field(repr=False)
    hashed: Hashed


def message_before(
    data: SignedDataOctets, one: RecordAttribute, others: Iterable[RecordAttribute]
) -> MessageBefore:
    """The message without the attribute `one` and those of `others` that were not begun before it."""
    gone = {(one.signer, one.position)}
    gone |= {(each.signer, each.position) for each in others if not _is_earlier(each, one)}
    positions = {
        number: frozenset(position for signer, position in gone if signer == number)
        for number in {signer for signer, _ in gone}
    }
    signers = tuple(_without(signer, positions.get(number)) for number, signer in enumerate(data.signers))
    return MessageBefore(signers, _hashed(data, positions, signers))


def _is_earlier(each: RecordAttribute, one: RecordAttribute) -> bool:
    return each.begun_at is not None and one.begun_at is not None and each.begun_at < one.begun_at


def _without(signer: SignerOctets, gone: frozenset[int] | None) -> SignerOctets:
    if gone is None:
        return signer
    kept = tuple(each for at, each in enumerate(signer.unsigned_attributes) if at not in gone)
    return replace(signer, unsigned_attributes=kept)


def _hashed(
    data: SignedDataOctets, gone: Mapping[int, frozenset[int]], signers: tuple[SignerOctets, ...]
) -> Hashed:
    @cache
    def readings(kind: HashKind) -> tuple[bytes, ...]:
        # RFC 4998 A takes the message as it is encoded, TS 119 122-3 has it in DER.
        ways: tuple[Callable[[], bytes], ...] = (
            lambda: without_attributes(data.message, gone),
            lambda: _in_der(data, signers),
        )
        return tuple(dict.fromkeys(kind.digest(way()) for way in ways))

    return readings


def _in_der(data: SignedDataOctets, signers: Iterable[SignerOctets]) -> bytes:
    """The message in DER (X.690 11.6: the elements of a set ascend)."""
    content = der.tlv(
        der.SEQUENCE,
        der.unsigned_integer(data.version),
        der.tlv(der.SET, *sorted(data.digest_algorithms)),
        data.encapsulated_der,
        b"" if data.certificates_der is None else der.tlv(_CONTEXT_0, *sorted(data.certificates)),
        b"" if data.crls_der is None else der.tlv(_CONTEXT_1, *sorted(data.crls)),
        der.tlv(der.SET, *sorted(map(_signer_in_der, signers))),
    )
    return der.tlv(der.SEQUENCE, oid_der(oids.SIGNED_DATA), der.tlv(_CONTEXT_0, content))


def _signer_in_der(signer: SignerOctets) -> bytes:
    signed = b"" if signer.signed_attributes_der is None else _set(_CONTEXT_0, signer.signed_attributes)
    unsigned = _set(_CONTEXT_1, signer.unsigned_attributes) if signer.unsigned_attributes else b""
    return der.tlv(
        der.SEQUENCE,
        signer.version_der,
        signer.sid_der,
        signer.digest_algorithm_der,
        signed,
        signer.signature_algorithm_der,
        signer.signature_der,
        unsigned,
    )


def _set(tag: int, attributes: Iterable[Attribute]) -> bytes:
    written = (
        der.tlv(der.SEQUENCE, each.type_der, der.tlv(der.SET, *sorted(each.values))) for each in attributes
    )
    return der.tlv(tag, *sorted(written))
