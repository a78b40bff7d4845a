"""What revocation data say, as a sentence of the report."""

from dataclasses import dataclass

from hpki.validation.facts import CertificateFacts
from hpki.validation.indication import SubIndication
from hpki.validation.revocation_finding import RevocationFinding, Verdict


@dataclass(frozen=True, slots=True)
class StatusFinding:
    """What revocation data say of one certificate on the path."""

    status: RevocationFinding
    certificate: CertificateFacts
    is_target: bool

    @property
    def about(self) -> str:
        """The certificate it speaks of."""
        return self.certificate.words

    @property
    def code(self) -> str:
        """Stable name of what was found."""
        return self.status.code

    @property
    def clause(self) -> str:
        """The standard and clause."""
        return self.status.clause

    @property
    def sub_indication(self) -> SubIndication | None:
        """Revoked is final; on hold or not to be told may change (EN 319 102-1 5.2.6)."""
        if self.status.is_good:
            return None
        if self.status.verdict is not Verdict.REVOKED:
            return SubIndication.TRY_LATER
        return SubIndication.REVOKED if self.is_target else SubIndication.REVOKED_CA

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        return f"{self.about}: {self.status.sentence(lang)}"
