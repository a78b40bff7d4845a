"""Private-key objects without a private key: cryptography's builders sign with them, a token does the work.

`sign` hashes here and hands the digest out; everything that would need the secret number refuses.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric import utils as asym_utils
from cryptography.utils import Buffer

from hpki.errors import KeyRefused
from hpki.keys.algorithms import algorithm_of, signature_hash

# RFC 8017 9.2 note 1: DER of DigestInfo up to the digest.
_DIGEST_INFO: Final = MappingProxyType(
    {
        "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
        "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
        "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
    }
)


def digest_info(digest: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    """DER of DigestInfo (RFC 8017 9.2), what CKM_RSA_PKCS pads and signs.  Raises KeyRefused for other hashes."""
    prefix = _DIGEST_INFO.get(algorithm.name)
    if prefix is None:
        raise KeyRefused(f"{algorithm.name} is not signed here; SHA-256, SHA-384 and SHA-512 are")
    return prefix + digest


def _digest(data: Buffer, algorithm: hashes.HashAlgorithm | asym_utils.Prehashed) -> bytes:
    if isinstance(algorithm, asym_utils.Prehashed):
        return bytes(data)
    context = hashes.Hash(algorithm)
    context.update(data)
    return context.finalize()


def _stays_inside(_self: object, *_arguments: object, **_named: object) -> NoReturn:
    raise KeyRefused("the private key stays in its token: it signs and does nothing else")


class TokenRsaKey(rsa.RSAPrivateKey):
    """An RSA key that can sign with PKCS#1 v1.5 (RFC 8017 8.2) and nothing else.

    `sign_digest` takes a digest and its hash and answers the signature.
    """

    def __init__(
        self, public_key: rsa.RSAPublicKey, sign_digest: Callable[[bytes, hashes.HashAlgorithm], bytes]
    ) -> None:
        self._public_key = public_key
        self._sign_digest = sign_digest

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """The public half."""
        return self._public_key

    def sign(
        self,
        data: bytes,
        padding: padding.AsymmetricPadding,
        algorithm: asym_utils.Prehashed | hashes.HashAlgorithm | asym_utils.NoDigestInfo,
    ) -> bytes:
        """As RSAPrivateKey.sign; raises KeyRefused for another padding than PKCS#1 v1.5."""
        if padding.name != "EMSA-PKCS1-v1_5" or isinstance(algorithm, asym_utils.NoDigestInfo):
            raise KeyRefused("this token key signs with RSASSA-PKCS1-v1_5 and a hash only")
        named = algorithm._algorithm if isinstance(algorithm, asym_utils.Prehashed) else algorithm  # noqa: SLF001 - the class has no public way to its hash
        return self._sign_digest(_digest(data, algorithm), named)

    def sign_message(self, message: bytes) -> bytes:
        """SHA-256 and PKCS#1 v1.5, as our certificates carry it."""
        algorithm = hashes.SHA256()
        return self._sign_digest(_digest(message, algorithm), algorithm)

    decrypt = private_numbers = private_bytes = _stays_inside

    def __copy__(self) -> "TokenRsaKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenRsaKey":
        return self


class TokenEcKey(ec.EllipticCurvePrivateKey):
    """A P-256 or P-384 key that can sign with ECDSA and nothing else.

    `sign_digest` takes a digest and answers r‖s, each as long as the curve's order, as CKM_ECDSA does.
    """

    def __init__(self, public_key: ec.EllipticCurvePublicKey, sign_digest: Callable[[bytes], bytes]) -> None:
        self._public_key = public_key
        self._sign_digest = sign_digest
        self._octets = (public_key.curve.key_size + 7) // 8
        self._hash = signature_hash(algorithm_of(public_key)) or hashes.SHA256()

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve's order."""
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def sign(self, data: Buffer, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """As EllipticCurvePrivateKey.sign: DER of ECDSA-Sig-Value (RFC 3279 2.2.3)."""
        return self._signature(_digest(data, signature_algorithm.algorithm))

    def sign_message(self, message: bytes) -> bytes:
        """The hash that goes with the curve, then ECDSA, as our certificates carry it."""
        return self._signature(_digest(message, self._hash))

    def _signature(self, digest: bytes) -> bytes:
        # FIPS 186-5 6.4.1: the leftmost bits of a digest that is longer than the order.
        raw = self._sign_digest(digest[: self._octets])
        if len(raw) != 2 * self._octets:
            raise KeyRefused(f"the token's ECDSA answer has {len(raw)} octets instead of {2 * self._octets}")
        r, s = (int.from_bytes(half, "big") for half in (raw[: self._octets], raw[self._octets :]))
        return asym_utils.encode_dss_signature(r, s)

    exchange = private_numbers = private_bytes = _stays_inside

    def __copy__(self) -> "TokenEcKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenEcKey":
        return self
