"""The elements of an XML signature as text, in two spellings at once: as they stand in the document, and canonical.

The canonical spelling (exclusive C14N) is written out rather than worked out: the same words with the namespaces
declared where each element needs them.  Tests hold it against the canonicaliser and foreign verifiers.
"""

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from hpki.signatures.algorithms import HashKind
from hpki.signatures.claims import Claims
from hpki.signatures.facts import PolicyReference
from hpki.signatures.xml.names import DS, XADES, XPATH, digest_uri
from hpki.validation.facts import CertificateFacts

_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})


def value(text: str) -> str:
    """Text for an attribute."""
    return text.translate(_VALUE)


def base64_of(octets: bytes) -> str:
    """Octets as text, in one line."""
    return base64.b64encode(octets).decode("ascii")


@dataclass(frozen=True)
class Prefixes:
    """How the namespaces are called: whatever the document's readers are used to."""

    ds: str = "ds"
    xades: str = "xades"


@dataclass(frozen=True)
class Spelling:
    """One of the two: `is_canonical` declares namespaces where the canonical form of the element alone has them."""

    prefixes: Prefixes
    is_canonical: bool

    @property
    def ds(self) -> str:
        """The declaration of XMLDSig's namespace where the canonical form needs one."""
        return f' xmlns:{self.prefixes.ds}="{DS}"' if self.is_canonical else ""

    @property
    def xades(self) -> str:
        """The same for XAdES."""
        return f' xmlns:{self.prefixes.xades}="{XADES}"' if self.is_canonical else ""


@dataclass(frozen=True)
class SignedPart:
    """One thing under the signature: where it is, what is done before it is digested, its digest and its media type.

    An empty `media_type` writes no DataObjectFormat.  Of XPath one filter is written: without any signature.
    """

    identifier: str
    uri: str | None
    transforms: tuple[str, ...]
    digest: bytes
    type: str = ""
    media_type: str = ""


def signed_info(
    parts: Sequence[SignedPart],
    *,
    method: str,
    algorithm: str,
    kind: HashKind,
    identifier: str,
    spelling: Spelling,
) -> str:
    """SignedInfo with a Reference for each part."""
    p = spelling.prefixes.ds
    name = f' Id="{value(identifier)}"' if identifier else ""
    references = "".join(_reference(part, kind, p) for part in parts)
    return (
        f'<{p}:SignedInfo{spelling.ds}{name}><{p}:CanonicalizationMethod Algorithm="{method}"></{p}:CanonicalizationMethod>'
        f'<{p}:SignatureMethod Algorithm="{algorithm}"></{p}:SignatureMethod>{references}</{p}:SignedInfo>'
    )


def _reference(part: SignedPart, kind: HashKind, p: str) -> str:
    # Canonical order of attributes without a namespace: by name.
    named = {"Id": part.identifier, "Type": part.type, "URI": part.uri}
    attributes = "".join(
        f' {name}="{value(text)}"'
        for name, text in named.items()
        if text is not None and (text or name == "URI")
    )
    transforms = "".join(_transform(uri, p) for uri in part.transforms)
    wrapped = f"<{p}:Transforms>{transforms}</{p}:Transforms>" if transforms else ""
    return (
        f'<{p}:Reference{attributes}>{wrapped}<{p}:DigestMethod Algorithm="{digest_uri(kind)}"></{p}:DigestMethod>'
        f"<{p}:DigestValue>{base64_of(part.digest)}</{p}:DigestValue></{p}:Reference>"
    )


def _transform(uri: str, p: str) -> str:
    inside = f"<{p}:XPath>not(ancestor-or-self::{p}:Signature)</{p}:XPath>" if uri == XPATH else ""
    return f'<{p}:Transform Algorithm="{uri}">{inside}</{p}:Transform>'


def key_info(certificates: Sequence[CertificateFacts], *, identifier: str, spelling: Spelling) -> str:
    """KeyInfo with the signer's certificate first."""
    p = spelling.prefixes.ds
    name = f' Id="{value(identifier)}"' if identifier else ""
    inside = "".join(
        f"<{p}:X509Certificate>{base64_of(each.der)}</{p}:X509Certificate>" for each in certificates
    )
    return f"<{p}:KeyInfo{spelling.ds}{name}><{p}:X509Data>{inside}</{p}:X509Data></{p}:KeyInfo>"


