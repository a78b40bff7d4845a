"""Certificate policies along a path: the graph of RFC 9618, which replaces the tree of RFC 5280.

The tree doubles with every certificate whose policies map crosswise; the graph has one node for each policy at each
depth, so its size is bounded by the certificates that were read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.x509 import ObjectIdentifier

from hpki.validation.facts import CertificateFacts
from hpki.validation.policy import ANY_POLICY


@dataclass
class _Node:
    expected: set[ObjectIdentifier]
    parents: frozenset[ObjectIdentifier]


Level = dict[ObjectIdentifier, _Node]


@dataclass
class PolicyGraph:
    """valid_policy_graph (RFC 9618 5.1): one mapping from policy to node for each depth.

    `levels` becomes empty when the graph is NULL.
    """

    levels: list[Level] = field(default_factory=lambda: [{ANY_POLICY: _Node({ANY_POLICY}, frozenset())}])

    @property
    def is_null(self) -> bool:
        """No policy is valid any more."""
        return not self.levels

    def descend(self, policies: frozenset[ObjectIdentifier] | None, *, any_counts: bool) -> None:
        """RFC 9618 5.3, steps (d) and (e): the next certificate asserts these policies, or has no such extension."""
        if self.is_null:
            return
        if policies is None:
            self.levels.clear()
            return
        above = self.levels[-1]
        parents_of = _parents(above)
        level: Level = {}
        for policy in policies - {ANY_POLICY}:
            parents = parents_of.get(policy)
            if parents is None and ANY_POLICY in above:
                parents = {ANY_POLICY}
            if parents is not None:
                level[policy] = _Node({policy}, frozenset(parents))
        if ANY_POLICY in policies and any_counts:
            for policy, parents in parents_of.items():
                if policy not in level:
                    level[policy] = _Node({policy}, frozenset(parents))
        self.levels.append(level)
        self._prune()

    def map_policies(self, mappings: Mapping[ObjectIdentifier, frozenset[ObjectIdentifier]]) -> None:
        """RFC 9618 5.4, step (b)(1): the certificate says which of its policies are whose below."""
        if self.is_null:
            return
        level = self.levels[-1]
        for policy, subjects in mappings.items():
            if policy in level:
                level[policy].expected = set(subjects)
            elif ANY_POLICY in level:
                level[policy] = _Node(set(subjects), frozenset({ANY_POLICY}))

    def forbid_mapped(self, mappings: Mapping[ObjectIdentifier, frozenset[ObjectIdentifier]]) -> None:
        """RFC 9618 5.4, step (b)(2): mapping is inhibited, so policies that are mapped are valid no more."""
        if self.is_null:
            return
        for policy in mappings:
            self.levels[-1].pop(policy, None)
        self._prune()

    def expect_also(self, pairs: Iterable[tuple[ObjectIdentifier, ObjectIdentifier]]) -> None:
        """Take the lowest certificate to accept more policies below it than it says."""
        if self.is_null:
            return
        for policy, also in pairs:
            if policy in self.levels[-1]:
                self.levels[-1][policy].expected.add(also)

    def authority_constrained(self) -> frozenset[ObjectIdentifier]:
        """RFC 9618 5.5, step (g)(2) to (4): in the words of the anchor's domain, the policies that are valid."""
        if self.is_null:
            return frozenset()
        found = {
            policy
            for level in self.levels[1:]
            for policy, node in level.items()
            if policy != ANY_POLICY and node.parents == {ANY_POLICY}
        }
        if ANY_POLICY in self.levels[-1]:
            found.add(ANY_POLICY)
        return frozenset(found)

    def _prune(self) -> None:
        """RFC 9618 5.3, step (d)(3): nodes without children go, up to the top; the graph is NULL when the top goes."""
        if not self.levels[-1]:
            self.levels.clear()
            return
        for depth in range(len(self.levels) - 2, -1, -1):
            kept = frozenset().union(*(node.parents for node in self.levels[depth + 1].values()))
            level = self.levels[depth]
            if kept.issuperset(level):
                return
            self.levels[depth] = {policy: node for policy, node in level.items() if policy in kept}


def user_constrained(
    authority: frozenset[ObjectIdentifier], initial: frozenset[ObjectIdentifier]
) -> frozenset[ObjectIdentifier]:
    """RFC 9618 5.5, step (g)(5) and (6): what the relying party may rely on, out of what it asked for."""
    if ANY_POLICY in initial:
        return authority
    return initial if ANY_POLICY in authority else authority & initial


def mappings_of(certificate: CertificateFacts) -> dict[ObjectIdentifier, frozenset[ObjectIdentifier]]:
    """The policy mappings of a certificate: issuer's policy to the policies of the subject's domain."""
    collected: dict[ObjectIdentifier, set[ObjectIdentifier]] = {}
    for issuer_policy, subject_policy in certificate.policy_mappings:
        collected.setdefault(issuer_policy, set()).add(subject_policy)
    return {policy: frozenset(subjects) for policy, subjects in collected.items()}


def _parents(above: Level) -> dict[ObjectIdentifier, set[ObjectIdentifier]]:
    found: dict[ObjectIdentifier, set[ObjectIdentifier]] = {}
    for policy, node in above.items():
        for expected in node.expected:
            found.setdefault(expected, set()).add(policy)
    return found
