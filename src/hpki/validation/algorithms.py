"""Which keys and hashes may carry a signature, until when."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.certs.printing import moment_words
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Finding


@dataclass(frozen=True, slots=True)
class Strength:
    """One row: keys of `kind` with at least `bits`, or the hash `kind`, are good until `until` (None: no end is set)."""

    kind: str
    bits: int
    until: dt.datetime | None
    source: str


@dataclass(frozen=True)
class AlgorithmTable:
    """Rows of keys and of hashes.  What is in no row was never good."""

    keys: tuple[Strength, ...]
    hashes: tuple[Strength, ...]

    def findings(self, certificate: CertificateFacts, at: dt.datetime) -> Iterator[Finding]:
        """What is too weak at a moment: the certificate's own key, and the hash it is signed with."""
        kind, bits = key_strength(certificate.public_key)
        if not _is_good(self.keys, kind, bits, at):
            yield Finding("weak_key", f"{kind} {bits}", certificate.words)
        name = certificate.signature_hash
        if name is not None and not _is_good(self.hashes, name, 0, at):
            yield Finding("weak_signature", name, certificate.words)


def key_strength(public_key: CertificatePublicKeyTypes | None) -> tuple[str, int]:
    """Kind and size in bits of a public key; ("unknown", 0) for a kind nobody here can use."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return "RSA", public_key.key_size
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return "EC", public_key.curve.key_size
    if isinstance(public_key, dsa.DSAPublicKey):
        return "DSA", public_key.key_size
    if isinstance(public_key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return "EdDSA", 256
    if isinstance(public_key, mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey):
        return "ML-DSA", 256
    return "unknown", 0


def _is_good(rows: tuple[Strength, ...], kind: str, bits: int, at: dt.datetime) -> bool:
    return any(
        row.kind == kind and bits >= row.bits and (row.until is None or at <= row.until) for row in rows
    )


def _until(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 23, 59, 59, tzinfo=dt.UTC)


_SP800_131A: Final = "NIST SP 800-131A Rev. 2"
_NO_END: Final = None
# RSA-2048 with SHA-256 is what the healthcare PKI signs with, up to certificates that end in 2044; no end is set here.
STRENGTHS: Final[AlgorithmTable] = AlgorithmTable(
    keys=(
        Strength("RSA", 2048, _NO_END, "NIST SP 800-57 Part 1 Rev. 5, 5.6.1: 112 bits"),
        Strength("RSA", 1024, _until(2013, 12, 31), _SP800_131A),
        Strength("EC", 256, _NO_END, "NIST SP 800-57 Part 1 Rev. 5, 5.6.1: 128 bits"),
        Strength("EC", 224, _NO_END, "NIST SP 800-57 Part 1 Rev. 5, 5.6.1: 112 bits"),
        Strength("EdDSA", 256, _NO_END, "FIPS 186-5"),
        Strength("ML-DSA", 256, _NO_END, "FIPS 204, RFC 9881"),
        Strength("DSA", 2048, _until(2024, 2, 3), "FIPS 186-5: DSA is no longer approved for signing"),
        Strength("DSA", 1024, _until(2013, 12, 31), _SP800_131A),
    ),
    hashes=(
        Strength("sha1", 0, _until(2013, 12, 31), _SP800_131A),
        *(
            Strength(name, 0, _NO_END, "FIPS 180-4, FIPS 202")
            for name in ("sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")
        ),
    ),
)


def strengths_words(table: AlgorithmTable = STRENGTHS) -> list[str]:
    """The table in words, a row a line."""
    return [
        f"{row.kind}{f' {row.bits}' if row.bits else ''}: "
        f"{'no end' if row.until is None else moment_words(row.until)} ({row.source})"
        for row in (*table.keys, *table.hashes)
    ]
