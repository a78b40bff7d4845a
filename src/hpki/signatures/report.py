"""The report on a signed document: frozen, replayable, in words and as JSON (the shape of `hpki validate document`)."""

import datetime as dt
from dataclasses import dataclass, field

from hpki.certs import printing
from hpki.certs.describe import StatedQualification
from hpki.certs.wording import ENVIRONMENTS
from hpki.signatures.facts import SignatureFacts, TimeStampFacts
from hpki.signatures.finding import Told, told_json
from hpki.signatures.indication import Indication, SubIndication, indication_of, worst_of
from hpki.signatures.wording import INDICATIONS, LABELS
from hpki.signatures.wording_advice import ADVICE, changes_words, covers_words
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import sentence_json
from hpki.validation.report import Report, environment_of, qualifications_of


@dataclass(frozen=True)
class TimeStampReport:
    """One time-stamp judged: a proof of existence only when `is_proof`."""

    facts: TimeStampFacts
    findings: tuple[Told, ...]
    authority: CertificateFacts | None
    is_intact: bool
    certificate_report: Report | None = field(repr=False, default=None)

    @property
    def sub_indication(self) -> SubIndication | None:
        """Why it is no proof."""
        return worst_of(found.sub_indication for found in self.findings)

    @property
    def indication(self) -> Indication:
        """What it comes to by itself."""
        return indication_of(self.sub_indication)

    @property
    def is_proof(self) -> bool:
        """Nothing stands against it."""
        return self.indication is Indication.TOTAL_PASSED

    def as_json(self) -> dict[str, object]:
        """The time-stamp as JSON values."""
        facts = self.facts
        return {
            "kind": facts.kind,
            "profile": facts.profile,
            "place": facts.place,
            "indication": self.indication,
            "sub_indication": self.sub_indication,
            "intact": self.is_intact,
            "stamped_at": _moment_json(facts.stamped_at),
            "authority": certificate_json(self.authority),
            "findings": [told_json(found) for found in self.findings],
        }


@dataclass(frozen=True)
class SignatureReport:
    """One signature judged.

    `is_intact`: the signature value and every digest that can be checked hold.  `proven_at` is the earliest moment by
    which a time-stamp proves that the signature existed.  Who signed and with which qualification is to be believed only
    when the indication is passed.
    """

    facts: SignatureFacts
    findings: tuple[Told, ...]
    signer: CertificateFacts | None
    is_intact: bool
    proven_at: dt.datetime | None
    time_stamps: tuple[TimeStampReport, ...] = ()
    counter_signatures: tuple["SignatureReport", ...] = ()
    certificate_report: Report | None = field(repr=False, default=None)

    @property
    def sub_indication(self) -> SubIndication | None:
        """Why it did not pass."""
        return worst_of(found.sub_indication for found in self.findings)

    @property
    def indication(self) -> Indication:
        """What the signature comes to."""
        return indication_of(self.sub_indication)

    @property
    def environment(self) -> str | None:
        """Either "production" or "test", as the certificate's policies say."""
        return None if self.signer is None else environment_of(self.signer)

    @property
    def qualifications(self) -> tuple[StatedQualification, ...]:
        """The qualifications that the signer's certificate states."""
        return () if self.signer is None else qualifications_of(self.signer)

    def as_json(self) -> dict[str, object]:
        """The signature as JSON values; moments in UTC (RFC 3339)."""
        facts, report = self.facts, self.certificate_report
        return {
            "indication": self.indication,
            "sub_indication": self.sub_indication,
            "format": facts.format,
            "level": facts.level,
            "intact": self.is_intact,
            "signed_at": _moment_json(facts.claimed_signed_at),
            "proven_at": _moment_json(self.proven_at),
            "signer": certificate_json(self.signer),
            "environment": self.environment,
            "qualifications": [stated.as_json() for stated in self.qualifications],
            "in_force_at": self._in_force_at(),
            "place": facts.place,
            "covers": list(facts.covers),
            "leaves_out": list(facts.leaves_out),
            "claimed_roles": list(facts.claimed_roles),
            "commitments": list(facts.commitments),
            "signature_policy": None if facts.policy is None else facts.policy.identifier,
            "path": [] if report is None else [certificate_json(each) for each in report.path],
            "revocation": [] if report is None else [sentence_json(status) for status in report.statuses],
            "time_stamps": [each.as_json() for each in self.time_stamps],
            "counter_signatures": [each.as_json() for each in self.counter_signatures],
            "findings": [told_json(found) for found in self.findings],
        }

    def _in_force_at(self) -> str | None:
        """The moment at which the certificate, and with it the qualification, is known to have been in force."""
        report = self.certificate_report
        if report is None or self.indication is not Indication.TOTAL_PASSED:
            return None
        return printing.moment_json(self.proven_at or report.at)

    def words(self, lang: str) -> list[tuple[str, str]]:
        """Label and value of each line, in Japanese ("ja") or English."""
        facts = self.facts
        level = f"{facts.format} {facts.level}"
        rows = [
            ("signature", facts.place),
            ("indication", outcome_words(self.indication, self.sub_indication, lang)),
        ]
        if self.sub_indication is not None:
            rows.append(("advice", ADVICE[self.sub_indication].in_language(lang)))
        rows.append(("signer", "-" if self.signer is None else self.signer.words))
        if self.signer is not None:
            rows.append(("authority", self.signer.issuer_words))
        rows.extend(("qualification", stated.words(lang)) for stated in self.qualifications)
        if self.environment is not None:
            rows.append(("environment", ENVIRONMENTS[self.environment].in_language(lang)))
        rows.append(("level", level))
        codes = {found.code for found in self.findings}
        rows.append(("intact", changes_words(codes, is_intact=self.is_intact).in_language(lang)))
        for code, moment in (("signed_at", facts.claimed_signed_at), ("proven_at", self.proven_at)):
            rows.append((code, "-" if moment is None else printing.moment_words(moment)))
        rows.extend(("role", printing.printable(role)) for role in facts.claimed_roles)
        rows.extend(("covers", printing.printable(covers_words(what, lang))) for what in facts.covers)
        rows.extend(("leaves_out", printing.printable(what)) for what in facts.leaves_out)
        rows.extend(("time_stamp", _stamp_words(each, lang)) for each in self.time_stamps)
        rows.extend(("finding", f"{found.sentence(lang)} [{found.clause}]") for found in self.findings)
        labelled = [(LABELS[code][_place(lang)], value) for code, value in rows]
        return [*labelled, *(row for each in self.counter_signatures for row in each.words(lang))]


