"""CMS signatures made: CAdES at level B, attached or detached (EN 319 122-1 5, 6.3), one signer or several.

What is the same in every signature of one certificate is encoded once.  The message is strict DER.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography import x509

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, SignatureMismatch
from hpki.issuance.template import SIGNATURE_ALGORITHMS, oid_der, time_der
from hpki.keys.algorithms import KeyAlgorithm, verify_with
from hpki.signatures.algorithms import HASHES, HashKind
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.cms.encoding import (
    attribute_der,
    attribute_of,
    message_der,
    with_evidence,
    with_unsigned,
)
from hpki.signatures.cms.octets import read_signed_data, read_signer
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import PolicyReference
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts

_CONTEXT_0: Final = 0xA0
_UTF8_STRING: Final = 0x0C
_IA5_STRING: Final = 0x16
_VERSION_1: Final = b"\x02\x01\x01"
_DATA_DER: Final = oid_der(oids.DATA)
_CONTENT_TYPE: Final = attribute_der(oids.CONTENT_TYPE, _DATA_DER)
_DIGESTS: Final = MappingProxyType(
    {
        KeyAlgorithm.RSA_2048: HASHES["sha256"],
        KeyAlgorithm.RSA_3072: HASHES["sha256"],
        KeyAlgorithm.RSA_4096: HASHES["sha256"],
        KeyAlgorithm.P_256: HASHES["sha256"],
        KeyAlgorithm.P_384: HASHES["sha384"],
        KeyAlgorithm.ML_DSA_65: HASHES["sha512"],
    }
)


@dataclass(frozen=True, slots=True)
class _FixedParts:
    """Everything of a certificate's signatures that does not depend on the content and the moment."""

    algorithm: KeyAlgorithm
    digest: HashKind
    digest_der: bytes
    signature_algorithm_der: bytes
    head: bytes
    signing_certificate: bytes
    protection: bytes


def sign_cms(content: Content, unit: SigningUnit, claims: Claims, *, attached: bool = False) -> bytes:
    """A CAdES signature over some content, in a message of its own.

    Raises SignatureMismatch when the key is not the certificate's; KeyUnavailable and KeyRefused as the key does.
    """
    fixed = _fixed_parts(unit.certificate, unit.signer.algorithm)
    signer_der = _signer_info(unit, claims, fixed, content.digest(fixed.digest.name), with_content_type=True)
    carried = der.tlv(_CONTEXT_0, der.tlv(der.OCTET_STRING, *content.chunks())) if attached else b""
    certificates = tuple(sorted({each.der for each in (unit.certificate, *unit.chain)}))
    parts = (
        _VERSION_1,
        der.tlv(der.SET, fixed.digest_der),
        der.tlv(der.SEQUENCE, _DATA_DER, carried),
        der.tlv(_CONTEXT_0, *certificates),
        der.tlv(der.SET, signer_der),
    )
    signed = der.tlv(der.SEQUENCE, *parts)
    return der.tlv(der.SEQUENCE, oid_der(oids.SIGNED_DATA), der.tlv(_CONTEXT_0, signed))


def add_signature(
    message: bytes, unit: SigningUnit, claims: Claims, detached: Content | None = None
) -> bytes:
    """The message with one more signature over the same content, beside those that are there.

    Raises MalformedInput when the message cannot be read or its content is not at hand, and as `sign_cms` does.
    """
    data = read_signed_data(message)
    content = detached if data.content is None else OctetContent(data.content)
    if content is None:
        raise MalformedInput("CMS SignedData", "its content is not in it and not given beside it")
    if data.content_type != oids.DATA:
        raise MalformedInput("CMS SignedData", "its content is not plain data")
    fixed = _fixed_parts(unit.certificate, unit.signer.algorithm)
    digest = content.digest(fixed.digest.name)
    signer = read_signer(_signer_info(unit, claims, fixed, digest, with_content_type=True))
    known = (*data.digest_algorithms, fixed.digest_der)
    data = replace(data, signers=(*data.signers, signer), digest_algorithms=tuple(dict.fromkeys(known)))
    return message_der(with_evidence(data, _carried(unit)))


def counter_sign(message: bytes, number: int, unit: SigningUnit, claims: Claims) -> bytes:
    """The message with a counter-signature upon its signature of this number, counted from 1 (RFC 5652 11.4).

    Raises MalformedInput when there is no such signature, and as `sign_cms` does.
    """
    data = read_signed_data(message)
    if not 1 <= number <= len(data.signers):
        raise MalformedInput("CMS SignedData", f"it has no signature {number}")
    fixed = _fixed_parts(unit.certificate, unit.signer.algorithm)
    below = data.signers[number - 1]
    digest = fixed.digest.digest(below.signature)
    counter = _signer_info(unit, claims, fixed, digest, with_content_type=False)
    added = (*below.unsigned_attributes, attribute_of(oids.COUNTER_SIGNATURE, counter))
    signers = [*data.signers]
    signers[number - 1] = with_unsigned(below, added)
    known = tuple(dict.fromkeys((*data.digest_algorithms, fixed.digest_der)))
    data = replace(data, signers=tuple(signers), digest_algorithms=known)
    return message_der(with_evidence(data, _carried(unit)))


