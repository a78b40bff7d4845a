"""From prepared bytes to a certificate: sign, compare, verify."""

from cryptography import x509

from hpki.errors import SignatureMismatch
from hpki.issuance.candidate import assemble
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
    signature = signer.sign(prepared.tbs_der)
    verify(prepared.issuer_public_key, signature, prepared.tbs_der)
    finished = assemble(prepared.tbs_der, SIGNATURE_ALGORITHMS[prepared.algorithm], signature)
    certificate = x509.load_der_x509_certificate(finished)
    if certificate.tbs_certificate_bytes != prepared.tbs_der:
        raise SignatureMismatch("the certificate does not contain the linted bytes")
    return certificate
