"""What is missing to judge a certificate, and fetching it: issuers' certificates, OCSP answers, lists.

The judge is pure and never asks for anything; this asks beforehand.  What comes back is only evidence: nothing here
proves anything, so a wrong answer can make a judgement indeterminate and never wrong.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from hpki.certs.printing import printable
from hpki.certs.wording import Words
from hpki.errors import FetchError, MalformedInput
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, facts_of, read_certificate
from hpki.validation.foreign import REFUSALS, quietly
from hpki.validation.ocsp_answer import OcspAnswer, read_ocsp_answer
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation import InPath, RevocationDemand, Verdict, check_revocation
from hpki.validation.revocation_list import RevocationList, read_revocation_list
from hpki.validation.shelf import LONGEST, Shelf

# Steps from a certificate up to an anchor, and addresses that are asked for one certificate and kind.
MOST_STEPS: Final = 8
MOST_ADDRESSES: Final = 4
OCSP_REQUEST: Final = "application/ocsp-request"
_BUNDLE_CERTIFICATES: Final = 16


class Source(Protocol):
    """Where things are fetched from (`hpki.http.HttpFetcher`); raises FetchError."""

    def get(self, url: str) -> bytes:
        """The body of the answer to GET."""
        ...

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        """The body of the answer to POST."""
        ...


NOT_FETCHED: Final = Words("取得できませんでした：{detail}", "it could not be fetched: {detail}")


@dataclass(frozen=True)
class Missed:
    """Something that was asked for and did not come."""

    url: str
    why: str

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        return NOT_FETCHED.in_language(lang).format(detail=printable(f"{self.url}: {self.why}"))

    def as_json(self) -> dict[str, str]:
        """Code, address and reason."""
        return {"code": "not_fetched", "url": self.url, "why": self.why}


@dataclass(frozen=True)
class Gathered:
    """The evidence as it was given and what was fetched beside it."""

    evidence: Evidence
    missed: tuple[Missed, ...] = ()


@dataclass
class Gatherer:
    """Fetches through one source and keeps what it fetched on one shelf; `now` is the moment of fetching."""

    source: Source
    demand: RevocationDemand
    now: dt.datetime
    shelf: Shelf = field(default_factory=Shelf)
    missed: list[Missed] = field(default_factory=list)

    def gather(
        self,
        certificate: CertificateFacts,
        evidence: Evidence,
        anchors: Sequence[TrustAnchor],
        at: dt.datetime,
    ) -> Gathered:
        """Evidence enlarged by what the way from the certificate to an anchor asks for."""
        known = tuple(anchor.certificate for anchor in anchors)
        current = certificate
        for _ in range(MOST_STEPS):
            if current in known:
                break
            issuer = _issuer_of(current, (*known, *evidence.certificates))
            if issuer is None:
                evidence = evidence.joined(Evidence(certificates=tuple(self._issuers(current))))
                issuer = _issuer_of(current, evidence.certificates)
            if issuer is None or issuer == current:
                break

            evidence = self._with_status(InPath(current, issuer, (issuer,)), evidence, at)
            current = issuer
        return Gathered(evidence, tuple(self.missed))

    def _with_status(self, subject: InPath, evidence: Evidence, at: dt.datetime) -> Evidence:
        """Evidence with an answer about one certificate: what is at hand, else OCSP, else the lists it names."""
        if self._is_answered(subject, evidence, at):
            return evidence
        answers = tuple(self._answers(subject))
        evidence = evidence.joined(Evidence(ocsp_answers=answers))
        if answers and self._is_answered(subject, evidence, at):
            return evidence
        return evidence.joined(Evidence(crls=tuple(self._lists(subject.certificate))))

    def _is_answered(self, subject: InPath, evidence: Evidence, at: dt.datetime) -> bool:
        # Signers count as proven here: whether they are is the judge's question, and it is asked there.
        finding = check_revocation(subject, evidence, self.demand, at, lambda _: True)
        return finding.verdict is not Verdict.UNDETERMINED

    def _issuers(self, certificate: CertificateFacts) -> Iterator[CertificateFacts]:
        for url in _addresses(certificate, AuthorityInformationAccessOID.CA_ISSUERS):
            if octets := self._fetched(url):
                try:
                    yield from read_issuers(octets)
                    self.shelf.keep(url, octets, self.now + LONGEST, self.now)
                except MalformedInput as refused:
                    self.missed.append(Missed(url, str(refused)))

    def _answers(self, subject: InPath) -> Iterator[OcspAnswer]:
        for url in _addresses(subject.certificate, AuthorityInformationAccessOID.OCSP):
            request = ocsp_request(subject)
            key = f"{url} {request.hex()}"
            octets = self.shelf.find(key, self.now)
            try:
                found = read_ocsp_answer(octets or self.source.post(url, request, OCSP_REQUEST))
            except (FetchError, MalformedInput) as refused:
                self.missed.append(Missed(url, getattr(refused, "why", str(refused))))
                continue
            until = min((single.next_update or self.now for single in found.singles), default=self.now)
            self.shelf.keep(key, found.response.public_bytes(Encoding.DER), until, self.now)
            yield found
            return

    def _lists(self, certificate: CertificateFacts) -> Iterator[RevocationList]:
        named = certificate.extension(x509.CRLDistributionPoints)
        newest = certificate.extension(x509.FreshestCRL)
        for points in (named, newest):
            for point in list(points or ())[:MOST_ADDRESSES]:
                for url in _http_names(point.full_name or ()):
                    if (found := self._list(url)) is not None:
                        yield found
                        break

    def _list(self, url: str) -> RevocationList | None:
        octets = self._fetched(url)
        if octets is None:
            return None
        try:
            found = read_revocation_list(_der_of_crl(octets))
        except MalformedInput as refused:
            self.missed.append(Missed(url, str(refused)))
            return None
        self.shelf.keep(url, octets, found.next_update or self.now, self.now)
        return found

    def _fetched(self, url: str) -> bytes | None:
        if (kept := self.shelf.find(url, self.now)) is not None:
            return kept
        try:
            return self.source.get(url)
        except FetchError as refused:
            self.missed.append(Missed(refused.url, refused.why))
            return None


def ocsp_request(subject: InPath) -> bytes:
    """A request about one certificate, with SHA-1 in the CertID as responders of RFC 5019 expect, and no nonce.

    RFC 9919 prefers SHA-256; a responder that knows only one of them knows SHA-1.  Without a nonce the answer may be
    one that was signed ahead; how fresh it is its own dates say.
    """
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        subject.certificate.certificate,
        subject.issuer.certificate,
        hashes.SHA1(),  # noqa: S303 - names the issuer in a CertID, secures nothing
    )
    return builder.build().public_bytes(Encoding.DER)


def read_issuers(octets: bytes) -> list[CertificateFacts]:
    """Certificates of a caIssuers answer: one in DER or PEM, or a PKCS #7 bundle (RFC 5280 4.2.2.1).

    Raises MalformedInput.
    """
    if not octets.lstrip().startswith(b"-----BEGIN"):
        try:
            return [read_certificate(octets)]
        except MalformedInput:
            return _bundle(octets)
    try:
        with quietly():
            certificates = x509.load_pem_x509_certificates(octets)[:_BUNDLE_CERTIFICATES]
    except REFUSALS as refused:
        raise MalformedInput("certificates", printable(str(refused))) from refused
    return [facts_of(found) for found in certificates]


def _bundle(octets: bytes) -> list[CertificateFacts]:
    try:
        with quietly():
            found = pkcs7.load_der_pkcs7_certificates(octets)
    except REFUSALS as refused:
        raise MalformedInput("certificates", "neither a certificate nor a PKCS #7 bundle") from refused
    return [facts_of(certificate) for certificate in found[:_BUNDLE_CERTIFICATES]]


def _der_of_crl(octets: bytes) -> bytes:
    if not octets.lstrip().startswith(b"-----BEGIN"):
        return octets
    try:
        with quietly():
            return x509.load_pem_x509_crl(octets).public_bytes(Encoding.DER)
    except REFUSALS as refused:
        raise MalformedInput("revocation list", printable(str(refused))) from refused


def _issuer_of(
    certificate: CertificateFacts, candidates: Sequence[CertificateFacts]
) -> CertificateFacts | None:
    """A candidate that may be the issuer: the name is the same, and the key identifier where both say one."""
    key = certificate.authority_key_identifier
    wanted = None if key is None else key.key_identifier
    for candidate in candidates:
        if candidate.subject_name != certificate.issuer_name:
            continue
        own = candidate.subject_key_identifier
        if wanted is None or own is None or wanted == own:
            return candidate
    return None


def _addresses(certificate: CertificateFacts, method: x509.ObjectIdentifier) -> list[str]:
    access = certificate.extension(x509.AuthorityInformationAccess)
    found = [entry.access_location for entry in access or () if entry.access_method == method]
    return list(_http_names(found))[:MOST_ADDRESSES]


def _http_names(names: Sequence[x509.GeneralName]) -> Iterator[str]:
    for name in names[:MOST_ADDRESSES]:
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(
            ("http://", "https://")
        ):
            yield name.value
