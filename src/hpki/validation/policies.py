"""The validation policies that the product ships, as frozen values with names for the command line.

Each use has a production and a test form.  What keeps them apart is explicit policy (RFC 5280 6.1.1 (e)) together with
two lists: the end entity must assert the one policy of its use and environment, and none of any other.  So

- a test card never passes in production, and a card of production never passes for a test card;
- a signing certificate never logs in and an authentication certificate never signs: beside the policy, keyUsage has to
  be the one and must not be the other;
- a presence certificate, whose key works without a PIN, does neither.

**The quirk of the test cards in service.**  They are issued below the authorities of production: the sub-CA asserts only
…1.5.1.1.3.1 (production), the card only …1.5.1.1.0.1 (test).  Under RFC 5280 with explicit policy such a chain has no
valid policy at all, which is right and is what the production forms say.  A test form alone assumes that the issuer maps
its production policy to the test policy (RFC 5280 4.2.1.5), although its certificate does not say so; the card itself
must still assert the test policy and no other, so the assumption opens nothing for a card of production.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs.policies import KNOWN_POLICIES, Use
from hpki.validation.policy import ValidationPolicy

TEST_SUFFIX: Final = "-test"

_SIGNS: Final = frozenset({"content_commitment"})
_PROVES_PRESENCE: Final = frozenset({"digital_signature"})
_NEVER: Final = frozenset({"key_cert_sign", "crl_sign"})
_ENCRYPTS: Final = frozenset({"key_encipherment", "data_encipherment", "key_agreement"})
# Keys of services: no holder's certificate has these purposes.
_SERVICES: Final = frozenset({oids.EKU_OCSP_SIGNING, oids.EKU_TIME_STAMPING})


@dataclass(frozen=True)
class _Usage:
    """What one use asks of the end entity's key; `must_say` when a purpose has to stand in the certificate."""

    key_usages: frozenset[str]
    forbidden: frozenset[str]
    purposes: frozenset[ObjectIdentifier] = frozenset()
    forbidden_purposes: frozenset[ObjectIdentifier] = _SERVICES
    must_say: bool = False


# HPKI: keyUsage of the signing samples is nonRepudiation alone; for the others see issuance/profiles.py.
_SIGNING: Final = _Usage(
    _SIGNS,
    _PROVES_PRESENCE | _NEVER | _ENCRYPTS,
    forbidden_purposes=_SERVICES | {oids.EKU_CLIENT_AUTH, oids.EKU_CARD_PRESENCE},
)
_AUTHENTICATION: Final = _Usage(
    _PROVES_PRESENCE,
    _SIGNS | _NEVER,
    purposes=frozenset({oids.EKU_CLIENT_AUTH}),
    forbidden_purposes=_SERVICES | {oids.EKU_CARD_PRESENCE},
)
_PRESENCE: Final = _Usage(
    _PROVES_PRESENCE,
    _SIGNS | _NEVER | _ENCRYPTS,
    purposes=frozenset({oids.EKU_CARD_PRESENCE}),
    forbidden_purposes=_SERVICES | {oids.EKU_CLIENT_AUTH},
    must_say=True,
)
# The My Number card's signing certificate is known to say digitalSignature too (unverified: no sample at hand).
_JPKI_SIGNING: Final = _Usage(_SIGNS, _NEVER, forbidden_purposes=_SERVICES | {oids.EKU_CLIENT_AUTH})

_USAGES: Final[Mapping[Use, tuple[str, _Usage]]] = MappingProxyType(
    {
        Use.SIGNING: ("hpki-signing", _SIGNING),
        Use.AUTHENTICATION: ("hpki-authentication", _AUTHENTICATION),
        Use.ORGANISATION: ("hpki-organisation", _AUTHENTICATION),
        Use.PRESENCE: ("hpki-presence", _PRESENCE),
        Use.JPKI_SIGNING: ("jpki-signing", _JPKI_SIGNING),
        Use.JPKI_AUTHENTICATION: ("jpki-authentication", _AUTHENTICATION),
    }
)


def _policy(use: Use, environment: str) -> ValidationPolicy:
    name, usage = _USAGES[use]
    of_use = {known.environment: oid for oid, known in KNOWN_POLICIES.items() if known.use is use}
    wanted, production = of_use[environment], of_use["production"]
    is_test = environment == "test"
    return ValidationPolicy(
        name=name + TEST_SUFFIX if is_test else name,
        anchor_purpose=name + TEST_SUFFIX if is_test else name,
        initial_policies=frozenset({wanted, production}),
        explicit_policy=True,
        inhibit_mapping=True,
        inhibit_any=True,
        key_usages=usage.key_usages,
        forbidden_key_usages=usage.forbidden,
        extended_key_usages=usage.purposes,
        absent_purpose_is_any=not usage.must_say,
        forbidden_extended_key_usages=usage.forbidden_purposes,
        end_entity_only=True,
        end_entity_policies=frozenset({wanted}),
        refused_policies=frozenset(KNOWN_POLICIES) - {wanted},
        assumed_mappings=frozenset({(production, wanted)}) if is_test else frozenset(),
    )


SHIPPED: Final[Mapping[str, ValidationPolicy]] = MappingProxyType(
    {
        policy.name: policy
        for policy in (_policy(use, environment) for use in _USAGES for environment in ("production", "test"))
    }
)
