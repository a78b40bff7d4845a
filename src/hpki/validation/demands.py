"""What a policy demands of the end entity, beyond a valid path."""

from collections.abc import Callable, Iterator
from typing import Final

from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Finding
from hpki.validation.path import CertificationPath
from hpki.validation.policy import ANY_EXTENDED_KEY_USAGE, ValidationPolicy

Demand = Callable[[CertificationPath, ValidationPolicy], Iterator[Finding]]


def demand_findings(path: CertificationPath, policy: ValidationPolicy) -> Iterator[Finding]:
    """Every demand that the certificate misses."""
    return (found for demand in _DEMANDS for found in demand(path, policy))


def _key_usage(path: CertificationPath, policy: ValidationPolicy) -> Iterator[Finding]:
    target = path.target
    # RFC 5280 4.2.1.3: without the extension the key is not restricted; a demand still wants it said.
    stated = target.key_usage or frozenset()
    if missing := policy.key_usages - stated:
        yield Finding("key_usage_missing", ", ".join(sorted(missing)), target.words)
    if forbidden := policy.forbidden_key_usages & stated:
        yield Finding("key_usage_forbidden", ", ".join(sorted(forbidden)), target.words)


def _purpose(path: CertificationPath, policy: ValidationPolicy) -> Iterator[Finding]:
    """The end entity has to say the purpose; an authority that limits its purposes limits those below it too.

    RFC 5280 4.2.1.12 speaks of end entities only; that an authority's purposes nest is what software in use expects.
    """
    wanted, target = policy.extended_key_usages, path.target
    if wanted:
        for certificate in path.certificates:
            if not _serves(certificate, policy, is_target=certificate is target):
                detail = ", ".join(sorted(oid.dotted_string for oid in certificate.extended_key_usage or ()))
                yield Finding("purpose_missing", detail or "-", certificate.words)
    if forbidden := policy.forbidden_extended_key_usages & (target.extended_key_usage or frozenset()):
        detail = ", ".join(sorted(oid.dotted_string for oid in forbidden))
        yield Finding("purpose_forbidden", detail, target.words)


def _serves(certificate: CertificateFacts, policy: ValidationPolicy, *, is_target: bool) -> bool:
    stated = certificate.extended_key_usage
    if stated is None:
        return policy.absent_purpose_is_any or not is_target
    if stated & policy.extended_key_usages:
        return True
    return ANY_EXTENDED_KEY_USAGE in stated and (policy.absent_purpose_is_any or not is_target)


def _level(path: CertificationPath, policy: ValidationPolicy) -> Iterator[Finding]:
    if policy.end_entity_only and path.target.is_authority:
        yield Finding("is_authority", "", path.target.words)


def _policies(path: CertificationPath, policy: ValidationPolicy) -> Iterator[Finding]:
    stated = path.target.policies or frozenset()
    wanted = policy.end_entity_policies
    if wanted and not wanted & stated:
        detail = ", ".join(sorted(oid.dotted_string for oid in wanted))
        yield Finding("policy_required", detail, path.target.words)
    if refused := policy.refused_policies & stated:
        detail = ", ".join(sorted(oid.dotted_string for oid in refused))
        yield Finding("policy_refused", detail, path.target.words)


_DEMANDS: Final[tuple[Demand, ...]] = (_key_usage, _purpose, _level, _policies)