def signed_properties(
    claims: Claims,
    certificate: CertificateFacts,
    parts: Sequence[SignedPart],
    *,
    kind: HashKind,
    identifier: str,
    spelling: Spelling,
) -> str:
    """SignedProperties (EN 319 132-1 5.2), in the order of the schema."""
    x = spelling.prefixes.xades
    inside = ""
    if claims.signed_at is not None:
        inside += f"<{x}:SigningTime>{_moment(claims.signed_at)}</{x}:SigningTime>"
    digest = _digest(kind, kind.digest(certificate.der), spelling)
    inside += f"<{x}:SigningCertificateV2><{x}:Cert><{x}:CertDigest>{digest}</{x}:CertDigest></{x}:Cert></{x}:SigningCertificateV2>"
    if claims.policy is not None:
        inside += _policy(claims.policy, spelling)
    if claims.roles:
        roles = "".join(
            f"<{x}:ClaimedRole>{role.translate(_TEXT)}</{x}:ClaimedRole>" for role in claims.roles
        )
        inside += f"<{x}:SignerRoleV2><{x}:ClaimedRoles>{roles}</{x}:ClaimedRoles></{x}:SignerRoleV2>"
    about_data = _about_data(claims, parts, x)
    return (
        f'<{x}:SignedProperties{spelling.xades} Id="{value(identifier)}"><{x}:SignedSignatureProperties>{inside}'
        f"</{x}:SignedSignatureProperties>{about_data}</{x}:SignedProperties>"
    )


def _about_data(claims: Claims, parts: Sequence[SignedPart], x: str) -> str:
    inside = "".join(
        f'<{x}:DataObjectFormat ObjectReference="#{value(part.identifier)}"><{x}:MimeType>'
        f"{part.media_type.translate(_TEXT)}</{x}:MimeType></{x}:DataObjectFormat>"
        for part in parts
        if part.media_type
    )
    for commitment in claims.commitments:
        inside += (
            f"<{x}:CommitmentTypeIndication><{x}:CommitmentTypeId>{_identifier(commitment, x)}</{x}:CommitmentTypeId>"
            f"<{x}:AllSignedDataObjects></{x}:AllSignedDataObjects></{x}:CommitmentTypeIndication>"
        )
    return f"<{x}:SignedDataObjectProperties>{inside}</{x}:SignedDataObjectProperties>" if inside else ""


def _policy(policy: PolicyReference, spelling: Spelling) -> str:
    x = spelling.prefixes.xades
    if policy.is_implied:
        inside = f"<{x}:SignaturePolicyImplied></{x}:SignaturePolicyImplied>"
    else:
        if policy.algorithm is None:
            raise ValueError("a signature policy is named with the hash of its text")
        digest = _digest(policy.algorithm, policy.hash_value, spelling)
        where = (
            f"<{x}:SigPolicyQualifiers><{x}:SigPolicyQualifier><{x}:SPURI>{policy.uri.translate(_TEXT)}</{x}:SPURI>"
            f"</{x}:SigPolicyQualifier></{x}:SigPolicyQualifiers>"
            if policy.uri
            else ""
        )
        inside = (
            f"<{x}:SignaturePolicyId><{x}:SigPolicyId>{_identifier(policy.identifier, x)}</{x}:SigPolicyId>"
            f"<{x}:SigPolicyHash>{digest}</{x}:SigPolicyHash>{where}</{x}:SignaturePolicyId>"
        )
    return f"<{x}:SignaturePolicyIdentifier>{inside}</{x}:SignaturePolicyIdentifier>"


def _identifier(identifier: str, x: str) -> str:
    """A dotted OID as URN (TS 101 903 7.1.2), anything else as it is."""
    if identifier and identifier.replace(".", "").isdecimal():
        return f'<{x}:Identifier Qualifier="OIDAsURN">urn:oid:{identifier}</{x}:Identifier>'
    return f"<{x}:Identifier>{identifier.translate(_TEXT)}</{x}:Identifier>"


def _digest(kind: HashKind, digest: bytes, spelling: Spelling) -> str:
    p, declared = spelling.prefixes.ds, spelling.ds
    return (
        f'<{p}:DigestMethod{declared} Algorithm="{digest_uri(kind)}"></{p}:DigestMethod>'
        f"<{p}:DigestValue{declared}>{base64_of(digest)}</{p}:DigestValue>"
    )


def _moment(at: dt.datetime) -> str:
    """Universal time in whole seconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
