"""The validator's readers of certificates, revocation lists and OCSP answers, and the judge behind them."""

import atheris

with atheris.instrument_imports(include=["hpki.validation", "hpki.certs", "hpki.errors"]):
    from hpki.errors import MalformedInput
    from hpki.validation.evidence import Evidence
    from hpki.validation.facts import facts_of, read_certificate
    from hpki.validation.judge import judge
    from hpki.validation.ocsp_answer import read_ocsp_answer
    from hpki.validation.policy import TrustAnchor, ValidationPolicy
    from hpki.validation.revocation_list import read_revocation_list

from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki
from tests.fuzz.harness import run

MADE = pki.hierarchy()
AUTHORITY = MADE.authorities["SIGNING_CA"]
ROOT = facts_of(MADE.root.issuer.certificate)
SUB = facts_of(AUTHORITY.issuer.certificate)
HOLDER = facts_of(MADE.issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key()))
LIST = AUTHORITY.revocation_list().public_bytes(pki.DER)
POLICY = ValidationPolicy("fuzz")


def read(data: bytes) -> None:
    """The first octet says what the rest is; it is judged as holder, authority or evidence, or refused in order."""
    if not data:
        return
    kind, octets = data[0] % 4, data[1:]
    target, evidence = HOLDER, Evidence((SUB,))
    try:
        if kind == 0:
            target = read_certificate(octets)
        elif kind == 1:
            evidence = Evidence((read_certificate(octets), SUB))
        elif kind == 2:
            evidence = Evidence((SUB,), (read_revocation_list(octets),))
        else:
            evidence = Evidence((SUB,), (), (read_ocsp_answer(octets),))
    except MalformedInput:
        return
    report = judge(target, evidence, POLICY, [TrustAnchor(ROOT)], pki.CEREMONY_DAY)
    report.as_json()
    report.words("ja")
    if report.is_passed:
        raise AssertionError("nothing that the fuzzer makes can pass: no list of the root is at hand")


SEEDS = [
    bytes((0,)) + HOLDER.der,
    bytes((1,)) + SUB.der,
    bytes((2,)) + LIST,
]

if __name__ == "__main__":
    run("validation", read, SEEDS)
