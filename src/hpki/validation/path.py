"""Basic path validation: RFC 5280 section 6.1 for one path, with the policy graph of RFC 9618.

The steps stand in the order of the standard and carry its letters.  A path is judged to its end even when something was
found, so that a report names everything.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtensionOID

from hpki.certs.printing import moment_words
from hpki.validation.conformity import nonconformities
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Finding
from hpki.validation.indication import SubIndication
from hpki.validation.name_constraints import NameRules, TooManyComparisons
from hpki.validation.policy import ANY_POLICY, TrustAnchor, ValidationPolicy
from hpki.validation.policy_graph import PolicyGraph, mappings_of, user_constrained
from hpki.validation.signature_check import signature_holds

# Extensions that are processed when they are critical; crl distribution points where revocation is looked at.
PROCESSED: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
    }
)

# After these a path proves nothing: neither policies nor who may revoke.
NO_VALID_PATH: Final = frozenset(
    {
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    }
)


@dataclass(frozen=True)
class CertificationPath:
    """A trust anchor and the certificates below it; the last one is the certificate under judgement."""

    anchor: TrustAnchor
    certificates: tuple[CertificateFacts, ...]

    @property
    def target(self) -> CertificateFacts:
        """The certificate under judgement."""
        return self.certificates[-1]

    @property
    def from_anchor(self) -> tuple[CertificateFacts, ...]:
        """The anchor's certificate and all below it."""
        return (self.anchor.certificate, *self.certificates)


@dataclass(frozen=True)
class PathOutcome:
    """What was found on a path, and the policies it is valid under (RFC 5280 6.1.6)."""

    path: CertificationPath
    findings: tuple[Finding, ...]
    user_policies: frozenset[ObjectIdentifier]
    authority_policies: frozenset[ObjectIdentifier]


@dataclass
class _State:
    """The state variables of RFC 5280 6.1.2; numbers count down to the certificate at which a rule begins to hold."""

    explicit_policy: int
    inhibit_any: int
    policy_mapping: int
    path_length: int
    names: NameRules
    graph: PolicyGraph = field(default_factory=PolicyGraph)

    def lower(self, certificate: CertificateFacts) -> None:
        """RFC 5280 6.1.4 (h), (i), (j): counters go down, and the certificate may lower them."""
        if not certificate.is_self_issued:
            self.explicit_policy = max(0, self.explicit_policy - 1)
            self.policy_mapping = max(0, self.policy_mapping - 1)
            self.inhibit_any = max(0, self.inhibit_any - 1)
        constraints = certificate.extension(x509.PolicyConstraints)
        if constraints is not None and constraints.require_explicit_policy is not None:
            self.explicit_policy = min(self.explicit_policy, constraints.require_explicit_policy)
        if constraints is not None and constraints.inhibit_policy_mapping is not None:
            self.policy_mapping = min(self.policy_mapping, constraints.inhibit_policy_mapping)
        inhibit = certificate.extension(x509.InhibitAnyPolicy)
        if inhibit is not None:
            self.inhibit_any = min(self.inhibit_any, inhibit.skip_certs)


def validate_path(path: CertificationPath, policy: ValidationPolicy, at: dt.datetime) -> PathOutcome:
    """Everything RFC 5280 6.1 finds on this path at a moment; revocation is looked at elsewhere."""
    size = len(path.certificates)
    state = _State(
        explicit_policy=0 if policy.explicit_policy else size + 1,
        inhibit_any=0 if policy.inhibit_any else size + 1,
        policy_mapping=0 if policy.inhibit_mapping else size + 1,
        path_length=size,
        names=NameRules(policy.limits.name_comparisons),
    )
    findings: list[Finding] = []
    try:
        findings.extend(_walk(path, policy, at, state))
    except TooManyComparisons as refused:
        findings.append(Finding("too_much_work", str(refused), path.target.words))
    authority = state.graph.authority_constrained()
    user = user_constrained(authority, policy.initial_policies)
    # RFC 9618 5.5 (g)(7): the path fails if an explicit policy is needed and none is left.
    if (
        state.explicit_policy == 0
        and not user
        and not any(found.code == "policy_required" for found in findings)
    ):
        findings.append(Finding("policy_required", _policies_words(policy), path.target.words))
    if any(found.sub_indication in NO_VALID_PATH for found in findings):
        # RFC 5280 6.1.6: policies are an output of success.
        return PathOutcome(path, tuple(findings), frozenset(), frozenset())
    return PathOutcome(path, tuple(findings), _as_stated(user, path.target, policy), authority)


def _as_stated(
    policies: frozenset[ObjectIdentifier], target: CertificateFacts, policy: ValidationPolicy
) -> frozenset[ObjectIdentifier]:
    """An assumed mapping is not the authority's word: what it led to is told by the end entity's own policy."""
    stated = target.policies or frozenset()
    assumed = {above: below for above, below in policy.assumed_mappings if below in stated}
    return frozenset(assumed.get(oid, oid) for oid in policies)


