"""What a signed document says, read once and format-neutral: the input of the judge.

Every format's reader (CMS, XML, PDF, ASiC) turns its octets into these values and works out every digest that can be
worked out; the judge sees no octets of a format.  Reading proves nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from hpki.signatures.algorithms import HashKind, SignatureAlgorithm
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts


class Level(StrEnum):
    """How much for the long term stands in a signature (EN 319 122/132/142; ES-… of JIS X 5092, 5093)."""

    NONE = "-"
    B = "B"
    T = "T"
    LT = "LT"
    LTA = "LTA"
    ES = "ES"
    ES_T = "ES-T"
    ES_C = "ES-C"
    ES_XL = "ES-XL"
    ES_A = "ES-A"


@dataclass(frozen=True)
class DigestFact:
    """One digest that a signature or time-stamp states of something at `place`.

    `computed` is None when the thing, or its hash algorithm, is not at hand; `identity` is the SHA-256 under which
    proofs of existence know it.  `is_required` False marks one that the signature does not stand or fall with, such as
    a file that only a manifest names.
    """

    place: str
    algorithm: HashKind | None
    stated: bytes
    computed: bytes | None
    is_required: bool = True
    identity: bytes | None = None

    @property
    def is_broken(self) -> bool:
        """Something is there and is not what was signed."""
        return self.computed is not None and self.computed != self.stated


@dataclass(frozen=True)
class CertificateReference:
    """A signed attribute's word for the signer's certificate: its digest, and issuer and serial where they stand.

    The first one decides; of others, those with `is_signer` have to name the same certificate, the rest may name those above.
    """

    algorithm: HashKind | None
    digest: bytes
    issuer: bytes | None = None
    serial_number: int | None = None
    is_signer: bool = False


@dataclass(frozen=True)
class SignerHint:
    """What the format says of the signer outside the signed attributes: enough to find candidates, no proof."""

    issuer: bytes | None = None
    serial_number: int | None = None
    key_identifier: bytes | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return self.issuer is None and self.key_identifier is None

    def fits(self, certificate: CertificateFacts) -> bool:
        """Whether the certificate is one it may mean."""
        if self.key_identifier is not None:
            return certificate.subject_key_identifier == self.key_identifier
        if self.issuer is None:
            return True
        return certificate.serial_number == self.serial_number and certificate.issuer == self.issuer


@dataclass(frozen=True)
class SignedMessage:
    """What the signature value was made over.

    `messages` are the readings that the format leaves open, the likeliest first; `digest` stands instead where only
    the hash of a long content is at hand.
    """

    algorithm: SignatureAlgorithm | None
    value: bytes = field(repr=False)
    messages: tuple[bytes, ...] = field(repr=False, default=())
    digest: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True)
class PolicyReference:
    """The signature policy that a signature names (EPES); `hash_value` is empty when none stands there."""

    identifier: str
    algorithm: HashKind | None
    hash_value: bytes
    uri: str | None = None
    is_implied: bool = False

    @property
    def is_zero(self) -> bool:
        """A hash of zeros only, which binds nothing."""
        return bool(self.hash_value) and not any(self.hash_value)


class TimeStampKind(StrEnum):
    """What a time-stamp is for."""

    CONTENT = "content"
    SIGNATURE = "signature"
    REFERENCES = "references"
    ARCHIVE = "archive"
    DOCUMENT = "document"


@dataclass(frozen=True)
class TimeStampFacts:
    """One time-stamp: the token as a signature of its own, what it stamped, and what that proves the existence of.

    `imprint.computed` is what the format works out over the octets at hand.  `covers` are the SHA-256 identities of
    everything under it: signature values, certificates, revocation data, older tokens, contents.  `through` are the
    digests of a list by which it reaches them, where it is of a list.
    """

    kind: TimeStampKind
    place: str
    token: "SignatureFacts | None"
    stamped_at: dt.datetime | None
    imprint: DigestFact | None
    covers: frozenset[bytes] = field(repr=False, default=frozenset())
    profile: str = ""
    troubles: tuple[SignatureFinding, ...] = ()
    through: tuple[DigestFact, ...] = ()


@dataclass(frozen=True)
class SignatureFacts:
    """One signature as its format's reader found it.

    `format` is "CAdES", "XAdES", "PAdES" or, without the attributes that make it one, "CMS", "XML", "PDF"; `place`
    says where it stands.  `covers` names what is signed and `leaves_out` what a reader might take for signed and is not.
    """

    format: str
    place: str
    level: Level
    message: SignedMessage
    digests: tuple[DigestFact, ...]
    references: tuple[CertificateReference, ...]
    hint: SignerHint
    certificates: tuple[CertificateFacts, ...] = field(repr=False, default=())
    claimed_signed_at: dt.datetime | None = None
    policy: PolicyReference | None = None
    claimed_roles: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    time_stamps: tuple[TimeStampFacts, ...] = ()
    counter_signatures: tuple["SignatureFacts", ...] = ()
    covers: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()
    troubles: tuple[SignatureFinding, ...] = ()

    @cached_property
    def identity(self) -> bytes:
        """SHA-256 of the signature value, under which proofs of existence know it."""
        return hashlib.sha256(self.message.value).digest()

    def with_counter_signatures(self) -> Iterator["SignatureFacts"]:
        """This signature and those upon it, at any depth."""
        yield self
        for each in self.counter_signatures:
            yield from each.with_counter_signatures()


@dataclass(frozen=True)
class DocumentFacts:
    """All signatures of a document, and the evidence that stands in it.

    `time_stamps` are those of the document as a whole (PDF, ASiC).  `troubles` concern no single signature.
    """

    format: str
    signatures: tuple[SignatureFacts, ...]
    evidence: Evidence = field(repr=False, default_factory=Evidence)
    time_stamps: tuple[TimeStampFacts, ...] = ()
    troubles: tuple[SignatureFinding, ...] = ()

    def all_time_stamps(self) -> Iterator[TimeStampFacts]:
        """Every time-stamp, of the document and of each signature in it."""
        yield from self.time_stamps
        for signature in self.signatures:
            for each in signature.with_counter_signatures():
                yield from each.time_stamps
