"""Thousands of generated paths, judged by us, by OpenSSL 3.0 and by JDK 17: every disagreement has its reason in a table."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.interop import chain_judges
from tests.interop.chain_plans import ANY, HOLDS, ChainPlan, build, chain_plans

TABLE: Final = Path(__file__).resolve().parents[2] / "docs" / "validation" / "differential.md"
DRAWN: Final = 2_900
LEAST: Final = 2_000


@dataclass(frozen=True)
class Disagreement:
    """A known way in which a foreign judge differs: when it can happen, what we say, and what the judge says."""

    code: str
    judge: str
    we_pass: bool
    they_say: str
    happens: Callable[[ChainPlan], bool]


def has_wrong_key_identifier(plan: ChainPlan) -> bool:
    return any(each.key_identifier == "wrong" for each in plan.certificates)


def ends_at_the_moment(plan: ChainPlan) -> bool:
    return any(each.days[1] == 0 for each in plan.certificates if each.days != HOLDS)


def has_self_issued(plan: ChainPlan) -> bool:
    return any(each.self_issued for each in plan.certificates)


def excludes_below_a_wildcard(plan: ChainPlan) -> bool:
    wildcard = any(name.startswith("*.") for each in plan.certificates for name in each.dns_names)
    return wildcard and any(each.excluded for each in plan.certificates)


def maps_any_policy(plan: ChainPlan) -> bool:
    return any(ANY in pair for each in plan.certificates for pair in each.mappings)


KNOWN: Final = (
    Disagreement(
        "openssl-key-identifier", "openssl", we_pass=True,
        they_say="unable to get local issuer certificate", happens=has_wrong_key_identifier,
    ),
    Disagreement(
        "openssl-last-second", "openssl", we_pass=True, they_say="certificate has expired", happens=ends_at_the_moment,
    ),
    Disagreement(
        "openssl-rolled-key", "openssl", we_pass=True, they_say="self-signed certificate in certificate chain",
        happens=has_self_issued,
    ),
    Disagreement(
        "openssl-rolled-key-signature", "openssl", we_pass=True, they_say="certificate signature failure",
        happens=has_self_issued,
    ),
    Disagreement(
        "jdk-rolled-key", "jdk", we_pass=True,
        they_say="unable to find valid certification path to requested target", happens=has_self_issued,
    ),
    Disagreement(
        "openssl-wildcard-excluded", "openssl", we_pass=False, they_say="OK", happens=excludes_below_a_wildcard,
    ),
    Disagreement("jdk-any-policy-mapped", "jdk", we_pass=False, they_say="VALID", happens=maps_any_policy),
)  # fmt: skip


@cache
def plans() -> tuple[ChainPlan, ...]:
    """The same paths on every run; each once."""
    drawn: list[ChainPlan] = []

    @settings(
        max_examples=DRAWN, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(chain_plans())
    def draw(plan: ChainPlan) -> None:
        drawn.append(plan)

    draw()
    return tuple(dict.fromkeys(drawn))


def unexplained(plan: ChainPlan, judge: str, *, we_pass: bool, they_say: str) -> bool:
    return not any(
        known.judge == judge
        and known.we_pass is we_pass
        and known.they_say in they_say
        and known.happens(plan)
        for known in KNOWN
    )


def test_every_disagreement_with_openssl_and_the_jdk_is_explained(tmp_path: Path) -> None:
    chains = [build(plan, number) for number, plan in enumerate(plans())]
    ours = [chain_judges.our_report(chain) for chain in chains]
    openssl = chain_judges.openssl_verdicts(chains, tmp_path)
    jdk = chain_judges.jdk_verdicts(chains, tmp_path)

    surprises = []
    for chain, report, by_openssl, by_jdk in zip(chains, ours, openssl, jdk, strict=True):
        for judge, they_say, passes in (
            ("openssl", by_openssl, by_openssl == "OK"),
            ("jdk", by_jdk, by_jdk == "VALID"),
        ):
            if passes is not report.is_passed and unexplained(
                chain.plan, judge, we_pass=report.is_passed, they_say=they_say
            ):
                codes = [finding.code for finding in report.findings]
                surprises.append(f"{judge} says {they_say}, we say {codes}: {chain.plan}")
    passed = sum(report.is_passed for report in ours)

    assert not surprises, "\n".join(surprises)
    assert min(passed, len(ours) - passed) > len(ours) // 4, "most paths are decided the same way"


def test_there_are_thousands_of_different_paths() -> None:
    assert len(plans()) >= LEAST


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.code)
def test_every_known_disagreement_is_told_in_the_docs(known: Disagreement) -> None:
    assert f"| `{known.code}` |" in TABLE.read_text(encoding="utf-8")
