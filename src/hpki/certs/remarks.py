"""What a reader of a certificate should notice."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.certs import wording
from hpki.certs.hcrole import HcRole
from hpki.certs.policies import KNOWN_POLICIES, Use
from hpki.certs.printing import moment_words, printable
from hpki.certs.qualifications import qualification_of_hcrole

# CRYPTREC LS-0003, NIST SP 800-57: less than 112 bits of security.
_WEAK_RSA_BITS: Final = 2048
_WEAK_CURVE_BITS: Final = 224
_WEAK_HASHES: Final = frozenset({"md5", "sha1"})


ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Remark:
    """One thing to notice: a stable code and, where it helps, the detail it is about."""

    code: str
    detail: str = ""

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        return wording.WARNINGS[self.code].in_language(lang).format(detail=self.detail)

    def as_json(self) -> dict[str, str]:
        """Code, detail and both sentences."""
        return {
            "code": self.code,
            "detail": self.detail,
            "ja": self.sentence("ja"),
            "en": self.sentence("en"),
        }


def validity_remarks(certificate: x509.Certificate, at: dt.datetime) -> Iterator[Remark]:
    """Expired, or not valid yet, at a moment."""
    if at > certificate.not_valid_after_utc:
        yield Remark("expired", moment_words(certificate.not_valid_after_utc))
    if at < certificate.not_valid_before_utc:
        yield Remark("not_yet_valid", moment_words(certificate.not_valid_before_utc))


def policy_remarks(policies: Sequence[x509.ObjectIdentifier], *, is_root: bool) -> Iterator[Remark]:
    """Which environment the policies speak of, and what is odd about them."""
    known = [KNOWN_POLICIES[policy] for policy in policies if policy in KNOWN_POLICIES]
    environments = {policy.environment for policy in known}
    if environments == {"test"}:
        yield Remark("test_certificate")
    elif len(environments) > 1:
        yield Remark("mixed_policies")
    elif not policies and not is_root:
        # The ministry's root carries no policy; every certificate below it does.
        yield Remark("no_policy")
    for policy in policies:
        if policy not in KNOWN_POLICIES:
            yield Remark("unknown_policy", policy.dotted_string)
    if any(policy.use is Use.PRESENCE for policy in known):
        yield Remark("presence_only")


def role_remarks(roles: Sequence[HcRole], *, expected: bool) -> Iterator[Remark]:
    """Unknown and unconfirmed role strings; `expected` says that a person's certificate should name one."""
    if expected and not roles:
        yield Remark("no_role")
    for role in roles:
        known = qualification_of_hcrole(role.text)
        if known is None:
            yield Remark("unknown_role", printable(role.text))
        elif known.provenance.startswith("to be confirmed"):
            yield Remark("unconfirmed_role", printable(role.text))


def strength_remarks(
    public_key: CertificatePublicKeyTypes | None, signature_hash: hashes.HashAlgorithm | None
) -> Iterator[Remark]:
    """Keys and hashes below what is still accepted."""
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size < _WEAK_RSA_BITS:
        yield Remark("weak_key", f"RSA {public_key.key_size}")
    if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.key_size < _WEAK_CURVE_BITS:
        yield Remark("weak_key", public_key.curve.name)
    if isinstance(public_key, dsa.DSAPublicKey):
        yield Remark("weak_key", f"DSA {public_key.key_size}")
    if signature_hash is not None and signature_hash.name in _WEAK_HASHES:
        yield Remark("weak_signature", signature_hash.name.upper())
