"""From prepared bytes to a certificate: sign, compare, verify."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.errors import SignatureMismatch
from hpki.issuance.candidate import assemble
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import Prepared
from hpki.issuance.template import SIGNATURE_ALGORITHMS
from hpki.keys.algorithms import verify
from hpki.keys.signer import Signer


def sign(prepared: Prepared, signer: Signer) -> x509.Certificate:
    """The certificate over exactly the bytes that were linted.

    Raises SignatureMismatch when the signer is not the issuer's key, when the signature does not verify under the
    issuer's public key, or when the finished certificate does not contain the linted bytes; KeyUnavailable and
    KeyRefused as the signer does.
    """
    if signer.algorithm is not prepared.algorithm:
        raise SignatureMismatch(f"linted for {prepared.algorithm}, the key is {signer.algorithm}")
    return _signed(prepared.tbs_der, prepared.issuer_public_key, signer)


def sign_recorded(tbs_der: bytes, issuer: Issuer, signer: Signer) -> x509.Certificate:
    """The certificate over bytes that were prepared, recorded, and are signed later, perhaps by another process.

    `tbs_der` must come from the record of an intention: it is not linted again.  Raises as `sign` does.
    """
    return _signed(tbs_der, issuer.certificate.public_key(), signer)


def _signed(tbs_der: bytes, issuer_public_key: CertificatePublicKeyTypes, signer: Signer) -> x509.Certificate:
    signature = signer.sign(tbs_der)
    verify(issuer_public_key, signature, tbs_der)
    finished = assemble(tbs_der, SIGNATURE_ALGORITHMS[signer.algorithm], signature)
    certificate = x509.load_der_x509_certificate(finished)
    if certificate.tbs_certificate_bytes != tbs_der:
        raise SignatureMismatch("the certificate does not contain the linted bytes")
    return certificate
