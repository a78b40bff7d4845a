"""XML signatures as Mallory writes them: references to anything, properties of anybody, and the rest in order."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from hpki.signatures.claims import SigningUnit
from hpki.signatures.xml.canonical import EXCLUSIVE, canonical_element
from hpki.signatures.xml.names import DS, XADES
from hpki.validation.facts import CertificateFacts

EXC_C14N = EXCLUSIVE.uri
BASE64 = f"{DS}base64"
MANIFEST = f"{DS}Manifest"
_SHA_256 = "<DigestMethod Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>"
_TEXT = '<t xmlns="urn:d" Id="t">text</t>'


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def digest(octets: bytes) -> str:
    return f"{_SHA_256}<DigestValue>{_base64(hashlib.sha256(octets).digest())}</DigestValue>"


def reference(uri: str, octets: bytes, transform: str = EXC_C14N, kind: str = "") -> str:
    """A Reference to octets; "" for no transform, no type."""
    through = f"<Transforms><Transform Algorithm='{transform}'/></Transforms>" if transform else ""
    return f"<Reference xmlns='{DS}' URI='{uri}' Type='{kind}'>{through}{digest(octets)}</Reference>"


def canonical(element: str) -> bytes:
    return canonical_element(etree.fromstring(element), EXCLUSIVE)


def to_the_text(octets: bytes = b"") -> str:
    """A Reference to the one text in the document; other octets: a false one."""
    return reference("#t", octets or canonical(_TEXT))


def manifest(*references: str, name: str = "m") -> str:
    return f"<Manifest xmlns='{DS}' Id='{name}'>{''.join(references)}</Manifest>"


def to_manifest(listed: str, name: str = "m", kind: str = MANIFEST) -> str:
    return reference(f"#{name}", canonical(listed), kind=kind)


def property_of(certificate: CertificateFacts, name: str = "SigningCertificateV2") -> str:
    hashed = f"<CertDigest>{digest(certificate.der).replace('<Digest', '<d:Digest').replace('</Digest', '</d:Digest')}</CertDigest>"
    return f"<{name} xmlns:d='{DS}'><Cert>{hashed}</Cert></{name}>"


@dataclass(frozen=True)
class Forgery:
    """One document with a text, and a signature over whatever `references` say."""

    unit: SigningUnit
    references: Sequence[str] = ()
    objects: Sequence[str] = ()
    more_properties: str = ""
    more_certificates: Sequence[CertificateFacts] = ()

    def document(self) -> str:
        properties = (
            f"<SignedProperties xmlns='{XADES}' Id='p'><SignedSignatureProperties>"
            f"<SigningTime>2026-11-04T03:00:00Z</SigningTime>{property_of(self.unit.certificate)}{self.more_properties}"
            "</SignedSignatureProperties></SignedProperties>"
        )
        kind = "http://uri.etsi.org/01903#SignedProperties"
        listed = [*(self.references or [to_the_text()]), reference("#p", canonical(properties), kind=kind)]
        signed = (
            f"<SignedInfo xmlns='{DS}'><CanonicalizationMethod Algorithm='{EXC_C14N}'/>"
            "<SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'/>"
            f"{''.join(listed)}</SignedInfo>"
        )
        one, other = decode_dss_signature(self.unit.signer.sign(canonical(signed)))
        value = _base64(one.to_bytes(32) + other.to_bytes(32))
        carried = (self.unit.certificate, *self.unit.chain, *self.more_certificates)
        keys = "".join(f"<X509Certificate>{_base64(each.der)}</X509Certificate>" for each in carried)
        return (
            f"<doc>{_TEXT}<Signature xmlns='{DS}' Id='s'>{signed}<SignatureValue>{value}</SignatureValue>"
            f"<KeyInfo><X509Data>{keys}</X509Data></KeyInfo><Object>"
            f"<QualifyingProperties xmlns='{XADES}' Target='#s'>{properties}</QualifyingProperties></Object>"
            f"{''.join(f'<Object>{each}</Object>' for each in self.objects)}</Signature></doc>"
        )
