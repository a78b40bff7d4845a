"""What archive time-stamps are of: the octets of a SignedData, in the order that each generation of them prescribes.

Version 3 (EN 319 122-1 5.5.3) hashes a list of hashes, the ats-hash-index, so things may be added later.  Version 2
(TS 101 733 6.4.1) hashes everything that stood there, so what is added later has to go elsewhere.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind, hash_of_identifier
from hpki.signatures.cms.octets import Attribute, SignedDataOctets, SignerOctets, attributes_named
from hpki.signatures.cms.syntax import AtsHashIndex, AtsHashIndexDefault
from hpki.signatures.content import Content

HASH_INDEXES: Final = (oids.ATS_HASH_INDEX_V3, oids.ATS_HASH_INDEX_V2, oids.ATS_HASH_INDEX_V1)
_CONTEXT_1: Final = 0xA1


@dataclass(frozen=True)
class HashIndex:
    """An ats-hash-index: which certificates, revocation data and unsigned attributes a version 3 time-stamp covers."""

    kind: ObjectIdentifier
    octets: bytes
    hash: HashKind | None
    certificates: frozenset[bytes]
    crls: frozenset[bytes]
    unsigned: frozenset[bytes]

    def attribute_hashes(self, attribute: Attribute) -> list[bytes]:
        """What the index would say of one unsigned attribute.

        EN 319 122-1 5.5.2 (v3): the hash of attrType and one value each; v1 and v2: the hash of the whole attribute.
        """
        if self.hash is None:
            return []
        if self.kind != oids.ATS_HASH_INDEX_V3:
            return [self.hash.digest(attribute.der)]
        return [self.hash.digest(attribute.type_der + value) for value in attribute.values]


@dataclass(frozen=True)
class IndexView:
    """A hash index held against what is there: what it covers, how much it lists that is gone, how much it does not list."""

    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    attributes: tuple[Attribute, ...]
    gone: int
    not_listed: int


def read_hash_index(unsigned: Sequence[Attribute]) -> HashIndex:
    """The one index in a token's unsigned attributes.  Raises MalformedInput."""
    found = attributes_named(tuple(unsigned), *HASH_INDEXES)
    if len(found) != 1 or len(found[0].values) != 1:
        raise MalformedInput("ats-hash-index", f"{len(found)} of them")
    value = found[0].values[0]
    try:
        try:
            read: AtsHashIndex | AtsHashIndexDefault = asn1.decode_der(AtsHashIndex, value)
        except ValueError:
            read = asn1.decode_der(AtsHashIndexDefault, value)
    except (ValueError, TypeError) as unreadable:
        raise MalformedInput("ats-hash-index", str(unreadable)) from unreadable
    kind = (
        SHA_256 if isinstance(read, AtsHashIndexDefault) else hash_of_identifier(der.element(read.algorithm))
    )
    return HashIndex(
        found[0].type,
        value,
        kind,
        frozenset(read.certificates),
        frozenset(read.crls),
        frozenset(read.unsigned),
    )


def view(index: HashIndex, data: SignedDataOctets, signer: SignerOctets) -> IndexView:
    """What of a SignedData an index covers."""
    if index.hash is None:
        return IndexView((), (), (), 1, 0)
    digest = index.hash.digest
    certificates = tuple(each for each in data.certificates if digest(each) in index.certificates)
    crls = tuple(each for each in data.crls if digest(each) in index.crls)
    attributes, seen = [], set()
    for attribute in signer.unsigned_attributes:
        hashed = index.attribute_hashes(attribute)
        if hashed and all(each in index.unsigned for each in hashed):
            attributes.append(attribute)
            seen.update(hashed)
    found = {digest(each) for each in certificates}, {digest(each) for each in crls}, seen
    listed = index.certificates, index.crls, index.unsigned
    gone = sum(len(each - there) for each, there in zip(listed, found, strict=True))
    short = (
        len(data.certificates) - len(certificates) + len(data.crls) - len(crls)
        + len(signer.unsigned_attributes) - len(attributes)
    )  # fmt: skip
    return IndexView(certificates, crls, tuple(attributes), gone, short)


def hash_index_der(data: SignedDataOctets, signer: SignerOctets) -> bytes:
    """An ats-hash-index-v3 of everything that is there, with SHA-256 (EN 319 122-1 5.5.2)."""
    hashed = SHA_256.digest
    listed = (
        (hashed(each) for each in data.certificates),
        (hashed(each) for each in data.crls),
        (
            hashed(attribute.type_der + value)
            for attribute in signer.unsigned_attributes
            for value in attribute.values
        ),
    )
    identifier = bytes.fromhex("300b0609608648016503040201")
    return der.tlv(der.SEQUENCE, identifier, *(_octet_strings(each) for each in listed))


def imprint_v3(
    data: SignedDataOctets, signer: SignerOctets, index_der: bytes, content: Content, kind: HashKind
) -> bytes:
    """EN 319 122-1 5.5.3: content type, hash of the content, the SignerInfo up to its signature, the index."""
    octets = b"".join((data.content_type_der, content.digest(kind.name), signer.fixed_der, index_der))
    return kind.digest(octets)


def imprints_v2(
    data: SignedDataOctets,
    signer: SignerOctets,
    before: Sequence[Attribute],
    content: Content | None,
    kind: HashKind,
) -> list[bytes] | None:
    """TS 101 733 6.4.1 in all readings: with and without the heading of unsignedAttrs (Annex K), as written and sorted.

    `before` are the unsigned attributes that existed.  None when the content is detached and not at hand.
    """
    if data.content is None and content is None:
        return None
    begun = hashlib.new(kind.name, usedforsecurity=False)
    begun.update(data.encapsulated_der)
    if data.content is None and content is not None:
        for chunk in content.chunks():
            begun.update(chunk)
    begun.update((data.certificates_der or b"") + (data.crls_der or b"") + signer.fixed_der)
    made = []
    written = [each.der for each in before]
    orders = [written] if sorted(written) == written else [sorted(written), written]
    for order in orders:
        for ending in _endings(order):
            one = begun.copy()
            one.update(ending)
            made.append(one.digest())
    return made


def _endings(attributes: list[bytes]) -> Iterable[bytes]:
    """Table K.3: TS 101 733 v2.2.1 hashes the attributes with the tag and length of the set, v1.8.3 without."""
    if not attributes:
        return [b""]
    return [der.tlv(_CONTEXT_1, *attributes), b"".join(attributes)]


def references_imprint(signer: SignerOctets, kind: HashKind, *, with_signature: bool) -> bytes:
    """EN 319 122-1 A.1.5.1, A.1.5.2: the signature and its time-stamps (or not), and both attributes of references."""
    wanted: tuple[ObjectIdentifier, ...] = (oids.CERTIFICATE_REFERENCES, oids.REVOCATION_REFERENCES)
    if with_signature:
        wanted = (oids.SIGNATURE_TIME_STAMP, *wanted)
    parts = [signer.signature] if with_signature else []
    for name in wanted:
        parts += (
            each.type_der + der.tlv(der.SET, *each.values)
            for each in attributes_named(signer.unsigned_attributes, name)
        )
    return kind.digest(b"".join(parts))


def _octet_strings(values: Iterable[bytes]) -> bytes:
    return der.tlv(der.SEQUENCE, *(der.tlv(der.OCTET_STRING, each) for each in values))
