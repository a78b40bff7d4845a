"""The algorithms that signatures name: hashes and signature algorithms by AlgorithmIdentifier, and the equation.

Which of them may still be trusted at a moment is data of the policy (`AlgorithmTable`), not of this file.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509 import ObjectIdentifier

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.validation.signature_check import SignatureParameters, octets_signature_holds


@dataclass(frozen=True)
class HashKind:
    """A hash: its name as `hashlib` spells it, its identifier, its length, and the object `cryptography` wants."""

    name: str
    oid: str
    length: int
    hash: hashes.HashAlgorithm = field(compare=False, repr=False)

    def digest(self, octets: bytes) -> bytes:
        """The hash of some octets."""
        return hashlib.new(self.name, octets, usedforsecurity=False).digest()


# FIPS 180-4, FIPS 202; SHA-1 is read because old signatures have it, the policy's table says until when it counted.
_KINDS: Final = (
    HashKind("sha1", "1.3.14.3.2.26", 20, hashes.SHA1()),  # noqa: S303 - read in old signatures, never made
    HashKind("sha224", "2.16.840.1.101.3.4.2.4", 28, hashes.SHA224()),
    HashKind("sha256", "2.16.840.1.101.3.4.2.1", 32, hashes.SHA256()),
    HashKind("sha384", "2.16.840.1.101.3.4.2.2", 48, hashes.SHA384()),
    HashKind("sha512", "2.16.840.1.101.3.4.2.3", 64, hashes.SHA512()),
    HashKind("sha3_256", "2.16.840.1.101.3.4.2.8", 32, hashes.SHA3_256()),
    HashKind("sha3_384", "2.16.840.1.101.3.4.2.9", 48, hashes.SHA3_384()),
    HashKind("sha3_512", "2.16.840.1.101.3.4.2.10", 64, hashes.SHA3_512()),
)
HASHES: Final[Mapping[str, HashKind]] = MappingProxyType({kind.name: kind for kind in _KINDS})
SHA_256: Final = HASHES["sha256"]
_BY_OID: Final = MappingProxyType({kind.oid: kind for kind in _KINDS})

# Object identifier → kind of key, hash it is fixed to ("" when digestAlgorithm says it).
# RFC 8017 A.2, RFC 4055, RFC 5758 3.2, RFC 5753 7.1, RFC 8419, RFC 9882.
_SIGNATURES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.1": ("RSA", ""),
        "1.2.840.113549.1.1.5": ("RSA", "sha1"),
        "1.2.840.113549.1.1.14": ("RSA", "sha224"),
        "1.2.840.113549.1.1.11": ("RSA", "sha256"),
        "1.2.840.113549.1.1.12": ("RSA", "sha384"),
        "1.2.840.113549.1.1.13": ("RSA", "sha512"),
        "1.2.840.10045.2.1": ("EC", ""),
        "1.2.840.10045.4.1": ("EC", "sha1"),
        "1.2.840.10045.4.3.1": ("EC", "sha224"),
        "1.2.840.10045.4.3.2": ("EC", "sha256"),
        "1.2.840.10045.4.3.3": ("EC", "sha384"),
        "1.2.840.10045.4.3.4": ("EC", "sha512"),
        "2.16.840.1.101.3.4.3.10": ("EC", "sha3_256"),
        "2.16.840.1.101.3.4.3.11": ("EC", "sha3_384"),
        "2.16.840.1.101.3.4.3.12": ("EC", "sha3_512"),
        "2.16.840.1.101.3.4.3.14": ("RSA", "sha3_256"),
        "2.16.840.1.101.3.4.3.15": ("RSA", "sha3_384"),
        "2.16.840.1.101.3.4.3.16": ("RSA", "sha3_512"),
    }
)
_PURE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.3.101.112": "EdDSA",
        "1.3.101.113": "EdDSA",
        "2.16.840.1.101.3.4.3.17": "ML-DSA",
        "2.16.840.1.101.3.4.3.18": "ML-DSA",
        "2.16.840.1.101.3.4.3.19": "ML-DSA",
    }
)
_PSS: Final = "1.2.840.113549.1.1.10"
_MGF1: Final = "1.2.840.113549.1.1.8"
_DEFAULT_SALT: Final = 20
# RFC 8017 9.1.1: no longer than the encoded message; keys of 16,384 bits are the longest in use anywhere.
_MOST_SALT: Final = 2048


@dataclass(frozen=True)
class SignatureAlgorithm:
    """How a signature value was made.  `digest` is None for algorithms that take the message itself.

    `is_bound` says that the identifier names its hash, so that it can contradict another one beside it; `curve` is the one
    that id-ecPublicKey names in its place (DER), which has to be the key's.
    """

    kind: str
    digest: HashKind | None
    parameters: SignatureParameters
    is_bound: bool
    curve: bytes = b""

    @property
    def words(self) -> str:
        """Kind and hash for people."""
        return self.kind if self.digest is None else f"{self.kind}, {self.digest.name}"


@lru_cache(maxsize=256)
def read_identifier(identifier_der: bytes) -> tuple[str, bytes]:
    """Dotted object identifier and parameters (DER, empty when absent) of an AlgorithmIdentifier.

    Raises MalformedInput.
    """
    cursor = DerCursor(identifier_der, "AlgorithmIdentifier")
    content = cursor.enter(der.SEQUENCE)
    cursor.finish()
    oid = content.octets(der.OBJECT_IDENTIFIER)
    head = len(identifier_der) - content.left()
    return dotted(oid), identifier_der[head:]


@lru_cache(maxsize=1024)
def dotted(oid: bytes) -> str:
    """An object identifier's content octets in dotted form.  Raises MalformedInput."""
    if not oid or oid[-1] & 0x80 or len(oid) > 64:
        raise MalformedInput("object identifier", "its octets do not end")
    arcs: list[int] = []
    value = 0
    for octet in oid:
        if value == 0 and octet == 0x80:
            raise MalformedInput("object identifier", "an arc is not in the fewest octets")
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


