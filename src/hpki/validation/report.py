"""The judge's report: frozen, replayable, in words and as JSON."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.x509 import ObjectIdentifier

from hpki.certs import printing
from hpki.certs.describe import StatedQualification
from hpki.certs.hcrole import hcroles_of
from hpki.certs.policies import KNOWN_POLICIES
from hpki.certs.qualifications import qualification_of_hcrole
from hpki.certs.wording import ENVIRONMENTS
from hpki.errors import MalformedInput
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Sentence, sentence_json
from hpki.validation.indication import PRECEDENCE, Indication, SubIndication, indication_of
from hpki.validation.status_finding import StatusFinding
from hpki.validation.wording import INDICATIONS, LABELS


@dataclass(frozen=True)
class Report:
    """One certificate judged at one moment under one policy.

    `path` runs from the anchor's certificate to the judged one and is empty when none was found; `policies` is the
    user-constrained-policy-set of RFC 5280 6.1.6 and `authority_policies` the authority-constrained one;
    `environment` is production or test as the certificate's policies say, None when they do not; `qualifications` are
    what the certificate states, to be believed only when the indication is passed.
    """

    indication: Indication
    sub_indication: SubIndication | None
    at: dt.datetime
    policy: str
    certificate: CertificateFacts | None
    path: tuple[CertificateFacts, ...]
    findings: tuple[Sentence, ...]
    statuses: tuple[StatusFinding, ...] = ()
    policies: frozenset[ObjectIdentifier] = frozenset()
    authority_policies: frozenset[ObjectIdentifier] = frozenset()

    @property
    def is_passed(self) -> bool:
        """Nothing stands against the certificate."""
        return self.indication is Indication.PASSED

    @property
    def environment(self) -> str | None:
        """What the policies of the certificate say, see `environment_of`."""
        return None if self.certificate is None else environment_of(self.certificate)

    @property
    def qualifications(self) -> tuple[StatedQualification, ...]:
        """The qualifications that the certificate states."""
        return () if self.certificate is None else qualifications_of(self.certificate)

    def as_json(self) -> dict[str, object]:
        """The report as JSON values; moments in UTC (RFC 3339)."""
        return {
            "kind": "validation_report",
            "indication": self.indication,
            "sub_indication": self.sub_indication,
            "at": printing.moment_json(self.at),
            "policy": self.policy,
            "environment": self.environment,
            "qualifications": [stated.as_json() for stated in self.qualifications],
            "path": [_certificate_json(certificate) for certificate in self.path],
            "policies": _sorted(self.policies),
            "authority_policies": _sorted(self.authority_policies),
            "findings": [sentence_json(found) for found in self.findings],
            "revocation": [sentence_json(status) for status in self.statuses],
        }

    def words(self, lang: str) -> list[tuple[str, str]]:
        """Label and value of each line, in Japanese ("ja") or English."""
        place = 0 if lang == "ja" else 1
        outcome = INDICATIONS[self.indication][place]
        if self.sub_indication is not None:
            outcome = f"{outcome} ({self.sub_indication})"
        rows = [
            ("indication", outcome),
            ("certificate", "-" if self.certificate is None else self.certificate.words),
            ("at", printing.moment_words(self.at)),
            ("policy", self.policy),
        ]
        if self.environment is not None:
            rows.append(("environment", ENVIRONMENTS[self.environment].in_language(lang)))
        rows.extend(("qualification", stated.words(lang)) for stated in self.qualifications)
        rows.extend(("path", certificate.words) for certificate in self.path)
        rows.extend(("policies", oid) for oid in _sorted(self.policies))
        rows.extend(("finding", f"{found.sentence(lang)} [{found.clause}]") for found in self.findings)
        rows.extend(
            ("revocation", status.sentence(lang)) for status in self.statuses if status.status.is_good
        )
        return [(LABELS[code][place], value) for code, value in rows]


def outcome_of(findings: Sequence[Sentence]) -> tuple[Indication, SubIndication | None]:
    """The outcome that findings add up to: the first sub-indication in their order of precedence."""
    found = [finding.sub_indication for finding in findings if finding.sub_indication is not None]
    worst = min(found, key=PRECEDENCE.__getitem__, default=None)
    return indication_of(worst), worst


@lru_cache(maxsize=256)
def environment_of(certificate: CertificateFacts) -> str | None:
    """Either "production" or "test", when the certificate's known policies agree."""
    known = {KNOWN_POLICIES[oid].environment for oid in certificate.policies or () if oid in KNOWN_POLICIES}
    return known.pop() if len(known) == 1 else None


@lru_cache(maxsize=256)
def qualifications_of(certificate: CertificateFacts) -> tuple[StatedQualification, ...]:
    """What the certificate's hcRole states; nothing when it cannot be read."""
    try:
        roles = hcroles_of(certificate.certificate)
    except MalformedInput:
        return ()
    stated = []
    for role in roles:
        # hcRole is open to every country's list of titles: only Japan's says who is a physician here.
        known = qualification_of_hcrole(role.text) if role.is_of_japan else None
        stated.append(
            StatedQualification(known.code if known else None, known.name_ja if known else None, role.text)
        )
    return tuple(stated)


@lru_cache(maxsize=256)
def is_role_readable(certificate: CertificateFacts) -> bool:
    """Whether its hcRole, if it has one, can be read."""
    try:
        hcroles_of(certificate.certificate)
    except MalformedInput:
        return False
    return True


def _certificate_json(certificate: CertificateFacts) -> dict[str, str]:
    return {
        "subject": certificate.subject_words,
        "serial_number": printing.serial_words(certificate.serial_number),
        "not_before": printing.moment_json(certificate.not_before),
        "not_after": printing.moment_json(certificate.not_after),
        "sha256": certificate.sha256.hex().upper(),
    }


def _sorted(policies: frozenset[ObjectIdentifier]) -> list[str]:
    return sorted(oid.dotted_string for oid in policies)
