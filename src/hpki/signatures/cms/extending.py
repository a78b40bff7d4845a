"""A CMS signature given what it needs for the long term: time-stamps and validation data (EN 319 122-1 5.3 – 5.5).

Every signature of the message is extended.  Baseline levels keep validation data in the SignedData and protect them with
archive time-stamps of version 3; the Japanese long-term profile (JIS X 5092: ES-T, ES-XL, ES-A) keeps them in unsigned
attributes and uses version 2.  Extending a signature that has an archive time-stamp adds another one: that is renewal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, NotExtended
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.basic import identify
from hpki.signatures.cms.archive import hash_index_der, imprint_v3, imprints_v2
from hpki.signatures.cms.encoding import attribute_of, message_der, with_evidence, with_unsigned
from hpki.signatures.cms.evidence import basic_of
from hpki.signatures.cms.octets import (
    Attribute,
    SignedDataOctets,
    SignerOctets,
    attributes_named,
    read_signed_data,
)
from hpki.signatures.cms.reading import document_facts
from hpki.signatures.cms.records import has_records
from hpki.signatures.cms.references import certificate_references_der, revocation_references_der
from hpki.signatures.cms.token import read_token
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import DocumentFacts, Level, SignatureFacts
from hpki.signatures.material import material_for, without
from hpki.signatures.time_stamping import TimeStamper
from hpki.validation.evidence import Evidence

_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1
_STAMPED: Final = (Level.T, Level.ES_T)
_BASELINE: Final = (Level.LT, Level.LTA)
_JAPANESE: Final = (Level.ES_XL, Level.ES_A)
LEVELS: Final = (*_STAMPED, *_BASELINE, *_JAPANESE)


@dataclass(frozen=True)
class Extension:
    """What an extension goes by: who stamps, with which hash, what is at hand, and the content where it is detached."""

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    detached: Content | None = None
    kind: HashKind = SHA_256


def extend(message: bytes, level: Level, extension: Extension) -> bytes:
    """The message at a level of `LEVELS`, or with one archive time-stamp more when it is there already.

    Raises MalformedInput when it cannot be read, NotExtended when a signature in it is broken or what it needs is not at
    hand; what the stamper raises passes through.
    """
    data = read_signed_data(message)
    content = extension.detached if data.content is None else OctetContent(data.content)
    facts = document_facts(data, content)
    _require_whole(facts, level)
    if has_records(data):
        # TS 119 122-3: once a record is there, only records may be renewed or added.
        raise NotExtended(
            "an evidence record in it forbids adding anything else: the archive that made it renews it"
        )
    data = _each(data, lambda signer: _stamped(signer, extension))
    if level in _BASELINE:
        data = _with_material(data, content, extension)
    if level is Level.LTA:
        data = _archived_v3(data, content, extension)
    if level in _JAPANESE:
        data = _with_values(data, content, extension)
    if level is Level.ES_A:
        data = _archived_v2(data, content, extension)
    return message_der(data)


def _require_whole(facts: DocumentFacts, level: Level) -> None:
    """A broken signature is not extended: a later time-stamp would only hide when it broke."""
    if level not in LEVELS:
        raise NotExtended(f"{level} is no level to extend to")
    if not facts.signatures:
        raise NotExtended("there is no signature in it")
    pool = facts.evidence.certificates
    for each in facts.signatures:
        identified = identify(each, pool, must_be_signed=False)
        if not identified.holds or any(digest.is_broken for digest in each.digests):
            raise NotExtended(f"{each.place} is broken")


def _each(data: SignedDataOctets, change: Callable[[SignerOctets], SignerOctets]) -> SignedDataOctets:
    return replace(data, signers=tuple(change(signer) for signer in data.signers))


def _stamped(signer: SignerOctets, extension: Extension) -> SignerOctets:
    """EN 319 122-1 5.3: a time-stamp of the signature value, unless there is one."""
    if attributes_named(signer.unsigned_attributes, oids.SIGNATURE_TIME_STAMP):
        return signer
    token = extension.stamper.stamp(extension.kind, extension.kind.digest(signer.signature))
    return with_unsigned(
        signer, (*signer.unsigned_attributes, attribute_of(oids.SIGNATURE_TIME_STAMP, token))
    )


def _material(data: SignedDataOctets, content: Content | None, extension: Extension) -> Evidence:
    """What the signers and time-stamp authorities need, with what is in the message already."""
    facts = document_facts(data, content)
    wanted = [*_signatures(facts)]
    found = material_for(wanted, facts.evidence.joined(extension.evidence))
    if not found.crls and not found.ocsp_answers:
        raise NotExtended(
            "no revocation data are at hand for the signer: give a revocation list (--crl) or an OCSP answer (--ocsp)"
        )
    return found


def _signatures(facts: DocumentFacts) -> Iterator[SignatureFacts]:
    for signature in facts.signatures:
        yield from signature.with_counter_signatures()
    yield from (each.token for each in facts.all_time_stamps() if each.token is not None)


def _with_material(data: SignedDataOctets, content: Content | None, extension: Extension) -> SignedDataOctets:
    """EN 319 122-1 5.4: into SignedData.certificates and SignedData.crls."""
    if any(attributes_named(each.unsigned_attributes, oids.ARCHIVE_TIME_STAMP_V2) for each in data.signers):
        raise NotExtended("an archive time-stamp of version 2 forbids adding to the message: extend to ES-A")
    return with_evidence(data, _material(data, content, extension))


def _archived_v3(data: SignedDataOctets, content: Content | None, extension: Extension) -> SignedDataOctets:
    if content is None:
        raise NotExtended("an archive time-stamp needs the content")
    known = content

    def archived(signer: SignerOctets) -> SignerOctets:
        index = hash_index_der(data, signer)
        imprint = imprint_v3(data, signer, index, known, extension.kind)
        token = extension.stamper.stamp(extension.kind, imprint)
        indexed = _token_with(token, attribute_of(oids.ATS_HASH_INDEX_V3, index))
        added = attribute_of(oids.ARCHIVE_TIME_STAMP_V3, indexed)
        return with_unsigned(signer, (*signer.unsigned_attributes, added))

    return _each(data, archived)


def _with_values(data: SignedDataOctets, content: Content | None, extension: Extension) -> SignedDataOctets:
    """ES-XL: complete references and the values themselves, in unsigned attributes (EN 319 122-1 A.1.1, A.1.2)."""
    found = _material(data, content, extension)
    own = {*data.certificates}

    def valued(signer: SignerOctets) -> SignerOctets:
        if attributes_named(signer.unsigned_attributes, oids.CERTIFICATE_VALUES):
            return signer
        above = tuple(each for each in found.certificates if each.der not in own or each.is_authority)
        basics = [basic_of(each.response.public_bytes(Encoding.DER)) for each in found.ocsp_answers]
        lists = [each.crl.public_bytes(Encoding.DER) for each in found.crls]
        parts = []
        if lists:
            parts.append(der.tlv(_CONTEXT_0, der.tlv(der.SEQUENCE, *lists)))
        if basics:
            parts.append(der.tlv(_CONTEXT_1, der.tlv(der.SEQUENCE, *basics)))
        added = (
            attribute_of(oids.CERTIFICATE_REFERENCES, certificate_references_der(above)),
            attribute_of(
                oids.REVOCATION_REFERENCES,
                revocation_references_der(len(above) + 1, found.crls, found.ocsp_answers),
            ),
            attribute_of(oids.CERTIFICATE_VALUES, der.tlv(der.SEQUENCE, *(each.der for each in above))),
            attribute_of(oids.REVOCATION_VALUES, der.tlv(der.SEQUENCE, *parts)),
        )
        return with_unsigned(signer, (*signer.unsigned_attributes, *added))

    return _each(data, valued)


def _archived_v2(data: SignedDataOctets, content: Content | None, extension: Extension) -> SignedDataOctets:
    """TS 101 733 6.4.1; the newest archive time-stamp has what its authority needs before another one covers it."""

    def archived(signer: SignerOctets) -> SignerOctets:
        ready = _with_stamp_material(signer, extension)
        made = imprints_v2(data, ready, ready.unsigned_attributes, content, extension.kind)
        if made is None:
            raise NotExtended("an archive time-stamp needs the content")
        token = self_contained(extension.stamper.stamp(extension.kind, made[0]), extension)
        added = attribute_of(oids.ARCHIVE_TIME_STAMP_V2, token)
        return with_unsigned(ready, (*ready.unsigned_attributes, added))

    return _each(data, archived)


def _with_stamp_material(signer: SignerOctets, extension: Extension) -> SignerOctets:
    """Version 2 hashes all that is in the message, so the newest token carries its authority's data in itself."""
    archives = attributes_named(signer.unsigned_attributes, oids.ARCHIVE_TIME_STAMP_V2)
    tokens = [(read_token(each.values[0], "archive time-stamp"), each) for each in archives if each.values]
    if not tokens:
        return signer
    token, newest = max(tokens, key=lambda pair: pair[0].stamped_at)
    renewed = self_contained(token.octets, extension)
    others = [each for each in signer.unsigned_attributes if each is not newest]
    return with_unsigned(signer, (*others, attribute_of(oids.ARCHIVE_TIME_STAMP_V2, renewed)))


def self_contained(token_der: bytes, extension: Extension) -> bytes:
    """A token with its authority's path and revocation data in it, where its own signature does not reach."""
    token = read_token(token_der, "archive time-stamp")
    wanted = material_for([token.facts], token.evidence.joined(extension.evidence))
    if not wanted.crls and not wanted.ocsp_answers:
        raise NotExtended("no revocation data are at hand for the archive time-stamp")
    return message_der(with_evidence(read_signed_data(token_der), without(wanted, token.evidence)))


def _token_with(token_der: bytes, attribute: Attribute) -> bytes:
    """A token with an unsigned attribute, which its own signature does not cover."""
    data = read_signed_data(token_der)
    if len(data.signers) != 1:
        raise MalformedInput("time-stamp token", f"it has {len(data.signers)} signers")
    [signer] = data.signers
    added = (*signer.unsigned_attributes, attribute)
    return message_der(replace(data, signers=(with_unsigned(signer, added),)))
