"""From prepared bytes to a certificate: sign, compare, verify."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.certs import der
from hpki.errors import SignatureMismatch
from hpki.issuance.candidate import assemble
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import Prepared
from hpki.issuance.template import SIGNATURE_ALGORITHMS
from hpki.keys.algorithms import KeyAlgorithm, verify_with
from hpki.keys.signer import Signer


def sign(prepared: Prepared, signer: Signer) -> x509.Certificate:
    """The certificate over exactly the bytes that were linted.

    Raises SignatureMismatch when the signer is not the issuer's key, when the signature does not verify under the
    issuer's public key, or when the finished certificate does not contain the linted bytes; KeyUnavailable and
    KeyRefused as the signer does.
    """
    if signer.algorithm is not prepared.algorithm:
        raise SignatureMismatch(f"linted for {prepared.algorithm}, the key is {signer.algorithm}")
    return _signed(prepared.tbs_der, prepared.algorithm, prepared.issuer_public_key, signer)[0]


def sign_recorded(tbs_der: bytes, issuer: Issuer, signer: Signer) -> bytes:
    """The certificate, as DER, over bytes that were prepared, recorded, and are signed later or elsewhere.

    `tbs_der` must come from the record of an intention: it is not linted again.  Raises as `sign` does.
    """
    return _signed(tbs_der, issuer.algorithm, issuer.public_key, signer)[1]


def _signed(
    tbs_der: bytes, algorithm: KeyAlgorithm, issuer_public_key: CertificatePublicKeyTypes, signer: Signer
) -> tuple[x509.Certificate, bytes]:
    """The certificate and its DER: writing it out again would cost a twentieth of the signature."""
    algorithm_der = SIGNATURE_ALGORITHMS[algorithm]
    signature = signer.sign(tbs_der)
    finished = assemble(tbs_der, algorithm_der, signature)
    certificate = x509.load_der_x509_certificate(finished)
    # What stands in the finished certificate before its last two fields is compared, and is what gets verified.
    tail = len(algorithm_der) + len(der.tlv(der.BIT_STRING, b"\0", certificate.signature))
    contained = finished[-tail - len(tbs_der) : -tail]
    if contained != tbs_der:
        raise SignatureMismatch("the certificate does not contain the linted bytes")
    verify_with(algorithm, issuer_public_key, certificate.signature, contained)
    return certificate, finished
