"""One cryptographic equation: was this signed by that key?  Equations that held are remembered."""

import threading
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.validation.facts import CertificateFacts

_WITHOUT_PARAMETERS: Final = (
    ed25519.Ed25519PublicKey,
    ed448.Ed448PublicKey,
    mldsa.MLDSA44PublicKey,
    mldsa.MLDSA65PublicKey,
    mldsa.MLDSA87PublicKey,
)
_RSA_PADDINGS: Final = (padding.PSS, padding.PKCS1v15)
SignatureParameters = padding.PSS | padding.PKCS1v15 | ec.ECDSA | None


class _Memory:
    """Answers by the digests of issuer and certificate; the oldest go first.  It keeps no certificate alive."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: dict[bytes, bool] = {}
        self._lock = threading.Lock()

    def get(self, key: bytes) -> bool | None:
        return self._answers.get(key)

    def put(self, key: bytes, *, answer: bool) -> None:
        with self._lock:
            if len(self._answers) >= self._size:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = answer

    def cache_clear(self) -> None:
        with self._lock:
            self._answers.clear()


_MEMORY: Final = _Memory(16_384)


def signature_holds(issuer: CertificateFacts, certificate: CertificateFacts) -> bool:
    """Whether the issuer's key signed this certificate.  Pure: the same octets give the same answer."""
    key = issuer.sha256 + certificate.sha256
    answer = _MEMORY.get(key)
    if answer is None:
        answer = certificate.algorithms_agree and crl_signature_holds(issuer, certificate.certificate)
        _MEMORY.put(key, answer=answer)
    return answer


def crl_signature_holds(
    issuer: CertificateFacts, signed: x509.Certificate | x509.CertificateRevocationList
) -> bool:
    """Whether the issuer's key signed a certificate or revocation list; nothing is remembered."""
    tbs = signed.tbs_certificate_bytes if isinstance(signed, x509.Certificate) else signed.tbs_certlist_bytes
    try:
        parameters, digest = signed.signature_algorithm_parameters, signed.signature_hash_algorithm
    except (UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return octets_signature_holds(issuer.public_key, signed.signature, tbs, parameters, digest)


def octets_signature_holds(
    key: CertificatePublicKeyTypes | None,
    signature: bytes,
    message: bytes,
    parameters: SignatureParameters,
    digest: hashes.HashAlgorithm | None,
) -> bool:
    """The equation for any signed octets (certificate, list, OCSP answer); False for a key that does not fit it."""
    try:
        match key:
            case rsa.RSAPublicKey() if digest is not None and isinstance(parameters, _RSA_PADDINGS):
                key.verify(signature, message, parameters, digest)
            case ec.EllipticCurvePublicKey() if isinstance(parameters, ec.ECDSA):
                key.verify(signature, message, parameters)
            case dsa.DSAPublicKey() if digest is not None and parameters is None:
                key.verify(signature, message, digest)
            case _ if isinstance(key, _WITHOUT_PARAMETERS) and digest is None and parameters is None:
                key.verify(signature, message)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
