"""Prepare, record, sign, compare."""

import datetime as dt
from dataclasses import dataclass, replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
    CertificateIssuerPublicKeyTypes,
)

from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance import prepare as prepare_module
from hpki.issuance import profiles
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import Prepared, prepare
from hpki.issuance.sign import sign, sign_recorded
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner
from tests import pki

HOLDER = pki.key(KeyAlgorithm.P_256, "holder").public_key()
HIERARCHY = pki.hierarchy()
SIGNING = HIERARCHY.authorities["SIGNING_CA"]


def prepared_for_hanako(authority: pki.Authority = SIGNING) -> Prepared:
    request = pki.request_for(profiles.SIGNING, HOLDER, authority.issuer)
    return prepare(
        request, authority.issuer, at=pki.CEREMONY_DAY, signer_algorithm=authority.signer.algorithm
    )


@dataclass(frozen=True)
class FaultySigner:
    """A token that signs something else than it was given."""

    inner: SoftwareSigner
    label: str = "faulty"

    @property
    def algorithm(self) -> KeyAlgorithm:
        return self.inner.algorithm

    def public_key(self) -> CertificateIssuerPublicKeyTypes:
        return self.inner.public_key()

    def builder_key(self) -> CertificateIssuerPrivateKeyTypes:
        return self.inner.builder_key()

    def sign(self, message: bytes) -> bytes:
        return self.inner.sign(message + b"\x00")


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_what_was_linted_is_signed_byte_for_byte(algorithm: KeyAlgorithm) -> None:
    authority = pki.hierarchy(algorithm).authorities["SIGNING_CA"]
    prepared = prepared_for_hanako(authority)
    certificate = sign(prepared, authority.signer)

    assert certificate.tbs_certificate_bytes == prepared.tbs_der
    assert certificate.serial_number == prepared.serial_number
    certificate.verify_directly_issued_by(authority.issuer.certificate)


def test_a_recorded_intention_is_signed_later_with_the_same_checks() -> None:
    prepared = prepared_for_hanako()
    certificate = x509.load_der_x509_certificate(
        sign_recorded(prepared.tbs_der, SIGNING.issuer, SIGNING.signer)
    )

    assert certificate.tbs_certificate_bytes == prepared.tbs_der
    assert len(prepared.tbs_sha256) == 32


def test_another_key_than_the_issuers_makes_no_certificate() -> None:
    with pytest.raises(SignatureMismatch, match="does not verify"):
        sign(prepared_for_hanako(), pki.key(KeyAlgorithm.P_256, "mallory"))


def test_a_key_of_another_kind_makes_no_certificate() -> None:
    with pytest.raises(SignatureMismatch, match="linted for"):
        sign(prepared_for_hanako(), pki.key(KeyAlgorithm.P_384, "mallory"))


def test_a_token_that_signs_other_bytes_makes_no_certificate() -> None:
    with pytest.raises(SignatureMismatch, match="does not verify"):
        sign(prepared_for_hanako(), FaultySigner(SIGNING.signer))


def test_a_shape_is_linted_once_and_its_slots_every_time() -> None:
    issuer = Issuer(SIGNING.issuer.certificate, "http://crl.test.example/once.crl", SIGNING.issuer.cps_url)
    request = pki.request_for(profiles.SIGNING, HOLDER, issuer)
    template = prepare_module._template(issuer, request.profile, request.environment, KeyAlgorithm.P_256)

    assert template.linted_shapes == set()
    for wanted in (request, replace(request, serial_number=request.serial_number ^ 1)):
        prepare(wanted, issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)
        assert len(template.linted_shapes) == 1
    with pytest.raises(ProfileViolation):
        prepare(
            replace(request, serial_number=1),
            issuer,
            at=pki.CEREMONY_DAY,
            signer_algorithm=KeyAlgorithm.P_256,
        )
    prepare(
        replace(request, subject_ja=None), issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256
    )
    assert len(template.linted_shapes) == 2


def test_a_refused_shape_is_not_remembered_as_linted() -> None:
    issuer = Issuer(SIGNING.issuer.certificate, "ftp://crl.test.example/", SIGNING.issuer.cps_url)
    request = pki.request_for(profiles.SIGNING, HOLDER, issuer)
    for _ in range(2):
        with pytest.raises(ProfileViolation, match="distribution_url"):
            prepare(request, issuer, at=pki.CEREMONY_DAY, signer_algorithm=KeyAlgorithm.P_256)


def test_issuers_are_equal_when_all_their_facts_are() -> None:
    same = Issuer(SIGNING.issuer.certificate, SIGNING.issuer.crl_url, SIGNING.issuer.cps_url)

    assert same == SIGNING.issuer
    assert hash(same) == hash(SIGNING.issuer)
    assert same != Issuer(SIGNING.issuer.certificate, SIGNING.issuer.crl_url, "http://other.example/")
    assert not same.is_root
    assert HIERARCHY.root.issuer.is_root


def test_an_end_entity_is_no_issuer() -> None:
    certificate = HIERARCHY.issue(profiles.SIGNING, HOLDER)
    with pytest.raises(MalformedInput, match="issuer certificate"):
        Issuer(certificate, "http://crl.test.example/", "http://www.test.example/")


def test_a_certificate_in_the_name_of_a_holder_says_what_was_asked() -> None:
    certificate = HIERARCHY.issue(profiles.SIGNING, HOLDER)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)

    assert usage.critical
    assert usage.value.content_commitment
    assert not usage.value.digital_signature
    assert certificate.not_valid_after_utc == dt.datetime(2031, 11, 3, 14, 59, 59, tzinfo=dt.UTC)
