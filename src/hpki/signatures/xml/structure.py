"""The parts of one ds:Signature, each where the schema puts it (XMLDSig 4.2 – 4.6)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SignatureAlgorithm
from hpki.signatures.xml import names
from hpki.signatures.xml.canonical import Method, canonical_element
from hpki.signatures.xml.references import Reference, Transform, canonicalisation, read_reference
from hpki.signatures.xml.values import children, namespace, octets_of

MOST_REFERENCES: Final = 2000
MOST_SIGNATURES: Final = 256


@dataclass(frozen=True, eq=False)
class XmlSignature:
    """One signature.  `method` is None for a canonicalisation, `algorithm` for a signature algorithm not known here."""

    element: etree._Element = field(repr=False)
    identifier: str
    signed_info: etree._Element = field(repr=False)
    method: Method | None
    algorithm: SignatureAlgorithm | None
    algorithm_uri: str
    references: tuple[Reference, ...]
    value_element: etree._Element = field(repr=False)
    value: bytes = field(repr=False)
    key_info: etree._Element | None = field(repr=False)
    objects: tuple[etree._Element, ...] = field(repr=False)

    def message(self) -> bytes | None:
        """What the signature value was made over; None when the canonicalisation is not known."""
        return None if self.method is None else canonical_element(self.signed_info, self.method)


def signatures_of(root: etree._Element) -> Iterator[etree._Element]:
    """The signatures of a document, in its order; one inside another's CounterSignature is reached through that one.

    Raises MalformedInput when there are too many, both kinds together.
    """
    for number, element in enumerate(root.iter(names.ds("Signature")), 1):
        if number > MOST_SIGNATURES:
            raise MalformedInput("XML", f"over {MOST_SIGNATURES} signatures")
        parent = element.getparent()
        if parent is None or str(parent.tag) != names.xades("CounterSignature"):
            yield element


def read_signature(element: etree._Element) -> XmlSignature:
    """The parts of a ds:Signature.  Raises MalformedInput when one is missing, doubled or out of place."""
    parts = children(element)
    tags = [str(part.tag) for part in parts]
    if any((text or "").strip() for text in (element.text, *(part.tail for part in element))):
        raise MalformedInput("Signature", "has text among its parts")
    if tags[:2] != [names.ds("SignedInfo"), names.ds("SignatureValue")]:
        raise MalformedInput("Signature", "does not begin with SignedInfo and SignatureValue")
    has_key = tags[2:3] == [names.ds("KeyInfo")]
    objects = parts[3 if has_key else 2 :]
    if any(str(part.tag) != names.ds("Object") for part in objects):
        raise MalformedInput("Signature", "holds something that is no Object behind its key information")
    method, algorithm_uri, references = _signed_info(parts[0])
    algorithm = names.signature_algorithm_of(algorithm_uri)
    return XmlSignature(
        element=element,
        identifier=str(element.get("Id", "")),
        signed_info=parts[0],
        method=method,
        algorithm=algorithm,
        algorithm_uri=algorithm_uri,
        references=references,
        value_element=parts[1],
        value=_value(octets_of(parts[1], most=1 << 20), algorithm),
        key_info=parts[2] if has_key else None,
        objects=tuple(objects),
    )


def _signed_info(element: etree._Element) -> tuple[Method | None, str, tuple[Reference, ...]]:
    parts = children(element)
    tags = [str(part.tag) for part in parts]
    if tags[:2] != [names.ds("CanonicalizationMethod"), names.ds("SignatureMethod")]:
        raise MalformedInput("SignedInfo", "does not begin with CanonicalizationMethod and SignatureMethod")
    if not tags[2:] or any(tag != names.ds("Reference") for tag in tags[2:]):
        raise MalformedInput("SignedInfo", "needs References and nothing else behind its methods")
    if len(tags) > MOST_REFERENCES:
        raise MalformedInput("SignedInfo", f"over {MOST_REFERENCES} References")
    if any(namespace(child) == names.DS for child in children(parts[1])):
        # HMACOutputLength: a keyed hash cut short; no public key makes one.
        raise MalformedInput("SignatureMethod", "has parameters of a keyed hash")
    method = canonicalisation(Transform(str(parts[0].get("Algorithm", "")), parts[0]))
    references = tuple(read_reference(part) for part in parts[2:])
    return method, str(parts[1].get("Algorithm", "")), references


def _value(octets: bytes, algorithm: SignatureAlgorithm | None) -> bytes:
    """The value as X.509 would write it: XML puts the two numbers of ECDSA side by side (RFC 9231 2.3.6)."""
    if algorithm is None or algorithm.kind != "EC":
        return octets
    if not octets or len(octets) % 2 or len(octets) > 2 * 66:
        raise MalformedInput("SignatureValue", "is not two numbers of equal length")
    half = len(octets) // 2
    return encode_dss_signature(int.from_bytes(octets[:half]), int.from_bytes(octets[half:]))
