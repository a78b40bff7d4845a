"""Path validation with revocation lists and an explicit policy, beside pyhanko-certvalidator on the same chain.

The chain is RSA-2048 with three certificates (root, authority, holder) and two lists.  "met again" repeats a question;
"new holder" is what a desk sees all day: known authorities and lists, a certificate never met; "cold" has forgotten all
that was ever read or verified.  The limit is what nobody can leave out when cold: the four raw verifications.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from statistics import median

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.policy_decl import PKIXValidationParams
from tests import pki

from hpki.issuance import profiles
from hpki.issuance.profiles import Environment
from hpki.keys.algorithms import PKCS1_V15, KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import facts_of
from hpki.validation.judge import judge_octets
from hpki.validation.policy import TrustAnchor, ValidationPolicy

ROUNDS = 7
SECONDS = 0.2
HOLDERS = 1_500
AT = pki.CEREMONY_DAY.replace(hour=9)


class Scene:
    """A hierarchy with its lists, and holders that nobody has judged yet."""

    def __init__(self) -> None:
        made = pki.hierarchy(KeyAlgorithm.RSA_2048)
        authority = made.authority_for(profiles.SIGNING)
        key = pki.key(KeyAlgorithm.RSA_2048, "holder").public_key()
        self.holders = [made.issue(profiles.SIGNING, key).public_bytes(pki.DER) for _ in range(HOLDERS)]
        self.certificates = made.root.issuer.certificate, authority.issuer.certificate
        self.lists = made.root.revocation_list(), authority.revocation_list()
        self.anchor_der, self.authority_der = (each.public_bytes(pki.DER) for each in self.certificates)
        self.list_ders = [each.public_bytes(pki.DER) for each in self.lists]
        self.oid = profiles.SIGNING.policy(Environment.TEST)
        assert self.oid is not None
        self.policy = ValidationPolicy("bench", initial_policies=frozenset({self.oid}), explicit_policy=True)
        self._fresh: Iterator[bytes] = iter(())

    def judge(self, holder_der: bytes) -> None:
        evidence = Evidence.of([self.authority_der], self.list_ders)
        anchors = [TrustAnchor(facts_of(self.certificates[0]))]
        report = judge_octets(holder_der, evidence, self.policy, anchors, AT)
        assert report.is_passed, report.words("en")

    def fresh_holder(self) -> bytes:
        """A certificate that was not met since everything was forgotten."""
        holder = next(self._fresh, None)
        if holder is None:
            forget()
            self.judge(self.holders[0])
            self._fresh = iter(self.holders[1:])
            return self.fresh_holder()
        return holder

    def raw(self) -> None:
        root, authority = (certificate.public_key() for certificate in self.certificates)
        assert isinstance(root, RSAPublicKey)
        assert isinstance(authority, RSAPublicKey)
        signed = self.certificates[1]
        root.verify(signed.signature, signed.tbs_certificate_bytes, PKCS1_V15, SHA256())
        for each in (self.lists[0], self.lists[0], self.lists[0]):
            root.verify(each.signature, each.tbs_certlist_bytes, PKCS1_V15, SHA256())

    def judge_by_peer(self) -> None:
        """pyhanko-certvalidator with all certificates and lists read already."""
        context = ValidationContext(
            trust_roots=[self._peer(self.anchor_der)],
            other_certs=[self._peer(self.authority_der)],
            crls=self.list_ders,
            moment=AT,
            revocation_mode="require",
        )
        parameters = PKIXValidationParams(
            user_initial_policy_set=frozenset({self.oid.dotted_string}) if self.oid else frozenset(),
            initial_explicit_policy=True,
        )
        validator = CertificateValidator(
            self._peer(self.holders[0]), validation_context=context, pkix_params=parameters
        )
        asyncio.run(validator.async_validate_path())

    @staticmethod
    def _peer(certificate_der: bytes) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(certificate_der)


def measure() -> Iterable[tuple[str, float, float, str]]:
    """Name, runs per second, ratio to the four raw verifications in the same run, note."""
    scene = Scene()

    def cold() -> None:
        forget()
        scene.judge(scene.holders[0])

    raw, again, new, cold_rate, peer = _interleaved(
        scene.raw,
        lambda: scene.judge(scene.holders[0]),
        lambda: scene.judge(scene.fresh_holder()),
        cold,
        scene.judge_by_peer,
    )
    yield "four raw RSA-2048 verifications (the limit when cold)", raw, 1.0, ""
    for what, rate in (("met again", again), ("new holder", new), ("cold", cold_rate)):
        yield f"path with lists and policy: {what}", rate, rate / raw, f"{rate / peer:.0f} x the peer"
    yield "pyhanko-certvalidator (peer)", peer, peer / raw, "same chain, lists and policy"


def forget() -> None:
    """Empty everything that the validator remembers."""
    for clear in _memories():
        clear()


@cache
def _memories() -> list[Callable[[], None]]:
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("hpki.validation")]
    values = {id(value): value for module in modules for value in vars(module).values()}
    return [
        value.cache_clear
        for value in values.values()
        if hasattr(value, "cache_clear") and not isinstance(value, type)
    ]


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
    # Processor time: nothing here waits for anything but the processor, which other work on the machine takes away.
    runs = 0
    begun = time.process_time()
    while (passed := time.process_time() - begun) < SECONDS:
        work()
        runs += 1
    return runs / passed
