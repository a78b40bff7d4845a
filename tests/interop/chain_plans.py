"""Generated certification paths: a plan of plain values, drawn by hypothesis, and the certificates built from it.

A plan starts from a path that holds and changes a few things, so that most paths are decided by one rule.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import strategies as st

from hpki.certs import der

AT = dt.datetime(2026, 11, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ARC = "1.3.6.1.4.1.32473.1"
POLICIES = tuple(x509.ObjectIdentifier(f"{ARC}.{number}") for number in (1, 2, 3))
ANY = x509.ObjectIdentifier("2.5.29.32.0")
UNKNOWN = x509.ObjectIdentifier(f"{ARC}.99")
HOLDS = (-365, 365)


@dataclass(frozen=True)
class CertificatePlan:
    """One certificate; days count from the judged moment."""

    constraints: tuple[bool, int | None] | None = None
    usage: frozenset[str] | None = None
    days: tuple[int, int] = HOLDS
    policies: tuple[x509.ObjectIdentifier, ...] | None = POLICIES[:2]
    mappings: tuple[tuple[x509.ObjectIdentifier, x509.ObjectIdentifier], ...] = ()
    require_explicit: int | None = None
    inhibit_mapping: int | None = None
    inhibit_any: int | None = None
    permitted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    key_identifier: str = "right"
    unknown_critical: bool = False
    forged: bool = False
    self_issued: bool = False


AUTHORITY = CertificatePlan(constraints=(True, None), usage=frozenset({"key_cert_sign", "crl_sign"}))
END_ENTITY = CertificatePlan(usage=frozenset({"digital_signature"}), dns_names=("www.hospital.example",))


@dataclass(frozen=True)
class ChainPlan:
    """A path from a root, and the inputs of RFC 5280 6.1.1."""

    certificates: tuple[CertificatePlan, ...]
    initial: tuple[x509.ObjectIdentifier, ...] = ()
    explicit: bool = False
    no_mapping: bool = False
    no_any: bool = False


@dataclass(frozen=True)
class Chain:
    """A built path, the root first."""

    plan: ChainPlan
    certificates: tuple[x509.Certificate, ...] = field(repr=False)


_COUNTS = st.integers(0, 2)
_SOME_POLICIES = st.sampled_from(
    [None, (ANY,), POLICIES[:1], POLICIES[1:2], POLICIES[:2], POLICIES, (POLICIES[0], ANY), (POLICIES[2],)]
)
_DAYS = st.sampled_from([(-365, -1), (1, 365), (-365, 0), (0, 365)])
_DOMAINS = st.sampled_from(
    [
        ("hospital.example",),
        ("clinic.example",),
        ("www.hospital.example",),
        ("example",),
        ("hospital.example", "clinic.example"),
    ]
)
_MAPPINGS = st.sampled_from(
    [
        ((POLICIES[0], POLICIES[2]),),
        ((POLICIES[0], POLICIES[1]),),
        ((POLICIES[0], POLICIES[1]), (POLICIES[1], POLICIES[0])),
        ((POLICIES[0], POLICIES[1]), (POLICIES[0], POLICIES[2])),
        ((POLICIES[2], POLICIES[0]),),
        ((ANY, POLICIES[0]),),
        ((POLICIES[0], ANY),),
    ]
)
# What may be changed, and to what; the first group makes sense in authorities only.
_AUTHORITY_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "constraints": st.sampled_from([None, (False, None), (True, 0), (True, 1), (True, 2)]),
    "usage": st.sampled_from(
        [None, frozenset({"crl_sign"}), frozenset({"digital_signature", "key_cert_sign"})]
    ),
    "mappings": _MAPPINGS,
    "require_explicit": _COUNTS,
    "inhibit_mapping": _COUNTS,
    "inhibit_any": _COUNTS,
    "permitted": _DOMAINS,
    "excluded": _DOMAINS,
    "self_issued": st.just(True),  # noqa: FBT003 - a value to draw
}
_ANY_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "days": _DAYS,
    "policies": _SOME_POLICIES,
    "key_identifier": st.sampled_from(["wrong", "absent"]),
    "unknown_critical": st.just(True),  # noqa: FBT003 - a value to draw
    "forged": st.just(True),  # noqa: FBT003 - a value to draw
    "dns_names": st.sampled_from(
        [(), ("clinic.example",), ("a.clinic.example", "www.hospital.example"), ("*.hospital.example",)]
    ),
}
# Things that only matter together are changed more often.
_POLICY_CHANGES = (
    "policies",
    "mappings",
    "require_explicit",
    "inhibit_mapping",
    "inhibit_any",
    "self_issued",
)


@st.composite
def chain_plans(draw: st.DrawFn) -> ChainPlan:
    """A path of one to five certificates below a root, with up to four changes."""
    authorities = draw(st.integers(0, 4))
    plans = [AUTHORITY] * authorities + [END_ENTITY]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, authorities))
        choices: dict[str, st.SearchStrategy[object]] = dict(_ANY_CHANGES)
        if place < authorities:
            choices.update(_AUTHORITY_CHANGES)
        names = sorted(choices)
        if draw(st.booleans()):
            names = [name for name in names if name in _POLICY_CHANGES]
        change = draw(st.sampled_from(names))
        plans[place] = replace(plans[place], **{change: draw(choices[change])})  # type: ignore[arg-type]  # drawn by field name
    return ChainPlan(
        tuple(plans),
        initial=draw(st.sampled_from([(), (), POLICIES[:1], POLICIES[1:2], POLICIES[:2]])),
        explicit=draw(st.sampled_from([False, True, True])),
        no_mapping=draw(st.sampled_from([False, False, False, True])),
        no_any=draw(st.sampled_from([False, False, False, True])),
    )


def build(plan: ChainPlan, number: int) -> Chain:
    """The certificates of a plan; `number` keeps its names apart from those of every other path."""
    root_name = _name(f"Root {number}")
    made = [_sign(AUTHORITY, root_name, root_name, (0, 0), 1)]
    issuer, issuer_key = root_name, 0
    for place, each in enumerate(plan.certificates, start=1):
        is_last = place == len(plan.certificates)
        subject = issuer if each.self_issued else _name(f"{'Holder' if is_last else 'CA'} {number}.{place}")
        made.append(_sign(each, subject, issuer, (place, issuer_key), place + 1))
        issuer, issuer_key = subject, place
    return Chain(plan, tuple(made))


def _sign(
    plan: CertificatePlan, subject: x509.Name, issuer: x509.Name, keys: tuple[int, int], serial: int
) -> x509.Certificate:
    own, above = (_key(number) for number in keys)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(serial)
        .not_valid_before(AT + plan.days[0] * DAY)
        .not_valid_after(AT + plan.days[1] * DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    for extension, critical in _extensions(plan, above):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(_key(9) if plan.forged else above, hashes.SHA256())


def _extensions(
    plan: CertificatePlan, issuer_key: ec.EllipticCurvePrivateKey
) -> Sequence[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if plan.key_identifier != "absent":
        signer = _key(8) if plan.key_identifier == "wrong" else issuer_key
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    if plan.constraints is not None:
        found.append((x509.BasicConstraints(*plan.constraints), True))
    if plan.usage is not None:
        found.append((_usage(plan.usage), True))
    if plan.dns_names:
        found.append((x509.SubjectAlternativeName([x509.DNSName(name) for name in plan.dns_names]), False))
    if plan.unknown_critical:
        found.append((x509.UnrecognizedExtension(UNKNOWN, der.NULL), True))
    if plan.permitted or plan.excluded:
        permitted, excluded = (
            [x509.DNSName(name) for name in names] or None for names in (plan.permitted, plan.excluded)
        )
        found.append((x509.NameConstraints(permitted, excluded), True))
    return [*found, *_policy_extensions(plan)]


def _policy_extensions(plan: CertificatePlan) -> Sequence[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if plan.policies is not None:
        stated = [x509.PolicyInformation(oid, None) for oid in plan.policies]
        found.append((x509.CertificatePolicies(stated), False))
    if plan.mappings:
        pairs = [der.tlv(der.SEQUENCE, *(_oid_der(oid) for oid in pair)) for pair in plan.mappings]
        value = der.tlv(der.SEQUENCE, *pairs)
        found.append((x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, value), True))
    if plan.require_explicit is not None or plan.inhibit_mapping is not None:
        found.append((x509.PolicyConstraints(plan.require_explicit, plan.inhibit_mapping), True))
    if plan.inhibit_any is not None:
        found.append((x509.InhibitAnyPolicy(plan.inhibit_any), True))
    return found


def _oid_der(oid: x509.ObjectIdentifier) -> bytes:
    usage = x509.ExtendedKeyUsage([oid]).public_bytes()
    return usage[2:]


def _usage(names: frozenset[str]) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in every})


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@cache
def _key(number: int) -> ec.EllipticCurvePrivateKey:
    # 8 and 9 are strangers' keys; the others stand at a place in the path.
    del number
    return ec.generate_private_key(ec.SECP256R1())
