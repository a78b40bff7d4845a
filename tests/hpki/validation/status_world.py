"""A small world of lists and answers: an authority, its certificates, and whoever signs about them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from hpki.keys.algorithms import KeyAlgorithm
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.revocation import InPath, RevocationDemand, RevocationFinding, check_revocation
from hpki.validation.revocation_list import RevocationList, read_revocation_list
from tests.pki import key

AT = dt.datetime(2026, 11, 4, 3, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
SERIAL = 0x1234
CRL_SIGN = ("key_cert_sign", "crl_sign")
Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def name(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def usage(*named: str) -> x509.KeyUsage:
    return x509.KeyUsage(
        **{
            each: each in named
            for each in (
                "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
            )
        }
    )  # fmt: skip


def certificate(
    subject: str,
    subject_key: str,
    issuer: str,
    issuer_key: str,
    *,
    serial: int = SERIAL,
    extensions: Extensions = (),
    life: tuple[dt.datetime, dt.datetime] = (AT - 100 * DAY, AT + 100 * DAY),
) -> CertificateFacts:
    public = key(KeyAlgorithm.P_256, subject_key).public_key()
    above = key(KeyAlgorithm.P_256, issuer_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()),
            critical=False,
        )
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return facts_of(builder.sign(above.builder_key(), hashes.SHA256()))


def authority(subject: str, subject_key: str | None = None, *, crl_sign: bool = True) -> CertificateFacts:
    named = CRL_SIGN if crl_sign else ("key_cert_sign",)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    extensions = [(constraints, True), (usage(*named), True)]
    return certificate(subject, subject_key or subject, "root", "root", serial=7, extensions=extensions)


ROOT = certificate(
    "root", "root", "root", "root", serial=1, extensions=[(x509.BasicConstraints(ca=True, path_length=None), True)]
)  # fmt: skip
CA = authority("ca")


def card(
    *points: x509.DistributionPoint, serial: int = SERIAL, ends: dt.datetime | None = None
) -> CertificateFacts:
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if points:
        extensions.append((x509.CRLDistributionPoints(list(points)), False))
    return certificate(
        "hanako", "hanako", "ca", "ca", serial=serial, extensions=extensions, life=(AT - 90 * DAY, ends or AT + 90 * DAY)
    )  # fmt: skip


def uri(address: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(address)


def point(
    *names: x509.GeneralName,
    issuer: str | None = None,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    relative: x509.RelativeDistinguishedName | None = None,
) -> x509.DistributionPoint:
    issuers = None if issuer is None else [x509.DirectoryName(name(issuer))]
    return x509.DistributionPoint(list(names) or None, relative, reasons, issuers)


def scope(
    *names: x509.GeneralName,
    reasons: frozenset[x509.ReasonFlags] | None = None,
    relative: x509.RelativeDistinguishedName | None = None,
    only: str = "",
) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=list(names) or None,
        relative_name=relative,
        only_contains_user_certs=only == "users",
        only_contains_ca_certs=only == "authorities",
        only_some_reasons=reasons,
        indirect_crl=only == "indirect",
        only_contains_attribute_certs=only == "attributes",
    )


@dataclass(frozen=True)
class Entry:
    serial: int = SERIAL
    at: dt.datetime = AT - 5 * DAY
    reason: x509.ReasonFlags | None = None
    issuer: str | None = None
    extra: tuple[x509.ExtensionType, bool] | None = None


@dataclass(frozen=True)
class Crl:
    """A list in the making."""

    entries: tuple[Entry, ...] = ()
    issuer: str = "ca"
    signer: str = "ca"
    number: int | None = 10
    this_update: dt.datetime = AT - HOUR
    next_update: dt.datetime | None = AT + 3 * DAY
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = field(default=())

    def der(self) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(name(self.issuer))
        builder = builder.last_update(self.this_update).next_update(self.next_update or AT)
        if self.number is not None:
            builder = builder.add_extension(x509.CRLNumber(self.number), critical=False)
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical=critical)
        for entry in self.entries:
            builder = builder.add_revoked_certificate(_revoked(entry))
        signed = builder.sign(key(KeyAlgorithm.P_256, self.signer).builder_key(), hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def read(self) -> RevocationList:
        return read_revocation_list(self.der())


def _revoked(entry: Entry) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
    if entry.reason is not None:
        builder = builder.add_extension(x509.CRLReason(entry.reason), critical=False)
    if entry.issuer is not None:
        issuer = x509.CertificateIssuer([x509.DirectoryName(name(entry.issuer))])
        builder = builder.add_extension(issuer, critical=True)
    if entry.extra is not None:
        builder = builder.add_extension(entry.extra[0], critical=entry.extra[1])
    return builder.build()


def ask(
    *crls: Crl,
    about: CertificateFacts | None = None,
    pool: tuple[CertificateFacts, ...] = (),
    proven: tuple[CertificateFacts, ...] = (),
    demand: RevocationDemand | None = None,
    answers: tuple[OcspAnswer, ...] = (),
    at: dt.datetime = AT,
    issuer: CertificateFacts = CA,
) -> RevocationFinding:
    """The certificate of 花子 (or another), judged by these lists and answers."""
    evidence = Evidence(pool, tuple(crl.read() for crl in crls), answers)
    subject = InPath(about or card(), issuer, (ROOT, issuer))
    return check_revocation(
        subject, evidence, demand or RevocationDemand(), at, lambda signer: signer in proven
    )


@dataclass(frozen=True)
class Answer:
    """An OCSP answer in the making; the responder's certificate stands in it when there is one."""

    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    responder: CertificateFacts = CA
    responder_key: str = "ca"
    about: CertificateFacts | None = None
    issuer: CertificateFacts = CA
    algorithm: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    this_update: dt.datetime = AT - HOUR
    next_update: dt.datetime | None = AT + HOUR
    revoked_at: dt.datetime | None = None
    reason: x509.ReasonFlags | None = None
    by_name: bool = True
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = ()

    def der(self) -> bytes:
        encoding = ocsp.OCSPResponderEncoding.NAME if self.by_name else ocsp.OCSPResponderEncoding.HASH
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=(self.about or card()).certificate,
                issuer=self.issuer.certificate,
                algorithm=self.algorithm,
                cert_status=self.status,
                this_update=self.this_update,
                next_update=self.next_update,
                revocation_time=self.revoked_at,
                revocation_reason=self.reason,
            )
            .responder_id(encoding, self.responder.certificate)
        )
        if self.responder != CA:
            builder = builder.certificates([self.responder.certificate])
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical=critical)
        signed = builder.sign(key(KeyAlgorithm.P_256, self.responder_key).builder_key(), hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def read(self) -> OcspAnswer:
        return read_ocsp_answer(self.der())
