"""SignedData written in DER: what `octets` splits, put together again (RFC 5652 5.1, X.690 11.6)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.issuance.template import oid_der
from hpki.signatures.cms.octets import Attribute, SignedDataOctets, SignerOctets
from hpki.signatures.cms.signer import version_of
from hpki.validation.evidence import Evidence
from hpki.validation.ocsp_answer import OcspAnswer

_CONTEXT_0: Final = 0xA0
_CONTEXT_1: Final = 0xA1


def attribute_der(kind: ObjectIdentifier, *values: bytes) -> bytes:
    """An attribute; its values ascend."""
    return der.tlv(der.SEQUENCE, oid_der(kind), der.tlv(der.SET, *sorted(values)))


def attribute_of(kind: ObjectIdentifier, *values: bytes) -> Attribute:
    """The same, split."""
    return Attribute(kind, attribute_der(kind, *values), oid_der(kind), tuple(sorted(values)))


def message_der(data: SignedDataOctets) -> bytes:
    """The whole message, its version as its content asks."""
    parts = (
        der.unsigned_integer(version_of(data)),
        der.tlv(der.SET, *sorted(data.digest_algorithms)),
        data.encapsulated_der,
        data.certificates_der or b"",
        data.crls_der or b"",
        der.tlv(der.SET, *sorted(each.der for each in data.signers)),
    )
    length = sum(map(len, parts))
    # One join: the content may be large.
    inner = der.heading(der.SEQUENCE, length)
    explicit = der.heading(_CONTEXT_0, len(inner) + length)
    kind = oid_der(oids.SIGNED_DATA)
    outer = der.heading(der.SEQUENCE, len(kind) + len(explicit) + len(inner) + length)
    return b"".join((outer, kind, explicit, inner, *parts))


def with_evidence(data: SignedDataOctets, evidence: Evidence) -> SignedDataOctets:
    """The message with more certificates, lists and answers in it; what is there already is not put in twice."""
    certificates = {*data.certificates, *(each.der for each in evidence.certificates)}
    crls = {*data.crls, *(each.crl.public_bytes(Encoding.DER) for each in evidence.crls)}
    crls |= {revocation_choice(each) for each in evidence.ocsp_answers}
    if certificates != set(data.certificates):
        ordered = tuple(sorted(certificates))
        data = replace(data, certificates=ordered, certificates_der=der.tlv(_CONTEXT_0, *ordered))
    if crls != set(data.crls):
        ordered = tuple(sorted(crls))
        data = replace(data, crls=ordered, crls_der=der.tlv(_CONTEXT_1, *ordered))
    return data


def revocation_choice(answer: OcspAnswer) -> bytes:
    """RFC 5940 2.1: an OCSP answer among the revocation data, as OtherRevocationInfoFormat."""
    response = answer.response.public_bytes(Encoding.DER)
    return der.tlv(_CONTEXT_1, oid_der(oids.OCSP_RESPONSE), response)


def with_unsigned(signer: SignerOctets, attributes: Iterable[Attribute]) -> SignerOctets:
    """A SignerInfo with these unsigned attributes and no others."""
    ordered = tuple(sorted(attributes, key=lambda each: each.der))
    unsigned = der.tlv(_CONTEXT_1, *(each.der for each in ordered)) if ordered else b""
    whole = der.tlv(der.SEQUENCE, signer.fixed_der, unsigned)
    return replace(signer, der=whole, unsigned_attributes=ordered)