def _carried(unit: SigningUnit) -> Evidence:
    return Evidence(certificates=(unit.certificate, *unit.chain))


def _signer_info(
    unit: SigningUnit, claims: Claims, fixed: _FixedParts, digest: bytes, *, with_content_type: bool
) -> bytes:
    """Prepared, signed, and verified against the certificate: no key signs for another certificate here."""
    attributes = [*_attributes(claims, fixed, digest)]
    if with_content_type:
        attributes.append(_CONTENT_TYPE)
    attributes.sort()
    signed = der.tlv(der.SET, *attributes)
    signature = unit.signer.sign(signed)
    key = unit.certificate.public_key
    if key is None:
        raise SignatureMismatch("the certificate's key is of a kind that cannot be used here")
    verify_with(fixed.algorithm, key, signature, signed)
    return der.tlv(
        der.SEQUENCE,
        fixed.head,
        # RFC 5652 5.4: signed as SET OF, carried as [0] IMPLICIT.
        b"\xa0" + signed[1:],
        fixed.signature_algorithm_der,
        der.tlv(der.OCTET_STRING, signature),
    )


def _attributes(claims: Claims, fixed: _FixedParts, digest: bytes) -> Iterator[bytes]:
    yield attribute_der(oids.MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, digest))
    yield fixed.signing_certificate
    yield fixed.protection
    if claims.signed_at is not None:
        yield attribute_der(oids.SIGNING_TIME, time_der(claims.signed_at))
    if claims.policy is not None:
        yield attribute_der(oids.SIGNATURE_POLICY, _policy_der(claims.policy))
    if claims.roles:
        yield attribute_der(oids.SIGNER_ATTRIBUTES_V2, _roles_der(claims.roles))
    for commitment in claims.commitments:
        indication = der.tlv(der.SEQUENCE, oid_der(x509.ObjectIdentifier(commitment)))
        yield attribute_der(oids.COMMITMENT_TYPE, indication)


def _policy_der(policy: PolicyReference) -> bytes:
    """SignaturePolicyIdentifier (EN 319 122-1 5.2.9.1)."""
    if policy.is_implied:
        return der.NULL
    if policy.algorithm is None or not policy.hash_value or policy.is_zero:
        raise MalformedInput("signature policy", "a policy is named with the hash of its text")
    hashed = der.tlv(
        der.SEQUENCE,
        der.tlv(der.SEQUENCE, oid_der(x509.ObjectIdentifier(policy.algorithm.oid))),
        der.tlv(der.OCTET_STRING, policy.hash_value),
    )
    qualifiers = b""
    if policy.uri is not None:
        uri = der.tlv(_IA5_STRING, policy.uri.encode("ascii"))
        qualifiers = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, oid_der(oids.POLICY_URI), uri))
    return der.tlv(der.SEQUENCE, oid_der(x509.ObjectIdentifier(policy.identifier)), hashed, qualifiers)


def _roles_der(roles: tuple[str, ...]) -> bytes:
    """SignerAttributeV2 with claimed attributes.

    EN 319 122-1 5.2.6.1 leaves the attribute's type open; `name` with a text is what verifiers in use show.
    """
    claimed = (attribute_der(oids.AT_NAME, der.tlv(_UTF8_STRING, role.encode())) for role in roles)
    return der.tlv(der.SEQUENCE, der.tlv(_CONTEXT_0, der.tlv(der.SEQUENCE, *claimed)))


@lru_cache(maxsize=256)
def _fixed_parts(certificate: CertificateFacts, algorithm: KeyAlgorithm) -> _FixedParts:
    digest = _DIGESTS[algorithm]
    digest_der = der.tlv(der.SEQUENCE, oid_der(x509.ObjectIdentifier(digest.oid)))
    signature_algorithm_der = SIGNATURE_ALGORITHMS[algorithm]
    named = der.tlv(der.SEQUENCE, certificate.issuer, der.unsigned_integer(certificate.serial_number))
    # RFC 5035 4: hashAlgorithm is left out where it is SHA-256.
    hashed = der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, certificate.sha256))
    protection = der.tlv(der.SEQUENCE, digest_der, b"\xa1" + signature_algorithm_der[1:])
    return _FixedParts(
        algorithm=algorithm,
        digest=digest,
        digest_der=digest_der,
        signature_algorithm_der=signature_algorithm_der,
        head=_VERSION_1 + named + digest_der,
        signing_certificate=attribute_der(
            oids.SIGNING_CERTIFICATE_V2, der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, hashed))
        ),
        protection=attribute_der(oids.ALGORITHM_PROTECTION, protection),
    )
