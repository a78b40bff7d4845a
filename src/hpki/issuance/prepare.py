"""From a request to bytes that may be signed: build, lint, and nothing in between."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificatePublicKeyTypes,
)

from hpki.errors import SignatureMismatch
from hpki.issuance import content, lint
from hpki.issuance.candidate import Candidate
from hpki.issuance.issuer import Issuer
from hpki.issuance.profiles import Environment, Profile
from hpki.issuance.request import CertificateRequest
from hpki.issuance.template import IssuanceTemplate
from hpki.keys.algorithms import KeyAlgorithm, signature_hash
from hpki.keys.software import generate_software_key


@dataclass(frozen=True)
class Prepared:
    """A certificate that passed its lints and is not signed: exists only after `prepare` succeeded."""

    tbs_der: bytes
    request: CertificateRequest
    serial_number: int
    algorithm: KeyAlgorithm
    issuer_public_key: CertificatePublicKeyTypes

    @cached_property
    def tbs_sha256(self) -> bytes:
        """SHA-256 of the bytes to be signed, for the record of the intention."""
        return hashlib.sha256(self.tbs_der).digest()


def prepare(
    request: CertificateRequest, issuer: Issuer, *, at: dt.datetime, signer_algorithm: KeyAlgorithm
) -> Prepared:
    """The bytes of a certificate that keeps its profile.

    Raises ProfileViolation with every finding, MalformedInput when the request cannot be encoded at all.
    """
    return _prepare(request, _template(issuer, request.profile, request.environment, signer_algorithm), at)


def prepare_root(
    request: CertificateRequest, *, crl_url: str, at: dt.datetime, signer_algorithm: KeyAlgorithm
) -> Prepared:
    """The same for a root, which is its own issuer; `crl_url` is where its list of roots (RARL) lies."""
    facts = content.root_facts(request, crl_url)
    return _prepare(
        request, IssuanceTemplate(request.profile, request.environment, facts, signer_algorithm), at
    )


def _prepare(request: CertificateRequest, template: IssuanceTemplate, at: dt.datetime) -> Prepared:
    facts, algorithm = template.facts, template.algorithm
    candidate = Candidate(template.tbs(request), request, facts, algorithm, at)
    lint.require_clean(candidate, lint.SLOT_LINTS)
    shape = candidate.shape()
    if shape not in template.linted_shapes:
        lint.require_clean(candidate, lint.SHAPE_LINTS)
        _compare_with_builder(candidate)
        template.linted_shapes.add(shape)
    return Prepared(candidate.tbs_der, request, request.serial_number, algorithm, facts.public_key)


@lru_cache(maxsize=256)
def _template(
    issuer: Issuer, profile: Profile, environment: Environment, algorithm: KeyAlgorithm
) -> IssuanceTemplate:
    return IssuanceTemplate(profile, environment, content.facts_of(issuer, profile), algorithm)


def _compare_with_builder(candidate: Candidate) -> None:
    """The first certificate of every shape is also built by `cryptography`, and must come out the same."""
    builder = content.builder(candidate.request, candidate.facts)
    built = sign_with_throwaway_key(builder, candidate.algorithm)
    if built.tbs_certificate_bytes != candidate.tbs_der:
        raise SignatureMismatch("the template's bytes differ from CertificateBuilder's")


def sign_with_throwaway_key(builder: x509.CertificateBuilder, algorithm: KeyAlgorithm) -> x509.Certificate:
    """The builder's certificate under a key that nobody keeps, for its TBS bytes."""
    return builder.sign(_throwaway_key(algorithm), signature_hash(algorithm))


@lru_cache(maxsize=8)
def _throwaway_key(algorithm: KeyAlgorithm) -> CertificateIssuerPrivateKeyTypes:
    # A TBSCertificate names the signature's algorithm and not the size of its key: RSA-2048 stands for all RSA.
    is_rsa = algorithm in {KeyAlgorithm.RSA_3072, KeyAlgorithm.RSA_4096}
    return generate_software_key(KeyAlgorithm.RSA_2048 if is_rsa else algorithm).builder_key()
