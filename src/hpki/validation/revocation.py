"""Was this certificate revoked at that moment?  A pure answer from the lists and OCSP answers at hand."""

import datetime as dt

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID

from hpki.validation.crl_check import check_lists
from hpki.validation.currency import Question
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.ocsp_check import check_answers
from hpki.validation.revocation_finding import (
    InPath,
    RevocationDemand,
    RevocationFinding,
    SignerProof,
    Verdict,
)

__all__ = ["InPath", "RevocationDemand", "RevocationFinding", "SignerProof", "Verdict", "check_revocation"]


def check_revocation(
    subject: InPath, evidence: Evidence, demand: RevocationDemand, at: dt.datetime, proves: SignerProof
) -> RevocationFinding:
    """What the evidence says of a certificate at a moment.

    Lists and answers are both asked.  A revocation found in either counts; of two that differ otherwise (good, on hold)
    the newer one does.
    """
    if exempt := _exempt(subject.certificate):
        return RevocationFinding(Verdict.NOT_NEEDED, exempt)
    question = Question(subject, evidence, demand, at, proves)
    answered, listed = check_answers(question), check_lists(question)
    if answered is None or listed.verdict is Verdict.REVOKED:
        return listed
    if answered.verdict is Verdict.REVOKED or listed.verdict is Verdict.UNDETERMINED:
        # An answer that helps nothing says more than a missing list, and less than a list that was there.
        is_silent = answered.verdict is Verdict.UNDETERMINED and listed.code != "no_data"
        return listed if is_silent else answered
    if answered.verdict is Verdict.UNDETERMINED:
        return listed
    return max(answered, listed, key=lambda finding: finding.this_update or at)


def _exempt(certificate: CertificateFacts) -> str | None:
    """The code of a finding that spares a certificate the question; None when it has to be asked."""
    purposes = certificate.extended_key_usage or frozenset()
    if ExtensionOID.OCSP_NO_CHECK in certificate.extensions and ExtendedKeyUsageOID.OCSP_SIGNING in purposes:
        return "responder_not_checked"
    # RFC 9608 3: a certificate with noRevAvail is no authority's and has no CRL distribution point, freshest CRL or
    # OCSP address.  One that says both is asked about as any other.
    if not certificate.has_no_revocation or certificate.is_authority:
        return None
    contradicts = {
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.FRESHEST_CRL,
    } & certificate.extensions.keys()
    access = certificate.extension(x509.AuthorityInformationAccess)
    has_ocsp = any(found.access_method == AuthorityInformationAccessOID.OCSP for found in access or ())
    return None if contradicts or has_ocsp else "no_revocation_foreseen"
