"""What a relying party demands of a signed document: frozen values, no behaviour.

A policy of this room has a policy of `hpki.validation` for the signer's certificate and one for the time-stamp
authority's, and a table of algorithms by date.  Names are those of the signer's policy.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hpki import oids
from hpki.validation.algorithms import STRENGTHS, AlgorithmTable, Strength
from hpki.validation.policies import SHIPPED as CERTIFICATE_POLICIES
from hpki.validation.policy import ValidationPolicy

# RFC 3161 2.3; that the purpose stands there alone and critically is asked by the judge of time-stamps.
TIME_STAMP: Final = ValidationPolicy(
    name="time-stamp",
    extended_key_usages=frozenset({oids.EKU_TIME_STAMPING}),
    absent_purpose_is_any=False,
    end_entity_only=True,
    # Roots of time-stamp authorities in use are no model of RFC 5280: who trusts one has said so.
    bare_anchors=True,
    strict=False,
)


@dataclass(frozen=True)
class SignaturePolicy:
    """One policy.

    `suite` holds keys and hashes by date (EN 319 102-1 5.2.8.4).  `require_signing_certificate` asks for the signed
    attribute that binds the certificate; `strict_envelope` asks that nothing unsigned be unknown or unverifiable.
    `required_qualifications` are codes of the qualification table, one of which the certificate must state.
    `signature_policies` are the texts of known signature policies by identifier; `require_signature_policy` asks
    for one of them.  `most_time_stamps` bounds the work.
    """

    name: str
    signer: ValidationPolicy
    time_stamp: ValidationPolicy = TIME_STAMP
    suite: AlgorithmTable = field(default=STRENGTHS, repr=False)
    require_signing_certificate: bool = True
    require_signing_time: bool = False
    strict_envelope: bool = True
    required_qualifications: frozenset[str] = frozenset()
    signature_policies: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    require_signature_policy: bool = False
    most_time_stamps: int = 256


def _until(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 23, 59, 59, tzinfo=dt.UTC)


_TS_119_312: Final = "ETSI TS 119 312 V1.5.1"
# European dates, stricter than ours: RSA below 3000 bits ends with 2028.
ETSI_SUITE: Final = AlgorithmTable(
    keys=(
        Strength("RSA", 3000, None, _TS_119_312),
        Strength("RSA", 1900, _until(2028, 12, 31), _TS_119_312),
        Strength("EC", 256, None, _TS_119_312),
        Strength("EC", 224, _until(2021, 9, 30), _TS_119_312),
    ),
    hashes=(
        Strength("sha1", 0, _until(2012, 7, 31), _TS_119_312),
        Strength("sha224", 0, _until(2022, 12, 31), _TS_119_312),
        *(
            Strength(name, 0, None, _TS_119_312)
            for name in ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")
        ),
    ),
)

SHIPPED: Final[Mapping[str, SignaturePolicy]] = MappingProxyType(
    {
        name: SignaturePolicy(name, CERTIFICATE_POLICIES[name])
        for name in ("hpki-signing", "hpki-signing-test", "jpki-signing", "jpki-signing-test")
    }
)
