"""NIST PKITS: 249 cases of certification paths with revocation lists and policies, and what each must come to.

The certificates and lists come with the package cryptography_vectors, the expected results from the shared vectors.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cryptography_vectors
from cryptography.x509 import ObjectIdentifier

from hpki.errors import MalformedInput
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.judge import judge_octets
from hpki.validation.policy import ANY_POLICY, TrustAnchor, ValidationPolicy
from hpki.validation.report import Report
from hpki.validation.revocation_list import read_revocation_list

EXPECTED = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "pkits" / "pkits_expected.json"
DATA = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
# The certificates of the suite are valid from 2010 to 2030.
MOMENT = dt.datetime(2011, 4, 15, tzinfo=dt.UTC)
TEST_POLICIES = "2.16.840.1.101.3.2.1.48"

# cryptography (version 50) reads no DSA key whose parameters are inherited from the issuer (RFC 3279 2.3.2), and no
# healthcare certificate has one.
SKIPPED = {"4.1.5": "a DSA key that inherits its parameters cannot be read"}


@dataclass(frozen=True)
class Case:
    """One case of the suite."""

    number: str
    title: str
    path: tuple[str, ...]
    crls: tuple[str, ...]
    is_valid: bool
    policy: ValidationPolicy
    states_policies: bool
    user_policies: frozenset[ObjectIdentifier]


def cases() -> list[Case]:
    """All cases; empty when the expected results are not at hand."""
    if not EXPECTED.exists():
        return []
    return [_case(row) for row in json.loads(EXPECTED.read_text(encoding="utf-8"))]


def report_of(case: Case) -> Report:
    """The judge's report; `path` of a case is the anchor, a pool in no order, and the target."""
    anchor, *pool, _ = case.path
    evidence = Evidence(
        certificates=tuple(facts for name in pool if (facts := _certificate(name)) is not None),
        crls=tuple(read_revocation_list((DATA / "crls" / f"{name}.crl").read_bytes()) for name in case.crls),
    )
    trusted = _certificate(anchor)
    assert trusted is not None
    target = (DATA / "certs" / f"{case.path[-1]}.crt").read_bytes()
    return judge_octets(target, evidence, case.policy, [TrustAnchor(trusted)], MOMENT)


def mismatch(case: Case, report: Report) -> str | None:
    """How a report differs from what the suite expects; None when it does not."""
    if report.is_passed != case.is_valid:
        codes = ", ".join(f"{found.code}({found.sentence('en')})" for found in report.findings)
        return f"{'refused' if case.is_valid else 'accepted'}: {codes}"
    if (case.is_valid or case.states_policies) and report.policies != case.user_policies:
        got = sorted(oid.dotted_string for oid in report.policies)
        return f"policies {got}, expected {sorted(oid.dotted_string for oid in case.user_policies)}"
    return None


@cache
def _certificate(name: str) -> CertificateFacts | None:
    try:
        return read_certificate((DATA / "certs" / f"{name}.crt").read_bytes())
    except MalformedInput:
        return None


def _case(row: Mapping[str, object]) -> Case:
    initial = row.get("initial_policy_set")
    expected = row.get("user_constrained_policy_set")
    policy = ValidationPolicy(
        "pkits",
        initial_policies=frozenset({ANY_POLICY}) if initial is None else _oids(initial),
        explicit_policy=bool(row.get("initial_explicit_policy")),
        inhibit_mapping=bool(row.get("initial_policy_mapping_inhibit")),
        inhibit_any=bool(row.get("initial_any_policy_inhibit")),
        strict=False,  # 4.6.4, 4.8 and others hold certificates that section 6 of RFC 5280 accepts and section 4 forbids
        algorithms=None,  # DSA-1024 was still in use when the suite was made
    )
    return Case(
        number=str(row["num"]),
        title=str(row["title"]),
        path=_words(row["path"]),
        crls=_words(row["crls"]),
        is_valid=bool(row["valid"]),
        policy=policy,
        states_policies=expected is not None,
        user_policies=_oids(["NIST-test-policy-1"] if expected is None else expected),
    )


def _words(value: object) -> tuple[str, ...]:
    assert isinstance(value, Sequence)
    return tuple(str(word) for word in value)


def _oids(value: object) -> frozenset[ObjectIdentifier]:
    return frozenset(_oid(word) for word in _words(value))


def _oid(word: str) -> ObjectIdentifier:
    if word == "anyPolicy":
        return ANY_POLICY
    return ObjectIdentifier(f"{TEST_POLICIES}.{word.removeprefix('NIST-test-policy-')}")
