"""From the reviewed file to what is signed: the same for the ceremony, its check beforehand and its verification later."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

from hpki.certs.names import authority_name
from hpki.issuance.algorithms import life_ends_at, validity
from hpki.issuance.crl import PreparedCrl, prepare_crl
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, ListScope
from hpki.issuance.issuer import Issuer
from hpki.issuance.prepare import Prepared, prepare, prepare_root
from hpki.issuance.profiles import Life
from hpki.issuance.request import CertificateRequest
from hpki.keys.algorithms import algorithm_of
from hpki_server.authority.ceremony.file import CeremonyFile, Subject


def prepared_certificate(
    file: CeremonyFile,
    issuer: Issuer | None,
    public_key: CertificateIssuerPublicKeyTypes,
    *,
    serial_number: int,
    at: dt.datetime,
) -> Prepared:
    """The linted bytes of the authority's certificate; `issuer` is None for a root.

    Raises ProfileViolation, MalformedInput.
    """
    facts = file.certificate
    algorithm = algorithm_of(public_key) if issuer is None else issuer.algorithm
    parent = None if issuer is None else issuer.certificate
    begins, ends = validity(facts.facts, parent, (algorithm_of(public_key), algorithm), at)
    if facts.years is not None:
        ends = min(ends, life_ends_at(Life(years=facts.years), begins))
    request = CertificateRequest(
        profile=facts.facts,
        environment=facts.environment,
        subject=_name(facts.subject),
        public_key=public_key,
        serial_number=serial_number,
        not_before=begins,
        not_after=ends,
        subject_ja=None if facts.subject_ja is None else _name(facts.subject_ja),
    )
    if issuer is not None:
        return prepare(request, issuer, at=at, signer_algorithm=algorithm)
    # The file's rules see to it that a root has its own list's address.
    crl_url = file.publication.root_crl_url or file.publication.crl_url
    return prepare_root(request, crl_url=crl_url, at=at, signer_algorithm=algorithm)


def first_list_scopes(file: CeremonyFile) -> tuple[ListScope, ...]:
    """A root signs its list of roots and its list of sub-CAs, one counter for both; a sub-CA one full list."""
    return (ListScope.ROOTS, ListScope.SUBORDINATES) if file.is_root else (ListScope.ALL,)


def prepared_list(
    file: CeremonyFile, certificate: x509.Certificate, scope: ListScope, number: int, at: dt.datetime
) -> PreparedCrl:
    """The linted bytes of a first list: it is empty, and says that nothing is revoked."""
    facts = Issuer(certificate, file.publication.crl_url, file.publication.cps_url)
    if scope is ListScope.ROOTS and file.publication.root_crl_url is not None:
        facts = Issuer(certificate, file.publication.root_crl_url, file.publication.cps_url)
    request = CrlRequest(scope, number, at, at + CRL_LIFE)
    return prepare_crl(request, facts, signer_algorithm=facts.algorithm)


def _name(subject: Subject) -> x509.Name:
    return authority_name(
        organisation=subject.organisation,
        organisational_units=subject.organisational_units,
        common_name=subject.common_name,
    )
