"""Distribution points: which list speaks of which certificate, and of which reasons (RFC 5280 6.3.3 (b), (d))."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509

from hpki.errors import MalformedInput
from hpki.validation.distinguished_names import NormalisedName, normalised
from hpki.validation.facts import CertificateFacts
from hpki.validation.foreign import REFUSALS

# RFC 5280 6.3.2: "reasons_mask: This variable contains the set of revocation reasons supported by the CRLs and delta
# CRLs processed so far."
ALL_REASONS: Final = frozenset(x509.ReasonFlags) - {
    x509.ReasonFlags.unspecified,
    x509.ReasonFlags.remove_from_crl,
}
# A general name in the form that is compared: what kind, and its value.
NameKey = tuple[str, object]


@dataclass(frozen=True)
class Scope:
    """What issuingDistributionPoint says; `names` is None when it names no distribution point."""

    names: frozenset[NameKey] | None
    only_users: bool
    only_authorities: bool
    only_attributes: bool
    is_indirect: bool
    reasons: frozenset[x509.ReasonFlags]


@dataclass(frozen=True)
class Point:
    """One distribution point of a certificate; `issuers` are the names of cRLIssuer, `names` None when it has none."""

    names: frozenset[NameKey] | None
    issuers: frozenset[NormalisedName]
    reasons: frozenset[x509.ReasonFlags]


def read_scope(point: x509.IssuingDistributionPoint, issuer_der: bytes) -> Scope:
    """The scope of a list.  Raises MalformedInput when a name in it cannot be read."""
    named = point.full_name is not None or point.relative_name is not None
    return Scope(
        names=_names(point.full_name, point.relative_name, issuer_der) if named else None,
        only_users=point.only_contains_user_certs,
        only_authorities=point.only_contains_ca_certs,
        only_attributes=point.only_contains_attribute_certs,
        is_indirect=point.indirect_crl,
        reasons=_reasons(point.only_some_reasons),
    )


@lru_cache(maxsize=4096)
def points_of(certificate: CertificateFacts) -> tuple[Point, ...]:
    """The distribution points of a certificate, and behind them the one that every certificate has.

    RFC 5280 6.3.3: "If the revocation status has not been determined, repeat the process above with any available CRLs
    not specified in a distribution point but issued by the certificate issuer.  For the processing of such a CRL,
    assume a DP with both the reasons and the cRLIssuer fields omitted and a distribution point name of the certificate
    issuer."
    """
    extension = certificate.extension(x509.CRLDistributionPoints)
    try:
        points = [_point(found, certificate) for found in extension or ()]
    except (*REFUSALS, MalformedInput):
        # A name in them that cannot be written as DER again names no list.
        points = []
    assumed = Point(frozenset({("directory", certificate.issuer_name)}), frozenset(), ALL_REASONS)
    return (*points, assumed)


def covers(scope: Scope | None, point: Point, certificate: CertificateFacts) -> bool:
    """Whether a list of this scope speaks of a certificate at one of its points (RFC 5280 6.3.3 (b)(1), (b)(2))."""
    if scope is None:
        # (b)(1): where the point names a cRLIssuer, the list must have indirectCRL asserted.
        return not point.issuers
    if point.issuers and not scope.is_indirect:
        return False
    if scope.only_attributes:
        return False
    if (scope.only_users and certificate.is_authority) or (
        scope.only_authorities and not certificate.is_authority
    ):
        return False
    if scope.names is None:
        return True
    names = point.names
    if names is None:
        # (b)(2)(i): "If the distribution point name is present in the IDP CRL extension and the distribution point
        # field is omitted from the DP, then verify that one of the names in the IDP matches one of the names in the
        # cRLIssuer field of the DP."
        names = frozenset(("directory", name) for name in point.issuers)
    return not scope.names.isdisjoint(names)


def _point(point: x509.DistributionPoint, certificate: CertificateFacts) -> Point:
    issuers = [
        name.value.public_bytes() for name in point.crl_issuer or () if isinstance(name, x509.DirectoryName)
    ]
    named = point.full_name is not None or point.relative_name is not None
    # RFC 5280 4.2.1.13: nameRelativeToCRLIssuer is appended to the cRLIssuer if there is one, else to the issuer.
    base = issuers[0] if issuers else certificate.issuer
    return Point(
        names=_names(point.full_name, point.relative_name, base) if named else None,
        issuers=frozenset(normalised(name) for name in issuers),
        reasons=_reasons(point.reasons),
    )


def _names(
    full: Sequence[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, base_der: bytes
) -> frozenset[NameKey]:
    if relative is not None:
        ending = normalised(x509.Name([relative]).public_bytes())
        return frozenset({("directory", normalised(base_der) + ending)})
    return frozenset(_key(name) for name in full or ())


def _key(name: x509.GeneralName) -> NameKey:
    if isinstance(name, x509.DirectoryName):
        return "directory", normalised(name.value.public_bytes())
    return type(name).__name__, name


def _reasons(named: Iterable[x509.ReasonFlags] | None) -> frozenset[x509.ReasonFlags]:
    return ALL_REASONS if named is None else frozenset(named) & ALL_REASONS
