"""One SignerInfo as facts: everything but its unsigned attributes (RFC 5652 5.3 – 5.6)."""

from dataclasses import dataclass
from typing import Final

from cryptography.x509 import ObjectIdentifier

from hpki import oids
from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.issuance.template import oid_der
from hpki.signatures.algorithms import hash_of_identifier, signature_algorithm
from hpki.signatures.cms.octets import SignedDataOctets, SignerOctets
from hpki.signatures.cms.signed_attributes import SignedAttributes, read_signed_attributes
from hpki.signatures.content import Content
from hpki.signatures.facts import DigestFact, Level, SignatureFacts, SignedMessage, SignerHint
from hpki.signatures.finding import SignatureFinding
from hpki.validation.facts import CertificateFacts

_KEY_IDENTIFIER: Final = 0x80
_MOST_ATTRIBUTE_OCTETS: Final = 1 << 16


@dataclass(frozen=True)
class Signed:
    """What a SignerInfo is said to have signed.

    `type_der` is the object identifier of the content; None for a counter-signature, which has no content type.
    `content` is None when it is not at hand.
    """

    place: str
    content: Content | None
    type_der: bytes | None
    certificates: tuple[CertificateFacts, ...] = ()


def read_signer_facts(
    signer: SignerOctets, signed: Signed, place: str, said: SignedAttributes | None = None
) -> SignatureFacts:
    """The facts of one SignerInfo; never raises, what is wrong is a finding."""
    said = said or read_signed_attributes(signer, place)
    troubles = list(said.troubles)
    beside = hash_of_identifier(signer.digest_algorithm_der)
    algorithm = signature_algorithm(signer.signature_algorithm_der, beside)
    digests: tuple[DigestFact, ...] = ()
    messages: tuple[bytes, ...] = ()
    digest = None
    name = None if beside is None else beside.name
    computed = None if name is None or signed.content is None else signed.content.digest(name)
    if signer.signed_attributes_der is None:
        troubles += _without_attributes(signed, place)
        digest = _digest_for(signed, algorithm.digest.name if algorithm and algorithm.digest else None)
        if digest is None and signed.content is None:
            digests = (DigestFact(signed.place, beside, b"", None),)
    else:
        messages, unsorted = _messages(signer)
        troubles += [SignatureFinding("attributes_unsorted", about=place)] if unsorted else []
        troubles += _attribute_findings(said, signed, place)
        digests = (DigestFact(signed.place, beside, said.message_digest or b"", computed),)
    if algorithm is not None and algorithm.is_bound and algorithm.digest != beside:
        # RFC 8933 3: the same digest algorithm for the content and for the attributes.
        detail = f"{name}, {algorithm.words}"
        troubles.append(SignatureFinding("algorithm_substituted", detail, place))
    troubles += _protection_findings(signer, said, place)
    return SignatureFacts(
        format="CAdES" if said.references else "CMS",
        place=place,
        level=_basic_level(said),
        message=SignedMessage(algorithm, signer.signature, messages, digest),
        digests=digests,
        references=said.references,
        hint=_hint(signer, place, troubles),
        certificates=signed.certificates,
        claimed_signed_at=said.signing_time,
        policy=said.policy,
        claimed_roles=said.roles,
        commitments=said.commitments,
        covers=(signed.place,),
        troubles=tuple(troubles),
    )


def envelope_findings(data: SignedDataOctets, place: str) -> list[SignatureFinding]:
    """What stands around the signers and under no signature, held against RFC 5652 5.1."""
    found = []
    if data.trailing:
        found.append(SignatureFinding("trailing_data", str(data.trailing), place))
    if data.was_ber:
        found.append(SignatureFinding("ber", about=place))
    if data.version != version_of(data):
        detail = f"version {data.version}, not {version_of(data)}"
        found.append(SignatureFinding("envelope_unverified", detail, place))
    stated = {hash_of_identifier(each) for each in data.digest_algorithms}
    used = {hash_of_identifier(each.digest_algorithm_der) for each in data.signers}
    if None in stated or not used <= stated:
        found.append(SignatureFinding("envelope_unverified", "digestAlgorithms", place))
    for signer in data.signers:
        # RFC 5652 5.3: "If the SignerIdentifier is the CHOICE issuerAndSerialNumber, then the version MUST be 1."
        wanted = 3 if signer.sid_der[0] == _KEY_IDENTIFIER else 1
        if signer.version_der != der.unsigned_integer(wanted):
            found.append(SignatureFinding("envelope_unverified", "SignerInfo.version", place))
    return found


