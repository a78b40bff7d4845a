"""What a signer says beside the content, and who signs: the same for every format."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from hpki.keys.algorithms import signature_hash
from hpki.keys.signer import Signer
from hpki.signatures.algorithms import HASHES, HashKind
from hpki.signatures.facts import PolicyReference
from hpki.validation.facts import CertificateFacts


@dataclass(frozen=True)
class SigningUnit:
    """A key that can sign now, its certificate, and the certificates above it that are sent along."""

    signer: Signer
    certificate: CertificateFacts
    chain: tuple[CertificateFacts, ...] = field(default=(), repr=False)

    @cached_property
    def kind(self) -> str:
        """The family of the key, RSA or EC."""
        return "RSA" if self.signer.algorithm.value.startswith("rsa") else "EC"

    @cached_property
    def digest(self) -> HashKind:
        """The hash that the key signs with: SHA-256, for P-384 SHA-384."""
        hashed = signature_hash(self.signer.algorithm)
        return HASHES[hashed.name] if hashed is not None else HASHES["sha512"]


@dataclass(frozen=True)
class Claims:
    """The signed attributes beside content and certificate.

    signed_at: the moment that the signer's clock says, with a zone; None leaves it out (then it is no baseline level).
    commitments: identifiers of EN 319 122-1 5.2.3 as dotted OIDs.  roles: claimed, in words; they prove nothing.
    policy: makes it EPES.
    """

    signed_at: dt.datetime | None
    roles: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    policy: PolicyReference | None = None
