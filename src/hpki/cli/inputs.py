"""Certificates, lists, OCSP answers, keys and trust lists from files: DER or PEM, bounded."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from hpki.certs.printing import printable
from hpki.cli.page import read_bounded
from hpki.errors import MalformedInput
from hpki.validation.evidence import Evidence
from hpki.validation.facts import MAX_CERTIFICATE_OCTETS, CertificateFacts, read_certificate
from hpki.validation.ocsp_answer import MAX_ANSWER_OCTETS
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation_list import MAX_CRL_OCTETS
from hpki.validation.trust_list import MAX_TRUST_LIST_OCTETS, prove_trust_list

MOST_IN_ONE_FILE: Final = 64
# A PEM file of certificates may hold a whole hierarchy; base64 adds a third.
_MOST_CERTIFICATE_FILE: Final = 4 * 1024 * 1024
_MOST_CRL_FILE: Final = 2 * MAX_CRL_OCTETS
_PEM: Final = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s+([A-Za-z0-9+/=\s]*?)-----END \1-----", re.ASCII
)
_CERTIFICATE: Final = b"CERTIFICATE"
_CRL: Final = b"X509 CRL"


def evidence_from(untrusted: Iterable[Path], crls: Iterable[Path], answers: Iterable[Path]) -> Evidence:
    """Evidence from files.  Raises MalformedInput with the name of the file that cannot be read, and OSError."""
    return Evidence.of(
        (der for path in untrusted for der in certificate_ders(path)),
        (der for path in crls for der in _ders(path, _CRL, _MOST_CRL_FILE)),
        (read_bounded(path, MAX_ANSWER_OCTETS) for path in answers),
    )


def certificate_ders(path: Path) -> list[bytes]:
    """The octets of the certificates of a file, or of whatever is in it when it is no PEM.

    Raises MalformedInput and OSError.
    """
    return _ders(path, _CERTIFICATE, _MOST_CERTIFICATE_FILE)


def anchors_from(
    paths: Iterable[Path], publisher_key: PublicKeyTypes | None, at: dt.datetime
) -> list[TrustAnchor]:
    """Anchors from certificates and from signed trust lists in force now.

    Raises MalformedInput, TrustListRefused, OSError.
    """
    anchors: list[TrustAnchor] = []
    for path in paths:
        octets = read_bounded(path, _MOST_CERTIFICATE_FILE)
        if not octets.lstrip().startswith(b"{"):
            anchors.extend(TrustAnchor(_named(path, der)) for der in certificate_ders(path))
        elif publisher_key is None:
            raise MalformedInput(str(path), "a trust list needs the publisher's key: --trust-key")
        else:
            anchors.extend(prove_trust_list(octets[: MAX_TRUST_LIST_OCTETS + 1], publisher_key, at).anchors)
    return anchors


def publisher_key(path: Path) -> PublicKeyTypes:
    """A public key in PEM.  Raises MalformedInput and OSError."""
    try:
        return load_pem_public_key(read_bounded(path, MAX_CERTIFICATE_OCTETS))
    except (ValueError, TypeError, UnsupportedAlgorithm) as refused:
        raise MalformedInput(str(path), f"no public key in PEM ({printable(str(refused))})") from refused


def _named(path: Path, der: bytes) -> CertificateFacts:
    try:
        return read_certificate(der)
    except MalformedInput as refused:
        raise MalformedInput(str(path), refused.why) from refused


def _ders(path: Path, kind: bytes, most_octets: int) -> list[bytes]:
    octets = read_bounded(path, most_octets)
    if b"-----BEGIN" not in octets[:65536]:
        return [octets]
    found = [_decoded(body) for label, body in _PEM.findall(octets) if label == kind]
    if not found or len(found) > MOST_IN_ONE_FILE:
        raise MalformedInput(
            str(path), f"{len(found)} times {kind.decode()} in PEM, 1 to {MOST_IN_ONE_FILE} are read"
        )
    return found


def _decoded(body: bytes) -> bytes:

    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as refused:
        raise MalformedInput("PEM", str(refused)) from refused
