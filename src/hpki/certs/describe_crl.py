"""A revocation list in people's words.  Nothing is judged."""

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hpki.certs import printing, wording
from hpki.certs.describe import signature_hash_of, signature_words
from hpki.certs.reading import REFUSALS
from hpki.certs.remarks import Remark
from hpki.errors import MalformedInput


@dataclass(frozen=True)
class RevokedWords:
    """One entry of a list; `reason` is None where the list gives none."""

    serial_number: str
    revoked_at: dt.datetime
    reason: str | None


@dataclass(frozen=True)
class CrlDescription:
    """What a revocation list says.

    `scope` is all, authorities (a root's ARL) or part; `number` is None for a list without cRLNumber.
    """

    issuer: str
    number: int | None
    scope: str
    this_update: dt.datetime
    next_update: dt.datetime | None
    entries: tuple[RevokedWords, ...]
    signature_algorithm: str
    sha256: str
    warnings: tuple[Remark, ...]

    def as_json(self) -> dict[str, object]:
        """The description as JSON values; moments in UTC (RFC 3339)."""
        return {
            "kind": "crl",
            "issuer": self.issuer,
            "number": self.number,
            "scope": self.scope,
            "this_update": printing.moment_json(self.this_update),
            "next_update": None if self.next_update is None else printing.moment_json(self.next_update),
            "entry_count": len(self.entries),
            "entries": [
                {
                    "serial_number": entry.serial_number,
                    "revoked_at": printing.moment_json(entry.revoked_at),
                    "reason": entry.reason,
                }
                for entry in self.entries
            ],
            "signature_algorithm": self.signature_algorithm,
            "sha256": self.sha256,
            "warnings": [remark.as_json() for remark in self.warnings],
        }

    def words(self, lang: str) -> list[tuple[str, str]]:
        """Label and value of each line, in Japanese ("ja") or English; entries are counted, not listed."""
        unknown = wording.LABELS["unknown"].in_language(lang)
        next_update = unknown if self.next_update is None else printing.moment_words(self.next_update)
        rows = [
            ("issuer", self.issuer),
            ("number", unknown if self.number is None else str(self.number)),
            ("scope", wording.SCOPES[self.scope].in_language(lang)),
            ("this_update", printing.moment_words(self.this_update)),
            ("next_update", next_update),
            ("entries", str(len(self.entries))),
            ("signature", self.signature_algorithm),
            ("sha256", self.sha256),
            *(("warnings", remark.sentence(lang)) for remark in self.warnings),
        ]
        return [(wording.LABELS[code].in_language(lang), value) for code, value in rows]


def describe_crl(revocation_list: x509.CertificateRevocationList, *, at: dt.datetime) -> CrlDescription:
    """The description of a list as seen at a moment.  Raises MalformedInput when a field of it is not DER."""
    try:
        return _describe(revocation_list, at)
    except REFUSALS as refused:
        raise MalformedInput("revocation list", str(refused)) from refused


def _describe(revocation_list: x509.CertificateRevocationList, at: dt.datetime) -> CrlDescription:
    next_update = revocation_list.next_update_utc
    outdated = next_update is not None and at > next_update
    return CrlDescription(
        issuer=printing.name_words(revocation_list.issuer),
        number=_number(revocation_list),
        scope=_scope(revocation_list),
        this_update=revocation_list.last_update_utc,
        next_update=next_update,
        entries=tuple(_entry(entry) for entry in revocation_list),
        signature_algorithm=signature_words(
            revocation_list.signature_algorithm_oid, signature_hash_of(revocation_list)
        ),
        sha256=revocation_list.fingerprint(hashes.SHA256()).hex().upper(),
        warnings=(Remark("outdated", printing.moment_words(next_update)),)
        if outdated and next_update
        else (),
    )


def _number(revocation_list: x509.CertificateRevocationList) -> int | None:
    try:
        return revocation_list.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _scope(revocation_list: x509.CertificateRevocationList) -> str:
    try:
        point = revocation_list.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return "all"
    return "authorities" if point.only_contains_ca_certs else "part"


def _entry(entry: x509.RevokedCertificate) -> RevokedWords:
    try:
        reason: str | None = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
    except x509.ExtensionNotFound:
        reason = None
    return RevokedWords(printing.serial_words(entry.serial_number), entry.revocation_date_utc, reason)