def version_of(data: SignedDataOctets) -> int:
    """The version that a SignedData has to say (RFC 5652 5.1)."""
    certificates, crls = {each[0] for each in data.certificates}, {each[0] for each in data.crls}
    if 0xA3 in certificates or 0xA1 in crls:
        return 5
    if 0xA2 in certificates:
        return 4
    is_other = data.content_type != oids.DATA
    has_v3 = any(each.sid_der[0] == _KEY_IDENTIFIER for each in data.signers)
    return 3 if 0xA1 in certificates or has_v3 or is_other else 1


def _messages(signer: SignerOctets) -> tuple[tuple[bytes, ...], bool]:
    """The SET that was signed: as it stands, and sorted where it does not stand sorted."""
    # RFC 5652 5.4: "A separate encoding of the signedAttrs field is performed for message digest calculation. … the DER
    # encoding of the SignedAttributes value … an EXPLICIT SET OF tag is used".
    elements = [each.der for each in signer.signed_attributes]
    as_written = der.tlv(der.SET, *elements)
    ordered = sorted(elements)
    if ordered == elements:
        return (as_written,), False
    return (der.tlv(der.SET, *ordered), as_written), True


def _attribute_findings(said: SignedAttributes, signed: Signed, place: str) -> list[SignatureFinding]:
    found = []
    doubled = {trouble.detail for trouble in said.troubles}
    if said.message_digest is None and "message-digest" not in doubled:
        found.append(SignatureFinding("attribute_missing", "message-digest", place))
    if signed.type_der is None:
        # RFC 5652 11.4: in a counter-signature "The signedAttributes field MUST NOT contain a content-type attribute".
        if said.content_type is not None:
            found.append(SignatureFinding("content_type_differs", "counter-signature", place))
    elif said.content_type is None:
        if "content-type" not in doubled:
            found.append(SignatureFinding("attribute_missing", "content-type", place))
    elif said.content_type != signed.type_der:
        found.append(SignatureFinding("content_type_differs", _type_words(said.content_type), place))
    return found


def _without_attributes(signed: Signed, place: str) -> list[SignatureFinding]:
    """RFC 5652 5.3: signedAttrs "MUST be present if the content type … is not id-data"."""
    found = []
    if signed.type_der is not None and signed.type_der != oid_der(oids.DATA):
        found.append(SignatureFinding("attribute_missing", "signedAttrs", place))
    if signed.content is not None and _looks_like_attributes(signed.content):
        found.append(SignatureFinding("attributes_as_content", about=place))
    return found


def _looks_like_attributes(content: Content) -> bool:
    """Whether the content could be the DER of signed attributes: what was signed once, shown again as a document."""
    first = next(iter(content.chunks()), b"")
    if not first.startswith(b"\x31") or len(first) > _MOST_ATTRIBUTE_OCTETS:
        return False
    return oid_octets(oids.MESSAGE_DIGEST) in first and oid_octets(oids.CONTENT_TYPE) in first


def _digest_for(signed: Signed, name: str | None) -> bytes | None:
    return None if name is None or signed.content is None else signed.content.digest(name)


def _protection_findings(signer: SignerOctets, said: SignedAttributes, place: str) -> list[SignatureFinding]:
    if said.protected is None:
        return []
    digest, signature = said.protected
    is_same = digest == signer.digest_algorithm_der and signature in {None, signer.signature_algorithm_der}
    return [] if is_same else [SignatureFinding("algorithm_substituted", "cms-algorithm-protection", place)]


def _basic_level(said: SignedAttributes) -> Level:
    """EN 319 122-1 6.3: level B has signing-time and the signing certificate; without the time it is ES of TS 101 733."""
    if not said.references:
        return Level.NONE
    return Level.ES if said.signing_time is None else Level.B


def _hint(signer: SignerOctets, place: str, troubles: list[SignatureFinding]) -> SignerHint:
    try:
        if signer.sid_der[0] == _KEY_IDENTIFIER:
            return SignerHint(key_identifier=DerCursor(signer.sid_der, "sid").octets(_KEY_IDENTIFIER))
        fields = DerCursor(signer.sid_der, "sid").enter(der.SEQUENCE)
        issuer = fields.enter_whole(der.SEQUENCE)[0]
        serial = fields.octets(der.INTEGER)
        fields.finish()
    except MalformedInput as refused:
        troubles.append(SignatureFinding("envelope_odd", str(refused), place))
        return SignerHint()
    return SignerHint(issuer, int.from_bytes(serial, "big", signed=True))


def _type_words(type_der: bytes) -> str:
    return type_der.hex()[:64]


def oid_octets(oid: ObjectIdentifier) -> bytes:
    """The content octets of an object identifier."""
    return oid_der(oid)[2:]
