"""Makes XML signatures: XAdES-B, with a policy XAdES-EPES (EN 319 132-1 6.3; XMLDSig).

Everything is digested in exclusive C14N and every Reference says so; nothing is left to a default that readers differ in.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from hpki.errors import KeyRefused, MalformedInput
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.content import Content
from hpki.signatures.xml import names, text
from hpki.signatures.xml.canonical import EXCLUSIVE, canonical_document
from hpki.signatures.xml.reading import XmlDocument, read_xml
from hpki.signatures.xml.text import Prefixes, SignedPart, Spelling

_EC_OCTETS: Final = {"p-256": 32, "p-384": 48}


@dataclass(frozen=True)
class Shape:
    """How a signature is spelled: prefixes, whether KeyInfo is signed too, and the root of its identifiers."""

    prefixes: Prefixes = field(default_factory=Prefixes)
    signs_key_info: bool = False
    identifier: str = ""

    def named(self) -> "Shape":
        """With identifiers of its own, so that several signatures of one document never share one."""
        return self if self.identifier else replace(self, identifier=f"id-{secrets.token_hex(12)}")


PLAIN: Final = Shape()


def sign_enveloped(
    content: bytes,
    unit: SigningUnit,
    claims: Claims,
    *,
    shape: Shape = PLAIN,
    media_type: str = "text/xml",
    is_last: bool = False,
) -> bytes:
    """The XML document with a signature over all of it as the last child of its root.

    Others may sign beside it, before and after: no signature is under another.  `is_last` puts those that stand there
    under this one, and the document can take none after it.
    Raises MalformedInput when the content is no XML that is accepted here, KeyRefused for a key that XML has no
    algorithm for.
    """
    document = read_xml(content)
    shape = shape.named()
    beside = [] if is_last else list(document.root.iter(names.ds("Signature")))
    if document.root in beside:
        raise MalformedInput("XML", "its root is a signature, which has no place for another one inside")
    digest = unit.digest.digest(canonical_document(document.root, EXCLUSIVE, without=beside))
    transforms = (names.ENVELOPED if is_last else names.XPATH, EXCLUSIVE.uri)
    part = SignedPart(f"{shape.identifier}-r1", "", transforms, digest, media_type=media_type)
    document.root.append(etree.fromstring(signature_text([part], unit, claims, shape)))
    return serialised(document)


def sign_enveloping(
    content: bytes, unit: SigningUnit, claims: Claims, *, shape: Shape = PLAIN, media_type: str
) -> bytes:
    """A signature document that holds the content, whatever it is, as base64; what is signed are the octets inside."""
    shape = shape.named()
    held = f"{shape.identifier}-o1"
    part = SignedPart(
        f"{shape.identifier}-r1",
        f"#{held}",
        (names.BASE64,),
        unit.digest.digest(content),
        type=names.OBJECT,
        media_type=media_type,
    )
    p = shape.prefixes.ds
    inside = f'<{p}:Object Encoding="{names.BASE64}" Id="{held}">{text.base64_of(content)}</{p}:Object>'
    return _declared(signature_text([part], unit, claims, shape, objects=inside))


def sign_detached(
    files: Mapping[str, tuple[Content, str]], unit: SigningUnit, claims: Claims, *, shape: Shape = PLAIN
) -> bytes:
    """A signature document over files beside it: name → content and media type.  Each is hashed chunk by chunk."""
    shape = shape.named()
    parts = [
        SignedPart(
            f"{shape.identifier}-r{number}", name, (), content.digest(unit.digest.name), media_type=media_type
        )
        for number, (name, (content, media_type)) in enumerate(files.items(), 1)
    ]
    return _declared(signature_text(parts, unit, claims, shape))


@dataclass
class _Draft:
    """What is signed so far, in the order of the References."""

    unit: SigningUnit
    shape: Shape
    parts: list[SignedPart] = field(default_factory=list)

    def spelling(self, *, is_canonical: bool) -> Spelling:
        return Spelling(self.shape.prefixes, is_canonical)

    def add(self, suffix: str, canonical: str, part_type: str = "") -> None:
        identifier = f"{self.shape.identifier}-{suffix}"
        digest = self.unit.digest.digest(canonical.encode())
        self.parts.append(
            SignedPart(f"{identifier}-ref", f"#{identifier}", (EXCLUSIVE.uri,), digest, type=part_type)
        )


def signature_text(
    parts: Sequence[SignedPart], unit: SigningUnit, claims: Claims, shape: Shape, *, objects: str = ""
) -> str:
    """The ds:Signature element over the parts, its own properties and, if the shape says so, its KeyInfo.

    Raises KeyRefused for a key that XML has no algorithm for.
    """
    algorithm = names.signature_uri(unit.kind, unit.digest.name)
    if algorithm is None or unit.signer.algorithm.value.startswith("ml-dsa"):
        raise KeyRefused(f"XML signatures have no algorithm for a key of {unit.signer.algorithm.value}")
    draft = _Draft(unit, shape, list(parts))
    plain, canonical = draft.spelling(is_canonical=False), draft.spelling(is_canonical=True)
    base, certificates = shape.identifier, (unit.certificate, *unit.chain)
    key_name = f"{base}-keyinfo" if shape.signs_key_info else ""
    if shape.signs_key_info:
        draft.add("keyinfo", text.key_info(certificates, identifier=key_name, spelling=canonical))

    def properties(spelling: Spelling) -> str:
        return text.signed_properties(
            claims,
            unit.certificate,
            parts,
            kind=unit.digest,
            identifier=f"{base}-signedprops",
            spelling=spelling,
        )

    draft.add("signedprops", properties(canonical), names.SIGNED_PROPERTIES)

    def info(spelling: Spelling) -> str:
        return text.signed_info(
            draft.parts,
            method=EXCLUSIVE.uri,
            algorithm=algorithm,
            kind=unit.digest,
            identifier="",
            spelling=spelling,
        )

    made = text.base64_of(_value(unit, unit.signer.sign(info(canonical).encode())))
    p, x = shape.prefixes.ds, shape.prefixes.xades
    return (
        f'<{p}:Signature xmlns:{p}="{names.DS}" Id="{base}">{info(plain)}'
        f'<{p}:SignatureValue Id="{base}-value">{made}</{p}:SignatureValue>'
        f"{text.key_info(certificates, identifier=key_name, spelling=plain)}"
        f'<{p}:Object><{x}:QualifyingProperties xmlns:{x}="{names.XADES}" Target="#{base}">{properties(plain)}'
        f"</{x}:QualifyingProperties></{p}:Object>{objects}</{p}:Signature>"
    )


def _value(unit: SigningUnit, signature: bytes) -> bytes:
    """The value as XML has it: of ECDSA the two numbers side by side (RFC 9231 2.3.6)."""
    if unit.kind != "EC":
        return signature
    octets = _EC_OCTETS[unit.signer.algorithm.value]
    return b"".join(number.to_bytes(octets) for number in decode_dss_signature(signature))


def serialised(document: XmlDocument) -> bytes:
    """The document as UTF-8 octets with its declaration."""
    return etree.tostring(document.root.getroottree(), encoding="UTF-8", xml_declaration=True)


def _declared(signature: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{signature}'.encode()


def only_element(document: XmlDocument, identifier: str) -> etree._Element:
    """The one element with an identifier.  Raises MalformedInput when there is none or more than one."""
    found = document.with_identifier(identifier)
    if len(found) != 1:
        raise MalformedInput("XML", f"the identifier {identifier} stands there {len(found)} times")
    return found[0]
