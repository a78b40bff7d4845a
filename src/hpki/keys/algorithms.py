"""The key algorithms that a hierarchy may choose, and what each one signs with.

RSA-2048 with SHA-256 is what the service in use signs with; the others are what it can move to.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from hpki.errors import MalformedInput, SignatureMismatch


class KeyAlgorithm(StrEnum):
    """A key's kind and size; the value is what configuration and ceremony files say."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P_256 = "p-256"
    P_384 = "p-384"
    ML_DSA_65 = "ml-dsa-65"


# FIPS 186-5 5.1 and B.: public exponent of every RSA key we make or accept; seen in every CA in use.
RSA_EXPONENT: Final = 65537

_RSA_BY_SIZE: Final = MappingProxyType(
    {2048: KeyAlgorithm.RSA_2048, 3072: KeyAlgorithm.RSA_3072, 4096: KeyAlgorithm.RSA_4096}
)
_EC_BY_CURVE: Final = MappingProxyType({"secp256r1": KeyAlgorithm.P_256, "secp384r1": KeyAlgorithm.P_384})

# One object each: the hash and padding classes hold no state, so no call makes them anew.
PKCS1_V15: Final = padding.PKCS1v15()
_SHA_256: Final = hashes.SHA256()
_SHA_384: Final = hashes.SHA384()


def rsa_bits(algorithm: KeyAlgorithm) -> int | None:
    """Modulus length in bits of an RSA algorithm; None for the others."""
    return next((bits for bits, known in _RSA_BY_SIZE.items() if known is algorithm), None)


def curve_of(algorithm: KeyAlgorithm) -> ec.EllipticCurve | None:
    """The curve of an elliptic-curve algorithm; None for the others."""
    if algorithm is KeyAlgorithm.P_256:
        return ec.SECP256R1()
    return ec.SECP384R1() if algorithm is KeyAlgorithm.P_384 else None


def algorithm_of(public_key: PublicKeyTypes) -> KeyAlgorithm:
    """The algorithm of a public key.

    Raises MalformedInput for a kind, size, curve or exponent outside `KeyAlgorithm`.
    """
    if isinstance(public_key, rsa.RSAPublicKey):
        known = _RSA_BY_SIZE.get(public_key.key_size)
        if known is None:
            raise MalformedInput("public key", f"RSA with {public_key.key_size} bits is not in use here")
        exponent = public_key.public_numbers().e
        if exponent != RSA_EXPONENT:
            raise MalformedInput("public key", f"RSA with exponent {exponent}; 65537 is the one in use")
        return known
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        known = _EC_BY_CURVE.get(public_key.curve.name)
        if known is None:
            raise MalformedInput("public key", f"curve {public_key.curve.name} is not in use here")
        return known
    if isinstance(public_key, mldsa.MLDSA65PublicKey):
        return KeyAlgorithm.ML_DSA_65
    raise MalformedInput("public key", f"{type(public_key).__name__} is not in use here")


def signature_hash(algorithm: KeyAlgorithm) -> hashes.SHA256 | hashes.SHA384 | None:
    """The hash that goes with a key: SHA-256 for RSA and P-256, SHA-384 for P-384, none for ML-DSA.

    Source: RFC 5758 3.2 (the hash follows the curve), RFC 9881 (ML-DSA signs the message itself).
    """
    if algorithm is KeyAlgorithm.ML_DSA_65:
        return None
    return _SHA_384 if algorithm is KeyAlgorithm.P_384 else _SHA_256


def verify(public_key: PublicKeyTypes, signature: bytes, message: bytes) -> None:
    """Check one signature over `message`, made as a certificate's signatureValue is.

    RSASSA-PKCS1-v1_5 (RFC 8017 8.2), ECDSA (RFC 5758), ML-DSA (RFC 9881).  Raises SignatureMismatch when the
    equation does not hold, MalformedInput when the key is of a kind not in use here.
    """
    verify_with(algorithm_of(public_key), public_key, signature, message)


def verify_with(
    algorithm: KeyAlgorithm, public_key: PublicKeyTypes, signature: bytes, message: bytes
) -> None:
    """`verify` for a key whose algorithm is known; raises as it does."""
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, message, PKCS1_V15, _SHA_256)
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            digest = _SHA_384 if algorithm is KeyAlgorithm.P_384 else _SHA_256
            public_key.verify(signature, message, ec.ECDSA(digest))
        elif isinstance(public_key, mldsa.MLDSA65PublicKey):
            public_key.verify(signature, message)
        else:
            raise MalformedInput("public key", f"{type(public_key).__name__} is not in use here")
    except InvalidSignature:
        raise SignatureMismatch(f"the {algorithm} signature does not verify") from None
