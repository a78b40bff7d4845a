"""What issuing costs beside the bare signature, in memory.

The limit is the raw signature of the same key over the same bytes, sampled in turn with the rest, so that other work on
the machine cancels out; time is the process's own, as nothing here waits.  "peer" is cryptography's own
CertificateBuilder, which neither lints nor verifies.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from statistics import median

from cryptography import x509
from tests import pki

from hpki.certs import names
from hpki.issuance import content, profiles
from hpki.issuance.candidate import assemble
from hpki.issuance.prepare import prepare
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.sign import sign
from hpki.issuance.template import SIGNATURE_ALGORITHMS, IssuanceTemplate
from hpki.keys.algorithms import KeyAlgorithm, signature_hash

ROUNDS = 15
SECONDS = 0.1


def measure() -> Iterable[tuple[str, float, float, str]]:
    """Name, runs per second, ratio to raw signing in the same run, note."""
    for algorithm in (
        KeyAlgorithm.RSA_2048,
        KeyAlgorithm.RSA_3072,
        KeyAlgorithm.P_256,
        KeyAlgorithm.ML_DSA_65,
    ):
        yield from _measure_hierarchy(algorithm)


def _measure_hierarchy(algorithm: KeyAlgorithm) -> Iterable[tuple[str, float, float, str]]:
    authority = pki.hierarchy(algorithm).authorities["SIGNING_CA"]
    issuer, signer = authority.issuer, authority.signer
    facts = content.facts_of(issuer, profiles.SIGNING)
    requests = _requests(authority)
    first = next(requests)
    template = IssuanceTemplate(first.profile, first.environment, facts, algorithm)
    tbs = template.tbs(first)

    def with_builder() -> None:
        content.builder(next(requests), facts).sign(signer.builder_key(), signature_hash(algorithm))

    def with_template() -> None:
        made = template.tbs(next(requests))
        x509.load_der_x509_certificate(assemble(made, SIGNATURE_ALGORITHMS[algorithm], signer.sign(made)))

    def prepared_only() -> None:
        prepare(next(requests), issuer, at=pki.CEREMONY_DAY, signer_algorithm=algorithm)

    def issued() -> None:
        prepared = prepare(next(requests), issuer, at=pki.CEREMONY_DAY, signer_algorithm=algorithm)
        sign(prepared, signer)

    raw, builder, bare, preparing, whole = _interleaved(
        lambda: signer.sign(tbs), with_builder, with_template, prepared_only, issued
    )
    yield f"{algorithm}: raw signature (the limit)", raw, 1.0, ""
    yield f"{algorithm}: CertificateBuilder (peer)", builder, builder / raw, "no lints, no verification"
    yield f"{algorithm}: template and signature", bare, bare / raw, "no lints, no verification"
    yield (
        f"{algorithm}: prepare alone (template, lints)",
        preparing,
        raw / preparing,
        "ratio: cost in signatures",
    )
    yield f"{algorithm}: prepare, lint, sign, compare, verify", whole, whole / raw, "all but the record"


def _requests(authority: pki.Authority) -> Iterator[CertificateRequest]:
    """Endless requests that differ as in life: serial, subject, Japanese name; new objects, so that nothing is reused."""
    public_key = pki.key(KeyAlgorithm.RSA_2048, "holder").public_key()
    model = pki.request_for(profiles.SIGNING, public_key, authority.issuer)
    people = [
        (
            names.subject_name(common_name=f"Hanako Iryo {number}", serial_number=f"T{number:06}"),
            names.japanese_name(
                family_name="医療", given_name=f"花子{number}", serial_number=f"T{number:06}"
            ),
        )
        for number in range(500)
    ]
    for subject, subject_ja in cycle(people):
        yield replace(model, serial_number=new_serial_number(), subject=subject, subject_ja=subject_ja)


def _interleaved(*works: Callable[[], object]) -> list[float]:
    """Runs per second of each work: the median of rounds in which all take turns."""
    for work in works:
        work()
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            rates[place].append(_rate(work))
    return [median(each) for each in rates]


def _rate(work: Callable[[], object]) -> float:
    runs = 0
    begun = time.process_time()
    while (passed := time.process_time() - begun) < SECONDS:
        work()
        runs += 1
    return runs / passed
