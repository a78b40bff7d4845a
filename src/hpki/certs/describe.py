"""A certificate in people's words.  Describing proves nothing: signature, path and revocation are not judged."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from hpki.certs import printing, remarks, wording
from hpki.certs.hcrole import HcRole, hcroles_of
from hpki.certs.policies import KNOWN_POLICIES, Use
from hpki.certs.qualifications import qualification_of_hcrole
from hpki.certs.reading import REFUSALS
from hpki.certs.remarks import Remark
from hpki.errors import MalformedInput
from hpki.oids import EKU_CARD_PRESENCE


@dataclass(frozen=True)
class StatedQualification:
    """A qualification as a certificate states it; `code` and `name_ja` are None for a string in no table."""

    code: str | None
    name_ja: str | None
    hcrole: str

    def as_json(self) -> dict[str, str | None]:
        """code, name_ja, hcrole."""
        return {"code": self.code, "name_ja": self.name_ja, "hcrole": self.hcrole}

    def words(self, lang: str) -> str:
        """`医師（Medical Doctor）`; the bare string when it is in no table."""
        hcrole = printing.printable(self.hcrole)
        if self.name_ja is None:
            return f"{hcrole}（{wording.LABELS['unknown'].ja}）" if lang == "ja" else f"{hcrole} (unknown)"
        return f"{self.name_ja}（{hcrole}）" if lang == "ja" else f"{hcrole} ({self.name_ja})"


@dataclass(frozen=True)
class CertificateDescription:
    """What a certificate says.

    `level` is root, authority or end_entity; `use` and `environment` follow from its policies and are None when those
    are unknown; `key_usage` are the names of RFC 5280 4.2.1.3 as cryptography spells them; `extended_key_usage` are
    dotted object identifiers; moments are aware.
    """

    subject: str
    subject_ja: str | None
    holder_name: str | None
    holder_name_ja: str | None
    issuer: str
    serial_number: str
    level: str
    use: str | None
    policies: tuple[str, ...]
    environment: str | None
    qualifications: tuple[StatedQualification, ...]
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime
    key: str
    signature_algorithm: str
    crl_urls: tuple[str, ...]
    sha256: str
    warnings: tuple[Remark, ...]

    def as_json(self) -> dict[str, object]:
        """The description as JSON values; moments in UTC (RFC 3339)."""
        return {
            "kind": "certificate",
            "subject": self.subject,
            "subject_ja": self.subject_ja,
            "holder_name": self.holder_name,
            "holder_name_ja": self.holder_name_ja,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "level": self.level,
            "use": self.use,
            "policies": list(self.policies),
            "environment": self.environment,
            "qualifications": [stated.as_json() for stated in self.qualifications],
            "key_usage": list(self.key_usage),
            "extended_key_usage": list(self.extended_key_usage),
            "not_before": printing.moment_json(self.not_before),
            "not_after": printing.moment_json(self.not_after),
            "key": self.key,
            "signature_algorithm": self.signature_algorithm,
            "crl_urls": list(self.crl_urls),
            "sha256": self.sha256,
            "warnings": [remark.as_json() for remark in self.warnings],
        }

    def words(self, lang: str) -> list[tuple[str, str]]:
        """Label and value of each line, in Japanese ("ja") or English."""
        unknown, none = (wording.LABELS[code].in_language(lang) for code in ("unknown", "none"))
        separator = "、" if lang == "ja" else ", "
        environment = (
            wording.ENVIRONMENTS[self.environment].in_language(lang) if self.environment else unknown
        )
        usages = [wording.KEY_USAGES[usage].in_language(lang) for usage in self.key_usage]
        purposes = [_purpose(oid, lang) for oid in self.extended_key_usage]
        rows = [
            ("subject", self.subject),
            ("subject_ja", self.subject_ja or none),
            ("issuer", self.issuer),
            ("serial_number", self.serial_number),
            ("level", wording.LEVELS[self.level].in_language(lang)),
            ("use", wording.USES[self.use].in_language(lang) if self.use else unknown),
            ("policies", separator.join(self.policies) or none),
            ("environment", environment),
            ("qualifications", separator.join(q.words(lang) for q in self.qualifications) or none),
            ("key_usage", separator.join(usages) or none),
            ("extended_key_usage", separator.join(purposes) or none),
            (
                "validity",
                f"{printing.moment_words(self.not_before)} – {printing.moment_words(self.not_after)}",
            ),
            ("key", self.key),
            ("signature", self.signature_algorithm),
            *(("crl_urls", url) for url in self.crl_urls),
            ("sha256", self.sha256),
            *(("warnings", remark.sentence(lang)) for remark in self.warnings),
        ]
        return [(wording.LABELS[code].in_language(lang), value) for code, value in rows]


def describe(certificate: x509.Certificate, *, at: dt.datetime) -> CertificateDescription:
    """The description of a certificate as seen at a moment.

    Raises MalformedInput when a field of it is not DER or not of its type; a role that cannot be read is a warning.
    """
    try:
        return _describe(certificate, at)
    except REFUSALS as refused:  # cryptography reads most fields only when asked
        raise MalformedInput("certificate", str(refused)) from refused


def _describe(certificate: x509.Certificate, at: dt.datetime) -> CertificateDescription:
    extensions = certificate.extensions
    policies = _policies(extensions)
    known = [KNOWN_POLICIES[policy] for policy in policies if policy in KNOWN_POLICIES]
    environments = {policy.environment for policy in known}
    level = _level(certificate)
    roles, role_trouble = _roles(certificate)
    key, signature_hash = _public_key(certificate), signature_hash_of(certificate)
    alternative = _japanese_subject(extensions)
    person = (
        any(policy.use in {Use.SIGNING, Use.AUTHENTICATION} for policy in known) and level == "end_entity"
    )
    return CertificateDescription(
        subject=printing.name_words(certificate.subject),
        subject_ja=None if alternative is None else printing.name_words(alternative),
        holder_name=printing.common_name(certificate.subject),
        holder_name_ja=None if alternative is None else printing.common_name(alternative),
        issuer=printing.name_words(certificate.issuer),
        serial_number=printing.serial_words(certificate.serial_number),
        level=level,
        use=known[0].use.value if len({policy.use for policy in known}) == 1 else None,
        policies=tuple(policy.dotted_string for policy in policies),
        environment=environments.pop() if len(environments) == 1 else None,
        qualifications=tuple(_stated(role) for role in roles),
        key_usage=_key_usage(extensions),
        extended_key_usage=_extended_key_usage(extensions),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=_key_words(key),
        signature_algorithm=signature_words(certificate.signature_algorithm_oid, signature_hash),
        crl_urls=_crl_urls(extensions),
        sha256=certificate.fingerprint(hashes.SHA256()).hex().upper(),
        warnings=(
            *remarks.validity_remarks(certificate, at),
            *remarks.policy_remarks(policies, is_root=level == "root"),
            *role_trouble,
            *remarks.role_remarks(roles, expected=person and not role_trouble),
            *remarks.strength_remarks(key, signature_hash),
        ),
    )


def signature_words(oid: x509.ObjectIdentifier, signature_hash: hashes.HashAlgorithm | None) -> str:
    """`RSA with SHA-256`-like words of a signature algorithm, else its object identifier."""
    names = {
        "1.2.840.113549.1.1": "RSA",
        "1.2.840.113549.1.1.10": "RSA-PSS",
        "1.2.840.10045.4": "ECDSA",
        "1.2.840.10045.4.3": "ECDSA",
        "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
    }
    family = (
        names.get(oid.dotted_string) or names.get(oid.dotted_string.rpartition(".")[0]) or oid.dotted_string
    )
    if signature_hash is None:
        return family
    return f"{family} with {signature_hash.name.upper().replace('SHA', 'SHA-', 1)}"


def signature_hash_of(
    signed: x509.Certificate | x509.CertificateRevocationList,
) -> hashes.HashAlgorithm | None:
    """The hash a signature is made with; None when it has none, or an algorithm that is not known."""
    try:
        return signed.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None


def _level(certificate: x509.Certificate) -> str:
    constraints = _find(certificate.extensions, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return "end_entity"
    return "root" if certificate.subject == certificate.issuer else "authority"


def _find(extensions: x509.Extensions, kind: type[remarks.ExtensionT]) -> remarks.ExtensionT | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _policies(extensions: x509.Extensions) -> tuple[x509.ObjectIdentifier, ...]:
    value = _find(extensions, x509.CertificatePolicies)
    return () if value is None else tuple(entry.policy_identifier for entry in value)


def _roles(certificate: x509.Certificate) -> tuple[tuple[HcRole, ...], tuple[Remark, ...]]:
    try:
        return hcroles_of(certificate), ()
    except MalformedInput as refused:
        return (), (Remark("malformed_role", printing.printable(str(refused))),)


def _stated(role: HcRole) -> StatedQualification:
    known = qualification_of_hcrole(role.text) if role.is_of_japan else None
    if known is None:
        return StatedQualification(None, None, role.text)
    return StatedQualification(known.code, known.name_ja, role.text)


def _japanese_subject(extensions: x509.Extensions) -> x509.Name | None:
    value = _find(extensions, x509.SubjectAlternativeName)
    return None if value is None else next(iter(value.get_values_for_type(x509.DirectoryName)), None)


def _key_usage(extensions: x509.Extensions) -> tuple[str, ...]:
    value = _find(extensions, x509.KeyUsage)
    return () if value is None else tuple(name for name in wording.KEY_USAGES if getattr(value, name))


def _extended_key_usage(extensions: x509.Extensions) -> tuple[str, ...]:
    value = _find(extensions, x509.ExtendedKeyUsage)
    return () if value is None else tuple(oid.dotted_string for oid in value)


def _purpose(oid: str, lang: str) -> str:
    if oid == EKU_CARD_PRESENCE.dotted_string:
        return wording.CARD_PRESENCE.in_language(lang)
    known = wording.EXTENDED_KEY_USAGES.get(oid)
    return oid if known is None else known.in_language(lang)


def _public_key(certificate: x509.Certificate) -> CertificatePublicKeyTypes | None:
    try:
        return certificate.public_key()
    except REFUSALS:
        return None


def _key_words(key: CertificatePublicKeyTypes | None) -> str:
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return "?" if key is None else type(key).__name__.removesuffix("PublicKey")


def _crl_urls(extensions: x509.Extensions) -> tuple[str, ...]:
    value = _find(extensions, x509.CRLDistributionPoints)
    points: Iterator[x509.DistributionPoint] = iter(value or ())
    return tuple(
        printing.printable(name.value)
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    )
