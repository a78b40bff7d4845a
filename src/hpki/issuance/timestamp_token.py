"""Reading a time-stamp token, ours or another authority's, and proving what it says of a hash.

Proving means the equations: the imprint is the hash, the signature is that of the certificate that the token names.
Whether that certificate is to be trusted is for `hpki.validation`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtensionOID

from hpki import oids
from hpki.certs import der
from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput, SignatureMismatch
from hpki.issuance.template import oid_der
from hpki.issuance.timestamp_request import HASH_OF_IDENTIFIER
from hpki.issuance.timestamp_syntax import (
    ContentInfo,
    SignedAttribute,
    SignedData,
    SignerInfo,
    SigningCertificateV2,
    TstInfo,
)
from hpki.keys.algorithms import verify

MOST_OCTETS: Final = 256 * 1024
MOST_CERTIFICATES: Final = 16
_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
        "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
        "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    }
)


@dataclass(frozen=True)
class ReadToken:
    """The parts of a token; nothing is proven.  `signed_attributes_der` has the tag SET, as it was signed."""

    tst_info_der: bytes
    tst_info: TstInfo
    signed_attributes_der: bytes
    attributes: MappingProxyType[x509.ObjectIdentifier, bytes]
    signer: SignerInfo
    certificates: tuple[bytes, ...]


@dataclass(frozen=True)
class StampedTime:
    """A proven token: its hash existed at `gen_time`.  Exists only after `prove_token` succeeded."""

    gen_time: dt.datetime
    serial_number: int
    policy: x509.ObjectIdentifier
    certificate: x509.Certificate


def read_token(token_der: bytes) -> ReadToken:
    """A token in DER with one signer.  Raises MalformedInput."""
    if len(token_der) > MOST_OCTETS:
        raise MalformedInput("time-stamp token", f"more than {MOST_OCTETS} octets are not read")
    try:
        info = asn1.decode_der(ContentInfo, token_der)
        signed: SignedData = info.content
        tst_info = asn1.decode_der(TstInfo, signed.content.content)
        [signer] = signed.signers.as_list()
        elements = [der.element(each) for each in signer.signed_attributes.as_list()]
        attributes = {}
        for each in elements:
            attribute = asn1.decode_der(SignedAttribute, each)
            [value] = attribute.values.as_list()
            attributes[attribute.type] = der.element(value)
    except (ValueError, TypeError) as unreadable:
        raise MalformedInput("time-stamp token", str(unreadable)) from unreadable
    if info.type != oids.SIGNED_DATA or signed.content.type != oids.TST_INFO:
        raise MalformedInput("time-stamp token", "it is no SignedData over a TSTInfo")
    if len(attributes) != len(elements):
        raise MalformedInput("time-stamp token", "an attribute stands in it twice")
    certificates = [] if signed.certificates is None else signed.certificates.as_list()
    return ReadToken(
        signed.content.content,
        tst_info,
        der.tlv(der.SET, *elements),
        MappingProxyType(attributes),
        signer,
        tuple(der.element(each) for each in certificates[:MOST_CERTIFICATES]),
    )


def prove_token(token_der: bytes, imprint: bytes) -> StampedTime:
    """The time at which `imprint` existed, if the token's own certificate is to be believed.

    Raises MalformedInput when it cannot be read or does not carry its certificate, SignatureMismatch when it speaks of
    another hash or one of its equations does not hold.
    """
    token = read_token(token_der)
    if token.tst_info.imprint.hashed != imprint:
        raise SignatureMismatch("the time-stamp is of another hash")
    if der.element(token.tst_info.imprint.algorithm) not in HASH_OF_IDENTIFIER:
        raise MalformedInput("time-stamp token", "its imprint is made with a hash that is not in use here")
    certificate = signer_certificate(token)
    _verify(token, certificate)
    _require_purpose(certificate)
    return StampedTime(
        token.tst_info.gen_time.as_datetime().replace(tzinfo=dt.UTC),
        token.tst_info.serial_number,
        token.tst_info.policy,
        certificate,
    )


def signer_certificate(token: ReadToken) -> x509.Certificate:
    """The certificate in the token that signing-certificate-v2 names (RFC 5816 2.2.1).  Raises MalformedInput."""
    named = token.attributes.get(oids.SIGNING_CERTIFICATE_V2)
    if named is None:
        raise MalformedInput("time-stamp token", "it has no signing-certificate-v2")
    try:
        first = asn1.decode_der(SigningCertificateV2, named).certificates[0]
    except (ValueError, TypeError, IndexError) as unreadable:
        raise MalformedInput("signing-certificate-v2", str(unreadable)) from unreadable
    kind = _HASHES["2.16.840.1.101.3.4.2.1"]
    if first.hash_algorithm is not None:
        kind = _known_hash(first.hash_algorithm.oid)
    for certificate_der in token.certificates:
        if _hashed(kind, certificate_der) == first.certificate_hash:
            try:
                return x509.load_der_x509_certificate(certificate_der)
            except (ValueError, x509.InvalidVersion) as unreadable:
                raise MalformedInput("time-stamp certificate", str(unreadable)) from unreadable
    raise MalformedInput("time-stamp token", "the certificate of its signer is not in it")


def _verify(token: ReadToken, certificate: x509.Certificate) -> None:
    """RFC 5652 5.4 and 5.6: messageDigest over the content, the signature over the attributes."""
    kind = _digest_of(token.signer)
    digest = der.tlv(der.OCTET_STRING, _hashed(kind, token.tst_info_der))
    if token.attributes.get(oids.MESSAGE_DIGEST) != digest:
        raise SignatureMismatch("the time-stamp's content is not what was signed")
    if token.attributes.get(oids.CONTENT_TYPE) != oid_der(oids.TST_INFO):
        raise SignatureMismatch("the time-stamp's content type is not what was signed")
    key, signature, signed = (
        _public_key(certificate),
        token.signer.signature,
        token.signed_attributes_der,
    )
    # Another authority may hash with more than our keys do.
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), kind)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(kind))
        else:
            verify(key, signature, signed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        # A key that is too short for the hash is a ValueError.
        raise SignatureMismatch("the time-stamp's signature does not verify") from None


def _public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    try:
        return certificate.public_key()
    except REFUSALS as unreadable:
        raise MalformedInput("time-stamp certificate", str(unreadable)) from unreadable


def _digest_of(signer: SignerInfo) -> hashes.HashAlgorithm:
    found = HASH_OF_IDENTIFIER.get(der.element(signer.digest_algorithm))
    if found is None:
        raise MalformedInput("time-stamp token", "it is signed with a hash that is not in use here")
    return found.hash


def _known_hash(oid: x509.ObjectIdentifier) -> hashes.HashAlgorithm:
    known = _HASHES.get(oid.dotted_string)
    if known is None:
        raise MalformedInput("signing-certificate-v2", f"the hash {oid.dotted_string} is not in use here")
    return known


def _require_purpose(certificate: x509.Certificate) -> None:
    """RFC 3161 2.3: extendedKeyUsage with only id-kp-timeStamping, critical."""
    try:
        usage = certificate.extensions.get_extension_for_oid(ExtensionOID.EXTENDED_KEY_USAGE)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as missing:
        raise MalformedInput("time-stamp certificate", str(missing)) from missing
    if not usage.critical or list(_purposes(usage.value)) != [oids.EKU_TIME_STAMPING]:
        raise MalformedInput("time-stamp certificate", "time-stamping is not its only purpose, critically")


def _purposes(value: x509.ExtensionType) -> list[x509.ObjectIdentifier]:
    return list(value) if isinstance(value, x509.ExtendedKeyUsage) else []


def _hashed(kind: hashes.HashAlgorithm, octets: bytes) -> bytes:
    digest = hashes.Hash(kind)
    digest.update(octets)
    return digest.finalize()