def _walk(
    path: CertificationPath, policy: ValidationPolicy, at: dt.datetime, state: _State
) -> Iterator[Finding]:
    yield from _anchor_findings(path.anchor, policy, at, state)
    issuer = path.anchor.certificate
    for certificate in path.certificates:
        is_last = certificate is path.target
        yield from _basic_findings(certificate, issuer, policy, at)
        # RFC 5280 6.1.3 (b): "If certificate i is self-issued and it is not the final certificate in the path, skip"
        if is_last or not certificate.is_self_issued:
            yield from state.names.findings(certificate)
        if is_last:
            state.graph.expect_also(policy.assumed_mappings)
        yield from _follow_policies(certificate, policy, state, is_last=is_last)
        if not is_last:
            yield from _prepare_next(certificate, state)
        yield from _unknown_extensions(certificate)
        issuer = certificate
    _wrap_up(path.target, state)


def _anchor_findings(
    anchor: TrustAnchor, policy: ValidationPolicy, at: dt.datetime, state: _State
) -> Iterator[Finding]:
    """RFC 5937: what an anchor's own certificate says is kept too, which RFC 5280 6.1 leaves open."""
    certificate = anchor.certificate
    begins, ends = anchor.not_before, anchor.not_after
    if (begins is not None and at < begins) or (ends is not None and at > ends):
        bounds = " – ".join("" if bound is None else moment_words(bound) for bound in (begins, ends))
        yield Finding("anchor_out_of_time", bounds, certificate.words)
    yield from _validity_findings(certificate, at)
    if policy.strict:
        yield from nonconformities(certificate, is_anchor=True)
    yield from _unknown_extensions(certificate)
    if not policy.bare_anchors and (policy.strict or certificate.extensions):
        # A root of version 1 says nothing of itself; it is a name and a key, which is all RFC 5280 6.1.1 (d) asks.
        yield from _authority_findings(certificate)
    constraints = certificate.basic_constraints
    if constraints is not None and constraints.path_length is not None:
        state.path_length = min(state.path_length, constraints.path_length)
    state.names.add(certificate)


def _basic_findings(
    certificate: CertificateFacts, issuer: CertificateFacts, policy: ValidationPolicy, at: dt.datetime
) -> Iterator[Finding]:
    """RFC 5280 6.1.3 (a): signature, validity, name; beside it the strengths and the profile that a policy asks for."""
    if certificate.issuer_name != issuer.subject_name or not signature_holds(issuer, certificate):
        yield Finding("bad_signature", issuer.words, certificate.words)
    yield from _validity_findings(certificate, at)
    if policy.algorithms is not None:
        yield from policy.algorithms.findings(certificate, at)
    if policy.strict:
        yield from nonconformities(certificate, is_anchor=False)


def _validity_findings(certificate: CertificateFacts, at: dt.datetime) -> Iterator[Finding]:
    # RFC 5280 4.1.2.5: the validity period is "from notBefore through notAfter, inclusive", in whole seconds.
    if at < certificate.not_before:
        yield Finding("not_yet_valid", moment_words(certificate.not_before), certificate.words)
    elif at.replace(microsecond=0) > certificate.not_after:
        yield Finding("expired", moment_words(certificate.not_after), certificate.words)


def _follow_policies(
    certificate: CertificateFacts, policy: ValidationPolicy, state: _State, *, is_last: bool
) -> Iterator[Finding]:
    """RFC 5280 6.1.3 (d), (e), (f)."""
    any_counts = state.inhibit_any > 0 or (not is_last and certificate.is_self_issued)
    was_null = state.graph.is_null
    state.graph.descend(certificate.policies, any_counts=any_counts)
    if state.explicit_policy == 0 and state.graph.is_null and not was_null:
        yield Finding("policy_required", _policies_words(policy), certificate.words)


def _prepare_next(certificate: CertificateFacts, state: _State) -> Iterator[Finding]:
    """RFC 5280 6.1.4, all but (o)."""
    mappings = mappings_of(certificate)
    if ANY_POLICY in mappings or any(ANY_POLICY in subjects for subjects in mappings.values()):
        yield Finding("any_policy_mapped", "", certificate.words)  # (a)
    if state.policy_mapping > 0:  # (b)
        state.graph.map_policies(mappings)
    else:
        state.graph.forbid_mapped(mappings)
    state.names.add(certificate)  # (g)
    state.lower(certificate)  # (h), (i), (j)
    yield from _authority_findings(certificate)  # (k), (n)
    if not certificate.is_self_issued:  # (l)
        if state.path_length <= 0:
            yield Finding("path_too_long", "", certificate.words)
        state.path_length -= 1
    constraints = certificate.basic_constraints
    if constraints is not None and constraints.path_length is not None:  # (m)
        state.path_length = min(state.path_length, constraints.path_length)


def _authority_findings(certificate: CertificateFacts) -> Iterator[Finding]:
    if not certificate.is_authority:
        yield Finding("not_an_authority", "", certificate.words)
    if certificate.key_usage is not None and "key_cert_sign" not in certificate.key_usage:
        yield Finding("may_not_sign_certificates", "", certificate.words)


def _unknown_extensions(certificate: CertificateFacts) -> Iterator[Finding]:
    for oid in certificate.critical - PROCESSED:
        yield Finding("unknown_critical_extension", oid.dotted_string, certificate.words)


def _wrap_up(target: CertificateFacts, state: _State) -> None:
    """RFC 5280 6.1.5 (a), (b)."""
    state.explicit_policy = max(0, state.explicit_policy - 1)
    constraints = target.extension(x509.PolicyConstraints)
    if constraints is not None and constraints.require_explicit_policy == 0:
        state.explicit_policy = 0


def _policies_words(policy: ValidationPolicy) -> str:
    return ", ".join(sorted(oid.dotted_string for oid in policy.initial_policies))
