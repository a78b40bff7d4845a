"""Was this certificate revoked at that moment?  A pure answer from lists and OCSP answers at hand."""

import datetime as dt

from hpki.validation.evidence import Evidence
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
    """What the evidence says of a certificate at a moment."""
    del evidence, demand, at, proves
    return RevocationFinding(Verdict.UNDETERMINED, "no_data", subject.certificate.issuer_words)
