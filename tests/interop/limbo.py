"""x509-limbo: cases of path building and validation that validators got wrong, and what each must come to."""

import base64
import datetime as dt
import ipaddress
import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hpki.errors import MalformedInput
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.judge import judge_octets
from hpki.validation.policy import TrustAnchor, ValidationPolicy, WorkLimits
from hpki.validation.report import Report
from hpki.validation.revocation import RevocationDemand
from hpki.validation.revocation_list import read_revocation_list

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "limbo" / "limbo.json.xz"
# The groups that speak of RFC 5280; "webpki" holds the rules of browsers, "online" needs the network.
GROUPS = ("rfc5280", "pathlen", "pathological", "crl", "cve")
# Cases without a moment of their own have certificates of 1970 to 2969.
MOMENT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
_PURPOSES = {
    "serverAuth": ExtendedKeyUsageOID.SERVER_AUTH,
    "clientAuth": ExtendedKeyUsageOID.CLIENT_AUTH,
}

# Cases that should pass and do not, each with its reason; docs/validation/limbo.md has the same table.
FALSE_REJECTS = {
    "cve::cve-2024-0567": "an authority's certificate in the path has no authorityKeyIdentifier; RFC 5280 4.2.1.1 asks "
    "for it, and the suite itself wants rfc5280::aki::cross-signed-root-missing-aki and intermediate-missing-aki refused",
}


@dataclass(frozen=True)
class Case:
    """One case; certificates and lists are DER."""

    name: str
    anchors: tuple[bytes, ...]
    pool: tuple[bytes, ...]
    target: bytes
    crls: tuple[bytes, ...]
    at: dt.datetime
    peer: str | None
    policy: ValidationPolicy
    is_valid: bool


def cases() -> list[Case]:
    """The cases of our groups; empty when they are not at hand."""
    if not CASES.exists():
        return []
    rows = json.loads(lzma.decompress(CASES.read_bytes()))["testcases"]
    return [_case(row) for row in rows if row["id"].split("::")[0] in GROUPS]


def report_of(case: Case) -> Report:
    """The judge's report; certificates that cannot be read are not at hand."""
    evidence = Evidence(
        certificates=_readable(case.pool), crls=tuple(read_revocation_list(octets) for octets in case.crls)
    )
    anchors = [TrustAnchor(certificate) for certificate in _readable(case.anchors)]
    return judge_octets(case.target, evidence, case.policy, anchors, case.at)


def accepts(case: Case, report: Report) -> bool:
    """Passed, and about the peer that was asked for: names of peers are the caller's to compare."""
    if not report.is_passed or report.certificate is None:
        return False
    return case.peer is None or _names_peer(report.certificate, case.peer)


def _names_peer(certificate: CertificateFacts, peer: str) -> bool:
    alternative = certificate.extension(x509.SubjectAlternativeName)
    if alternative is None:
        return False
    try:
        return ipaddress.ip_address(peer) in alternative.get_values_for_type(x509.IPAddress)
    except ValueError:
        names = [name.lower() for name in alternative.get_values_for_type(x509.DNSName)]
        return peer in names or f"*.{peer.partition('.')[2]}" in names


@cache
def _readable(ders: tuple[bytes, ...]) -> tuple[CertificateFacts, ...]:
    found = []
    for octets in ders:
        try:
            found.append(read_certificate(octets))
        except MalformedInput:
            continue
    return tuple(found)


def _case(row: Mapping[str, object]) -> Case:
    stated, depth, peer = row["validation_time"], row["max_chain_depth"], row["expected_peer_name"]
    crls = tuple(_der(pem) for pem in _words(row["crls"]))
    return Case(
        name=str(row["id"]),
        anchors=tuple(_der(pem) for pem in _words(row["trusted_certs"])),
        pool=tuple(_der(pem) for pem in _words(row["untrusted_intermediates"])),
        target=_der(str(row["peer_certificate"])),
        crls=crls,
        at=MOMENT if stated is None else dt.datetime.fromisoformat(str(stated)),
        peer=str(peer["value"]) if isinstance(peer, Mapping) and peer["kind"] != "RFC822" else None,
        policy=ValidationPolicy(
            "limbo",
            extended_key_usages=frozenset(_PURPOSES[word] for word in _words(row["extended_key_usage"])),
            revocation=RevocationDemand(required=bool(crls)),
            limits=WorkLimits() if depth is None else WorkLimits(intermediates=int(str(depth))),
        ),
        is_valid=row["expected_result"] == "SUCCESS",
    )


def _der(pem: str) -> bytes:
    """The octets between the PEM lines, read by nobody yet."""
    return base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))


def _words(value: object) -> tuple[str, ...]:
    assert isinstance(value, Sequence)
    return tuple(str(word) for word in value)
