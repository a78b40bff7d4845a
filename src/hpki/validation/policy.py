"""What a relying party demands of a certificate: frozen values, no behaviour."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from cryptography.x509 import ObjectIdentifier

from hpki.validation.algorithms import STRENGTHS, AlgorithmTable
from hpki.validation.facts import CertificateFacts
from hpki.validation.revocation_finding import RevocationDemand

ANY_POLICY: Final = ObjectIdentifier("2.5.29.32.0")
ANY_EXTENDED_KEY_USAGE: Final = ObjectIdentifier("2.5.29.37.0")


@dataclass(frozen=True)
class TrustAnchor:
    """A key we start from, for what and for which time.

    An anchor without purposes serves every policy; the moments bound the trust, beside the certificate's own validity.
    """

    certificate: CertificateFacts
    purposes: frozenset[str] = frozenset()
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None


@dataclass(frozen=True)
class WorkLimits:
    """How much the judge does before it says that it was too much (RFC 5280 8: hostile certificates)."""

    intermediates: int = 12
    signatures: int = 128
    steps: int = 2_000
    paths: int = 64
    name_comparisons: int = 25_000


@dataclass(frozen=True)
class ValidationPolicy:
    """One policy.

    `initial_policies`, `explicit_policy`, `inhibit_mapping` and `inhibit_any` are the inputs of RFC 5280 6.1.1;
    `key_usages` must all stand in the end entity's keyUsage, `forbidden_key_usages` none of them; of
    `extended_key_usages` one must, where absence counts as any purpose only if `absent_purpose_is_any`;
    `anchor_purpose` picks among the anchors.  `end_entity_policies` asks the end entity itself to assert one of them,
    `refused_policies` none; `assumed_mappings` are policies (issuer's, end entity's) that the end entity's issuer is
    taken to map although it does not say so, which is how test cards stand below authorities in service.  `bare_anchors` takes
    an anchor for a name and a key, whatever its certificate says of being an authority.  `strict` asks each certificate to keep section 4 of RFC 5280 too, not
    only what section 6 looks at.
    """

    name: str
    anchor_purpose: str | None = None
    initial_policies: frozenset[ObjectIdentifier] = frozenset({ANY_POLICY})
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    key_usages: frozenset[str] = frozenset()
    forbidden_key_usages: frozenset[str] = frozenset()
    extended_key_usages: frozenset[ObjectIdentifier] = frozenset()
    absent_purpose_is_any: bool = True
    forbidden_extended_key_usages: frozenset[ObjectIdentifier] = frozenset()
    end_entity_only: bool = False
    end_entity_policies: frozenset[ObjectIdentifier] = frozenset()
    refused_policies: frozenset[ObjectIdentifier] = frozenset()
    assumed_mappings: frozenset[tuple[ObjectIdentifier, ObjectIdentifier]] = frozenset()
    revocation: RevocationDemand = field(default_factory=RevocationDemand)
    bare_anchors: bool = False
    strict: bool = True
    algorithms: AlgorithmTable | None = field(default=STRENGTHS, repr=False)
    limits: WorkLimits = field(default_factory=WorkLimits)
