"""Software keys: in memory to sign, on disk only encrypted."""

from functools import partial
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes, PrivateKeyTypes

from hpki.errors import KeyUnavailable, MalformedInput, WrongPassphrase
from hpki.keys.algorithms import (
    PKCS1_V15,
    RSA_EXPONENT,
    KeyAlgorithm,
    algorithm_of,
    curve_of,
    rsa_bits,
    signature_hash,
)
from hpki.keys.key_file import encrypted_key_pem, write_durably
from hpki.keys.secret import Secret

SoftwareKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | mldsa.MLDSA65PrivateKey


class SoftwareSigner:
    """A `Signer` whose key is in this process's memory.

    Hash and padding are bound once, so a signature costs what the raw key costs.
    """

    __slots__ = ("_key", "_public_key", "_sign", "algorithm", "label")

    def __init__(self, key: SoftwareKey, *, label: str = "") -> None:
        self._key = key
        self._public_key = key.public_key()
        self.algorithm = algorithm_of(self._public_key)
        self.label = label
        digest = signature_hash(self.algorithm)
        if isinstance(key, rsa.RSAPrivateKey) and digest is not None:
            self._sign = partial(key.sign, padding=PKCS1_V15, algorithm=digest)
        elif isinstance(key, ec.EllipticCurvePrivateKey) and digest is not None:
            self._sign = partial(key.sign, signature_algorithm=ec.ECDSA(digest))
        else:
            self._sign = partial(key.sign)

    def __repr__(self) -> str:
        return f"SoftwareSigner({self.label!r}, {self.algorithm})"

    def __reduce__(self) -> str | tuple[object, ...]:
        msg = "a private key is not pickled"
        raise TypeError(msg)

    def public_key(self) -> CertificateIssuerPublicKeyTypes:
        """The public half."""
        return self._public_key

    def builder_key(self) -> SoftwareKey:
        """The private key itself, for cryptography's X.509 builders."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """The signatureValue over `message` (see `Signer.sign`)."""
        return self._sign(message)


def generate_software_key(algorithm: KeyAlgorithm, *, label: str = "") -> SoftwareSigner:
    """A fresh key from the operating system's random source."""
    curve, bits = curve_of(algorithm), rsa_bits(algorithm)
    if curve is not None:
        return SoftwareSigner(ec.generate_private_key(curve), label=label)
    if bits is not None:
        return SoftwareSigner(rsa.generate_private_key(RSA_EXPONENT, bits), label=label)
    return SoftwareSigner(mldsa.MLDSA65PrivateKey.generate(), label=label)


def save_software_key(signer: SoftwareSigner, path: Path, passphrase: Secret) -> None:
    """Write the key encrypted (RFC 5958, scrypt, AES-256-CBC), mode 0600, all of it or nothing, and durably.

    Raises FileExistsError when `path` exists; a key is never overwritten.
    """
    pkcs8_der = signer.builder_key().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_durably(path, encrypted_key_pem(pkcs8_der, passphrase))


def load_software_key(path: Path, passphrase: Secret, *, label: str | None = None) -> SoftwareSigner:
    """Open a key file; the label is the file's name unless given.

    Raises KeyUnavailable (no such file, or unreadable), WrongPassphrase, MalformedInput (not an encrypted key
    file, or a key of a kind not in use here).
    """
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise KeyUnavailable(f"key file {path.name}: {error.strerror}") from error
    # An unencrypted key is refused here already: its passphrase is everyone's.
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
        raise MalformedInput(f"key file {path.name}", "it holds no encrypted PKCS#8 key")
    key = _decrypted(pem, passphrase, path.name)
    if not isinstance(key, SoftwareKey):
        raise MalformedInput(f"key file {path.name}", f"{type(key).__name__} is not in use here")
    return SoftwareSigner(key, label=path.stem if label is None else label)


def _decrypted(pem: bytes, passphrase: Secret, name: str) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(pem, passphrase.reveal().encode())
    except ValueError as error:
        if "PEM" in str(error):
            raise MalformedInput(f"key file {name}", "it is damaged") from None
        # CBC has no integrity check: one wrong passphrase in 256 decrypts to nonsense instead of failing.
        raise WrongPassphrase(f"key file {name} does not open with this passphrase (or is damaged)") from None
    except UnsupportedAlgorithm:
        raise MalformedInput(f"key file {name}", "its encryption or key kind is not known") from None
