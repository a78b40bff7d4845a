"""valid_policy_tree of RFC 5280 6.1, as the standard writes it: the slow judge of the graph that replaced it.

A node is (policy, expected policies, parent); the tree is a list of levels.  Only for small paths: it doubles.
"""

from dataclasses import dataclass, field

from cryptography.x509 import ObjectIdentifier

from hpki.validation.policy import ANY_POLICY


@dataclass(eq=False)
class TreeNode:
    policy: ObjectIdentifier
    expected: set[ObjectIdentifier]
    parent: "TreeNode | None" = None


@dataclass
class PolicyTree:
    levels: list[list[TreeNode]] = field(default_factory=lambda: [[TreeNode(ANY_POLICY, {ANY_POLICY})]])

    def descend(self, policies: frozenset[ObjectIdentifier] | None, *, any_counts: bool) -> None:
        if not self.levels:
            return
        if policies is None:
            self.levels = []
            return
        above, made = self.levels[-1], []
        for policy in policies - {ANY_POLICY}:  # 6.1.3 (d)(1)
            parents = [node for node in above if policy in node.expected]
            parents = parents or [node for node in above if node.policy == ANY_POLICY]
            made += [TreeNode(policy, {policy}, parent) for parent in parents]
        if ANY_POLICY in policies and any_counts:  # (d)(2)
            for parent in above:
                taken = {node.policy for node in made if node.parent is parent}
                made += [TreeNode(each, {each}, parent) for each in parent.expected - taken]
        self.levels.append(made)
        self.prune()

    def map_policies(self, mappings: dict[ObjectIdentifier, frozenset[ObjectIdentifier]]) -> None:
        if not self.levels:
            return
        for policy, subjects in mappings.items():  # 6.1.4 (b)(1)
            found = [node for node in self.levels[-1] if node.policy == policy]
            for node in found:
                node.expected = set(subjects)
            if not found:
                anys = [node for node in self.levels[-1] if node.policy == ANY_POLICY]
                self.levels[-1] += [TreeNode(policy, set(subjects), node.parent) for node in anys]

    def forbid_mapped(self, mappings: dict[ObjectIdentifier, frozenset[ObjectIdentifier]]) -> None:
        if not self.levels:
            return
        self.levels[-1] = [node for node in self.levels[-1] if node.policy not in mappings]
        self.prune()

    def prune(self) -> None:  # (d)(3)
        for depth in range(len(self.levels) - 2, -1, -1):
            parents = {id(node.parent) for node in self.levels[depth + 1]}
            self.levels[depth] = [node for node in self.levels[depth] if id(node) in parents]
        if not self.levels[0]:
            self.levels = []

    def authority_constrained(self) -> frozenset[ObjectIdentifier]:
        if not self.levels:
            return frozenset()
        below_any = {
            node.policy
            for level in self.levels[1:]
            for node in level
            if node.policy != ANY_POLICY and node.parent is not None and node.parent.policy == ANY_POLICY
        }
        anys = {node.policy for node in self.levels[-1] if node.policy == ANY_POLICY}
        return frozenset(below_any | anys)