@lru_cache(maxsize=1024)
def oid_of(oid: bytes) -> ObjectIdentifier:
    """An object identifier from its content octets.  Raises MalformedInput."""
    try:
        return ObjectIdentifier(dotted(oid))
    except ValueError as refused:
        raise MalformedInput("object identifier", str(refused)) from refused


@lru_cache(maxsize=256)
def hash_of_identifier(identifier_der: bytes) -> HashKind | None:
    """The hash that an AlgorithmIdentifier names; None for one that is not known or has odd parameters."""
    try:
        oid, parameters = read_identifier(identifier_der)
    except MalformedInput:
        return None
    # RFC 5754 2: implementations "MUST accept" absent and NULL parameters.
    return _BY_OID.get(oid) if parameters in {b"", der.NULL} else None


@lru_cache(maxsize=256)
def signature_algorithm(identifier_der: bytes, beside: HashKind | None) -> SignatureAlgorithm | None:
    """What an AlgorithmIdentifier of a signature means; `beside` is the hash that stands in digestAlgorithm."""
    try:
        oid, parameters = read_identifier(identifier_der)
        if oid == _PSS:
            return _pss(parameters)
    except MalformedInput:
        return None
    if oid in _PURE:
        return SignatureAlgorithm(_PURE[oid], None, None, is_bound=False) if not parameters else None
    if oid not in _SIGNATURES:
        return None
    kind, name = _SIGNATURES[oid]
    digest = HASHES[name] if name else beside
    allowed = {b"", der.NULL} if kind == "RSA" else {b""}
    if digest is None or (parameters not in allowed and not (kind == "EC" and not name)):
        return None
    how: SignatureParameters = padding.PKCS1v15() if kind == "RSA" else ec.ECDSA(digest.hash)
    curve = b"" if parameters == der.NULL or kind == "RSA" else parameters
    return SignatureAlgorithm(kind, digest, how, bool(name), curve)


def _pss(parameters: bytes) -> SignatureAlgorithm | None:
    """RFC 4055 3.1: hash, mask generation with a hash, salt length; SHA-1 and 20 where they are left out."""
    fields = DerCursor(parameters, "RSASSA-PSS").enter(der.SEQUENCE)
    digest = mask = HASHES["sha1"]
    salt = _DEFAULT_SALT
    if (named := fields.optional_octets(0xA0)) is not None:
        if (stated := hash_of_identifier(named)) is None:
            return None
        digest = stated
    if (named := fields.optional_octets(0xA1)) is not None:
        oid, inner = read_identifier(named)
        found = hash_of_identifier(inner)
        if oid != _MGF1 or found is None:
            return None
        mask = found
    if (length := fields.optional(0xA2)) is not None:
        salt = int.from_bytes(length.octets(der.INTEGER), "big", signed=True)
        if not 0 <= salt <= _MOST_SALT:
            return None
    if (trailer := fields.optional_octets(0xA3)) is not None and trailer != b"\x02\x01\x01":
        return None
    fields.finish()
    how = padding.PSS(padding.MGF1(mask.hash), salt)
    return SignatureAlgorithm("RSA", digest, how, is_bound=True)


def equation_holds(
    key: CertificatePublicKeyTypes | None, algorithm: SignatureAlgorithm, signature: bytes, message: bytes
) -> bool:
    """Whether this key made this signature over these octets; False for a key of another kind."""
    if not _fits(key, algorithm):
        return False
    digest = None if algorithm.digest is None else algorithm.digest.hash
    return octets_signature_holds(key, signature, message, algorithm.parameters, digest)


def equation_holds_for_digest(
    key: CertificatePublicKeyTypes | None, algorithm: SignatureAlgorithm, signature: bytes, digest: bytes
) -> bool:
    """The same where only the message's hash is at hand, as for a large file; False for algorithms that need it all."""
    if algorithm.digest is None or not _fits(key, algorithm):
        return False
    known = utils.Prehashed(algorithm.digest.hash)
    how = ec.ECDSA(known) if algorithm.kind == "EC" else algorithm.parameters
    return octets_signature_holds(key, signature, digest, how, known)  # type: ignore[arg-type]  # Prehashed stands where a hash does


def _fits(key: CertificatePublicKeyTypes | None, algorithm: SignatureAlgorithm) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return algorithm.kind == "RSA"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return algorithm.kind == "EC" and (not algorithm.curve or _curve(algorithm.curve) == key.curve.name)
    return key is not None and algorithm.digest is None


def _curve(named: bytes) -> str:
    """The name of a curve by its identifier (RFC 5480 2.1.1.1); "" for one that is not known."""
    try:
        identifier = oid_of(DerCursor(named, "curve").octets(der.OBJECT_IDENTIFIER))
        return ec.get_curve_for_oid(identifier)().name
    except (MalformedInput, LookupError):
        return ""
