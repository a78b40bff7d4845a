"""Issuers come from key ceremonies."""

import datetime as dt
import hashlib

from cryptography import x509
from django.db import transaction

from hpki.issuance.content import ROOT_LIST
from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.people import audit
from hpki_server.people.officer import Officer


@transaction.atomic
def register_issuer(registration: IssuerRegistration, *, by: Officer | str, at: dt.datetime) -> Issuer:
    """Take over what a ceremony made.  The same registration again gives the same issuer.

    Raises `ValueError` when the slug is taken by another certificate or the parent is unknown: a ceremony
    that comes so far with wrong facts is a programming error, not an expected no.
    """
    fingerprint = hashlib.sha256(registration.certificate_der).hexdigest()
    known = Issuer.objects.select_for_update().filter(slug=registration.slug).first()
    if known is not None:
        if known.certificate_sha256 != fingerprint:
            raise ValueError(f"issuer {registration.slug} exists with another certificate")
        return known
    number = _number(x509.load_der_x509_crl(registration.first_crl_der))
    issuer = Issuer.objects.create(
        slug=registration.slug,
        profile=registration.profile,
        issues=registration.issues,
        environment=registration.environment,
        certificate_der=registration.certificate_der,
        certificate_sha256=fingerprint,
        parent=_parent(registration),
        key_store=dict(registration.key_store),
        crl_url=registration.crl_url,
        cps_url=registration.cps_url,
        crl_number=number,
        registered_at=at,
    )
    for der in (*registration.earlier_crl_ders, registration.first_crl_der):
        _store_list(issuer, der)
    audit.record(
        "issuer:register",
        by=by,
        subject_kind="issuer",
        subject_id=issuer.id,
        at=at,
        details={
            "slug": issuer.slug,
            "certificate_sha256": fingerprint,
            "transcript_sha256": registration.transcript_sha256,
            "crl_number": number,
        },
    )
    return issuer


def _store_list(issuer: Issuer, der: bytes) -> None:
    crl = x509.load_der_x509_crl(der)
    if crl.next_update_utc is None:
        raise ValueError("a first CRL names no next update")
    IssuedCrl.objects.create(
        issuer=issuer,
        number=_number(crl),
        scope=_scope(issuer, crl),
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
    )


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _scope(issuer: Issuer, crl: x509.CertificateRevocationList) -> IssuedCrl.Scope:
    """Of a root's two lists the one whose distribution point says so."""
    if issuer.parent is not None:
        return IssuedCrl.Scope.ALL
    point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    named = f"CN={ROOT_LIST}"
    is_roots = any(named in name.value.rfc4514_string() for name in point.full_name or ())
    return IssuedCrl.Scope.ROOTS if is_roots else IssuedCrl.Scope.SUBORDINATES


def _parent(registration: IssuerRegistration) -> Issuer | None:
    if registration.parent_slug is None:
        return None
    parent = Issuer.objects.filter(slug=registration.parent_slug).first()
    if parent is None:
        raise ValueError(f"parent issuer {registration.parent_slug} is not registered")
    return parent