@dataclass(frozen=True)
class DocumentReport:
    """All signatures of a document judged at one moment under one policy."""

    format: str
    at: dt.datetime
    policy: str
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Told, ...] = ()
    time_stamps: tuple[TimeStampReport, ...] = ()

    @property
    def sub_indication(self) -> SubIndication | None:
        """The worst of the document's own findings and of all its signatures."""
        own = worst_of(found.sub_indication for found in self.findings)
        return worst_of((own, *(each.sub_indication for each in self.all_signatures())))

    @property
    def indication(self) -> Indication:
        """Passed only when every signature is."""
        return indication_of(self.sub_indication)

    def all_signatures(self) -> list[SignatureReport]:
        """The signatures and the counter-signatures upon them."""
        found = list(self.signatures)
        for each in found:
            found.extend(each.counter_signatures)
        return found

    def as_json(self) -> dict[str, object]:
        """The report as JSON values."""
        return {
            "kind": "document_validation_report",
            "indication": self.indication,
            "sub_indication": self.sub_indication,
            "at": printing.moment_json(self.at),
            "policy": self.policy,
            "format": self.format,
            "signatures": [each.as_json() for each in self.signatures],
            "time_stamps": [each.as_json() for each in self.time_stamps],
            "findings": [told_json(found) for found in self.findings],
        }

    def words(self, lang: str) -> list[tuple[str, str]]:
        """Label and value of each line, in Japanese ("ja") or English."""
        rows = [
            ("indication", outcome_words(self.indication, self.sub_indication, lang)),
            ("at", printing.moment_words(self.at)),
            ("policy", self.policy),
        ]
        if self.sub_indication is not None and not self.signatures:
            rows.insert(1, ("advice", ADVICE[self.sub_indication].in_language(lang)))
        rows.extend(("time_stamp", _stamp_words(each, lang)) for each in self.time_stamps)
        rows.extend(("finding", f"{found.sentence(lang)} [{found.clause}]") for found in self.findings)
        labelled = [(LABELS[code][_place(lang)], value) for code, value in rows]
        return [*labelled, *(row for each in self.signatures for row in each.words(lang))]


def outcome_words(indication: Indication, sub_indication: SubIndication | None, lang: str) -> str:
    """The outcome with its reason for people."""
    words = INDICATIONS[indication][_place(lang)]
    return words if sub_indication is None else f"{words} ({sub_indication})"


def certificate_json(certificate: CertificateFacts | None) -> dict[str, str] | None:
    """A certificate as JSON values."""
    if certificate is None:
        return None
    return {
        "subject": certificate.subject_words,
        "issuer": certificate.issuer_words,
        "serial_number": printing.serial_words(certificate.serial_number),
        "not_before": printing.moment_json(certificate.not_before),
        "not_after": printing.moment_json(certificate.not_after),
        "sha256": certificate.sha256.hex().upper(),
    }


def _stamp_words(stamp: TimeStampReport, lang: str) -> str:
    moment = "-" if stamp.facts.stamped_at is None else printing.moment_words(stamp.facts.stamped_at)
    who = "-" if stamp.authority is None else stamp.authority.subject_words
    kind = stamp.facts.kind if not stamp.facts.profile else f"{stamp.facts.kind} {stamp.facts.profile}"
    return f"{kind}, {moment}, {who}: {outcome_words(stamp.indication, stamp.sub_indication, lang)}"


def _moment_json(moment: dt.datetime | None) -> str | None:
    return None if moment is None else printing.moment_json(moment)


def _place(lang: str) -> int:
    return 0 if lang == "ja" else 1
