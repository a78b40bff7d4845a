"""Three judges of generated paths: ours, OpenSSL and the JDK, the foreign ones in few processes for many paths."""

import subprocess
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from hpki.validation.evidence import Evidence
from hpki.validation.facts import facts_of
from hpki.validation.judge import judge
from hpki.validation.policy import ANY_POLICY, TrustAnchor, ValidationPolicy
from hpki.validation.report import Report
from hpki.validation.revocation import RevocationDemand
from tests.interop.chain_plans import ANY, AT, Chain, ChainPlan

HERE = Path(__file__).parent


def our_report(chain: Chain) -> Report:
    """Our judge with section 6 of RFC 5280 alone, which is what the others look at."""
    root, *below = (facts_of(certificate) for certificate in chain.certificates)
    plan = chain.plan
    policy = ValidationPolicy(
        "differential",
        initial_policies=frozenset(plan.initial) or frozenset({ANY_POLICY}),
        explicit_policy=plan.explicit,
        inhibit_mapping=plan.no_mapping,
        inhibit_any=plan.no_any,
        revocation=RevocationDemand(required=False),
        strict=False,
    )
    return judge(below[-1], Evidence(tuple(below[:-1])), policy, [TrustAnchor(root)], AT)


def openssl_verdicts(chains: Sequence[Chain], folder: Path) -> list[str]:
    """OpenSSL's "OK", or its reason, for each path; one process for all paths with the same options."""
    verdicts: dict[int, str] = {}
    numbered = sorted(enumerate(chains), key=lambda pair: _options(pair[1].plan))
    for options, group in groupby(numbered, key=lambda pair: _options(pair[1].plan)):
        verdicts.update(_openssl(list(group), options, folder))
    return [verdicts[number] for number in range(len(chains))]


def _options(plan: ChainPlan) -> tuple[str, ...]:
    flags = {"-explicit_policy": plan.explicit, "-inhibit_map": plan.no_mapping, "-inhibit_any": plan.no_any}
    # Without an initial set OpenSSL takes the empty one, and has to be told of anyPolicy.
    wanted = [word for oid in plan.initial or (ANY,) for word in ("-policy", oid.dotted_string)]
    return (*wanted, *(flag for flag, is_set in flags.items() if is_set))


def _openssl(group: list[tuple[int, Chain]], options: tuple[str, ...], folder: Path) -> dict[int, str]:
    roots, pool = folder / "roots.pem", folder / "pool.pem"
    roots.write_bytes(b"".join(chain.certificates[0].public_bytes(Encoding.PEM) for _, chain in group))
    between = [each.public_bytes(Encoding.PEM) for _, chain in group for each in chain.certificates[1:-1]]
    # An -untrusted file must hold a certificate; a root does no harm there.
    pool.write_bytes(b"".join(between) or roots.read_bytes())
    targets = {}
    for number, chain in group:
        path = folder / f"target-{number}.pem"
        path.write_bytes(chain.certificates[-1].public_bytes(Encoding.PEM))
        targets[str(path)] = number
    judged = subprocess.run(
        [
            "openssl", "verify", "-no-CApath", "-no-CAstore", "-policy_check", "-attime", str(int(AT.timestamp())),
            *options, "-CAfile", roots, "-untrusted", pool, *targets,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    verdicts = dict.fromkeys(targets.values(), "")
    for line in judged.stdout.splitlines():
        if line.endswith(": OK"):
            verdicts[targets[line.removesuffix(": OK")]] = "OK"
    reason = ""
    for line in judged.stderr.splitlines():
        if "depth lookup:" in line:
            reason = line.partition("depth lookup:")[2].strip()
        elif line.endswith(": verification failed"):
            verdicts[targets[line.removeprefix("error ").removesuffix(": verification failed")]] = reason
    return verdicts


def jdk_verdicts(chains: Sequence[Chain], folder: Path) -> list[str]:
    """The JDK's "VALID", or its reason, for each path, all in one process."""
    lines = []
    for number, chain in enumerate(chains):
        path = folder / f"chain-{number}.pem"
        path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in chain.certificates))
        plan = chain.plan
        flags = (plan.explicit, plan.no_mapping, plan.no_any)
        policies = ",".join(oid.dotted_string for oid in plan.initial) or "-"
        lines.append(" ".join([str(path), policies, *(str(int(f)) for f in flags), str(int(AT.timestamp()))]))
    listed = folder / "chains.txt"
    listed.write_text("\n".join(lines), encoding="ascii")
    judged = subprocess.run(
        ["java", HERE / "ChainsJudge.java", listed], capture_output=True, text=True, check=True
    )
    verdicts = [line.partition(" ")[2] for line in judged.stdout.splitlines()]
    assert len(verdicts) == len(chains), judged.stderr
    return verdicts
