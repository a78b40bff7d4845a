"""A time-stamp token as facts: a CMS signature over a TSTInfo (RFC 3161 2.4.2), ours or anyone's."""

import datetime as dt
from dataclasses import dataclass, field, replace

from hpki import oids
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.cms.evidence import Found, identities
from hpki.signatures.cms.octets import Attribute, SignerOctets, attributes_named, read_signed_data
from hpki.signatures.cms.signer import Signed, envelope_findings, read_signer_facts
from hpki.signatures.cms.tst_info import read_tst_info
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import DigestFact, SignatureFacts, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence

# What may stand unsigned in a token: the index of what an archive time-stamp covers, and data about the authority.
_KNOWN = frozenset(
    {
        oids.ATS_HASH_INDEX_V1,
        oids.ATS_HASH_INDEX_V2,
        oids.ATS_HASH_INDEX_V3,
        oids.CERTIFICATE_VALUES,
        oids.REVOCATION_VALUES,
        oids.CERTIFICATE_REFERENCES,
        oids.REVOCATION_REFERENCES,
    }
)


@dataclass(frozen=True)
class Token:
    """A token that could be read; nothing is proven.  `imprint_hash` is None for a hash that is not known."""

    octets: bytes = field(repr=False)
    facts: SignatureFacts
    stamped_at: dt.datetime
    imprint_hash: HashKind | None
    imprint: bytes
    policy: str
    unsigned: tuple[Attribute, ...]
    evidence: Evidence = field(repr=False)
    signer: SignerOctets = field(repr=False)

    def identities(self) -> frozenset[bytes]:
        """All that exists when the token does: itself, and what stands in it."""
        return frozenset({self.facts.identity}) | identities(self.evidence)


def read_token(token_der: bytes, place: str) -> Token:
    """A token with one signer.  Raises MalformedInput."""
    data = read_signed_data(token_der)
    if data.content_type != oids.TST_INFO or data.content is None:
        raise MalformedInput("time-stamp token", "it is no SignedData over a TSTInfo")
    if len(data.signers) != 1:
        # RFC 3161 2.4.2: "The time-stamp token MUST NOT contain any signatures other than the signature of the TSA."
        raise MalformedInput("time-stamp token", f"it has {len(data.signers)} signers")
    info = read_tst_info(data.content)
    [signer] = data.signers
    found = Found(place).add_certificates(data.certificates).add_crls(data.crls)
    for attribute in attributes_named(
        signer.unsigned_attributes, oids.CERTIFICATE_VALUES, oids.REVOCATION_VALUES
    ):
        found.add_values(attribute)
    evidence = found.evidence()
    signed = Signed("TSTInfo", OctetContent(data.content), data.content_type_der, evidence.certificates)
    facts = read_signer_facts(signer, signed, place)
    troubles = [*facts.troubles, *envelope_findings(data, place), *found.troubles]
    troubles += (
        SignatureFinding("envelope_unverified", each.type.dotted_string, place)
        for each in signer.unsigned_attributes
        if each.type not in _KNOWN
    )
    return Token(
        octets=token_der,
        facts=_with_troubles(facts, troubles),
        stamped_at=info.stamped_at,
        imprint_hash=info.imprint_hash,
        imprint=info.imprint,
        policy=info.policy,
        unsigned=signer.unsigned_attributes,
        evidence=evidence,
        signer=signer,
    )


def time_stamp_facts(
    token: Token, kind: TimeStampKind, computed: bytes | None, covers: frozenset[bytes], profile: str = ""
) -> TimeStampFacts:
    """A token with what its format worked out: the hash of what it should be of (None: not at hand), and what it covers."""
    place = token.facts.place
    imprint = DigestFact(place, token.imprint_hash, token.imprint, computed)
    return TimeStampFacts(kind, place, token.facts, token.stamped_at, imprint, covers, profile)


def unreadable_time_stamp(kind: TimeStampKind, place: str, why: str) -> TimeStampFacts:
    """What stands where a token should."""
    trouble = SignatureFinding("time_stamp_not_readable", why, place)
    return TimeStampFacts(kind, place, None, None, None, troubles=(trouble,))


def _with_troubles(facts: SignatureFacts, troubles: list[SignatureFinding]) -> SignatureFacts:
    return replace(facts, format="time-stamp", troubles=tuple(dict.fromkeys(troubles)))
