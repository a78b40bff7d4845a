"""Who answers for an issuer: a delegated responder's facts, encoded once (RFC 6960 4.2.2.2)."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki import oids
from hpki.certs import der, tbs
from hpki.errors import MalformedInput
from hpki.issuance.issuer import Issuer
from hpki.issuance.ocsp_request import CertId, CertIdHash
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of

# AlgorithmIdentifier of a CertID's hash, with the NULL parameters that every client in use writes.
_ALGORITHMS: Final = {
    CertIdHash.SHA1: bytes.fromhex("300906052b0e03021a0500"),
    CertIdHash.SHA256: bytes.fromhex("300d06096086480165030402010500"),
}


class IssuerIdentity:
    """An issuer as CertIDs name it: hashes of its name and of its key (RFC 6960 4.1.1)."""

    def __init__(self, certificate: x509.Certificate) -> None:
        name = certificate.subject.public_bytes()
        key = key_octets(certificate)
        self._hashes = {
            each: (hashlib.new(each, name).digest(), hashlib.new(each, key).digest()) for each in CertIdHash
        }
        self._heads = {
            each: _ALGORITHMS[each] + der.tlv(der.OCTET_STRING, by_name) + der.tlv(der.OCTET_STRING, by_key)
            for each, (by_name, by_key) in self._hashes.items()
        }

    def is_meant_by(self, cert_id: CertId) -> bool:
        """Whether the CertID names this issuer."""
        if cert_id.hash_algorithm is None:
            return False
        return self._hashes[cert_id.hash_algorithm] == (cert_id.issuer_name_hash, cert_id.issuer_key_hash)

    def hashes(self, hash_algorithm: CertIdHash) -> tuple[bytes, bytes]:
        """(issuerNameHash, issuerKeyHash)."""
        return self._hashes[hash_algorithm]

    def cert_id(self, hash_algorithm: CertIdHash, serial_number: int) -> CertId:
        """The CertID as clients write it."""
        octets = der.tlv(der.SEQUENCE, self._heads[hash_algorithm], der.unsigned_integer(serial_number))
        return CertId(octets, hash_algorithm, *self._hashes[hash_algorithm], serial_number)


def key_octets(certificate: x509.Certificate) -> bytes:
    """The octets of the certificate's subjectPublicKey, over which key hashes are made."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return tbs.split_public_key(spki)


@dataclass(frozen=True, eq=False)
class Responder:
    """A responder's certificate and the issuer it answers for.

    Raises MalformedInput for a certificate that the issuer itself did not issue for this purpose: RFC 6960 4.2.2.2
    wants id-kp-OCSPSigning and the direct signature of the CA that the request names.
    """

    certificate: x509.Certificate
    issuer: Issuer
    algorithm: KeyAlgorithm = field(init=False)
    identity: IssuerIdentity = field(init=False, repr=False)
    key_hash: bytes = field(init=False, repr=False)
    id_der: bytes = field(init=False, repr=False)
    certificates_der: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        certificate = self.certificate
        _check_delegation(certificate, self.issuer.certificate)
        # RFC 6960 4.2.1: KeyHash is "SHA-1 hash of responder's public key (excluding the tag and length fields)".
        key_hash = hashlib.sha1(key_octets(certificate), usedforsecurity=False).digest()
        certificate_der = certificate.public_bytes(Encoding.DER)
        for name, value in (
            ("algorithm", algorithm_of(certificate.public_key())),
            ("identity", IssuerIdentity(self.issuer.certificate)),
            ("key_hash", key_hash),
            ("id_der", der.tlv(0xA2, der.tlv(der.OCTET_STRING, key_hash))),
            ("certificates_der", der.tlv(0xA0, der.tlv(der.SEQUENCE, certificate_der))),
        ):
            object.__setattr__(self, name, value)


def _check_delegation(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (InvalidSignature, ValueError, TypeError) as refused:
        raise MalformedInput("OCSP responder", "the issuer did not issue its certificate") from refused
    except x509.ExtensionNotFound as missing:
        raise MalformedInput("OCSP responder", str(missing)) from missing
    if oids.EKU_OCSP_SIGNING not in usages:
        raise MalformedInput("OCSP responder", "its certificate is not for signing OCSP answers")
