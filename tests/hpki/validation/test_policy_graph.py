"""The policy graph gives the answers of the tree it replaces (RFC 9618), and does not grow as the tree does."""

import time
from dataclasses import dataclass

from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from hpki.validation.policy import ANY_POLICY
from hpki.validation.policy_graph import PolicyGraph, user_constrained
from tests.hpki.validation.policy_tree import PolicyTree

A, B, C = (ObjectIdentifier(f"1.3.6.1.4.1.32473.1.{number}") for number in (1, 2, 3))


@dataclass(frozen=True)
class Step:
    """What one certificate does to the policies."""

    policies: frozenset[ObjectIdentifier] | None
    any_counts: bool
    mappings: dict[ObjectIdentifier, frozenset[ObjectIdentifier]]
    may_map: bool


SOME = st.frozensets(st.sampled_from([A, B, C, ANY_POLICY]), min_size=1)
STEPS = st.lists(
    st.builds(
        Step,
        st.one_of(SOME, SOME, SOME, st.none()),
        st.booleans(),
        st.dictionaries(st.sampled_from([A, B, C]), st.frozensets(st.sampled_from([A, B, C]), min_size=1)),
        st.sampled_from([True, True, False]),
    ),
    min_size=1,
    max_size=5,
)


@given(STEPS)
def test_the_graph_answers_as_the_tree_does(steps: list[Step]) -> None:
    graph, tree = PolicyGraph(), PolicyTree()
    for place, step in enumerate(steps, start=1):
        graph.descend(step.policies, any_counts=step.any_counts)
        tree.descend(step.policies, any_counts=step.any_counts)
        if place < len(steps) and step.may_map:
            graph.map_policies(step.mappings)
            tree.map_policies(step.mappings)
        elif place < len(steps):
            graph.forbid_mapped(step.mappings)
            tree.forbid_mapped(step.mappings)
        assert graph.is_null is (not tree.levels)

    assert graph.authority_constrained() == tree.authority_constrained()


def test_crosswise_mappings_do_not_make_it_grow() -> None:
    policies = frozenset({A, B, C})
    graph = PolicyGraph()
    begun = time.perf_counter()
    for _ in range(60):  # the tree would have 3 ** 60 leaves
        graph.descend(policies, any_counts=False)
        graph.map_policies(dict.fromkeys(policies, policies))

    assert all(len(level) <= 3 for level in graph.levels)
    assert graph.authority_constrained() == policies
    assert time.perf_counter() - begun < 5


def test_what_is_asked_for_meets_what_is_valid() -> None:
    assert user_constrained(frozenset({A, B}), frozenset({B, C})) == {B}
    assert user_constrained(frozenset({A}), frozenset({ANY_POLICY})) == {A}
    assert user_constrained(frozenset({ANY_POLICY}), frozenset({C})) == {C}
    assert user_constrained(frozenset(), frozenset({C})) == frozenset()
