"""After a restore from a backup: what a published list says and the records have forgotten."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.x509 import ReasonFlags
from django.db import transaction

from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput, SignatureMismatch
from hpki.issuance.crl_stream import signed_parts
from hpki.keys.algorithms import verify
from hpki_server.authority import ledger
from hpki_server.authority.models import Certificate, Issuer, StatusChange
from hpki_server.people import audit

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Recovered:
    """`unknown` serials have no record: they were issued after the backup, and are never good."""

    issuer: str
    number: int
    revoked: int
    held: int
    unknown: int


@transaction.atomic
def recover_from_list(crl_der: bytes, *, by: str, at: dt.datetime) -> Recovered:
    """Revoke again what a list of ours says, wherever it was kept; its number is never given again.

    A revocation is only ever added.  Raises MalformedInput for bytes that are no list, SignatureMismatch for a list
    that none of our issuers signed.
    """
    try:
        crl = x509.load_der_x509_crl(crl_der)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        said = {f"{entry.serial_number:040x}": (entry.revocation_date_utc, _reason(entry)) for entry in crl}
    except (*REFUSALS, x509.ExtensionNotFound) as refused:
        raise MalformedInput("CRL", str(refused)) from refused
    issuer = _signer_of(crl, crl_der)
    rows = _forgotten(issuer, said)
    held = [row for row in rows if said[row.serial_hex][1] is ReasonFlags.certificate_hold]
    ended = [
        row for row in rows if row not in held and said[row.serial_hex][1] is not ReasonFlags.remove_from_crl
    ]
    for row in ended:
        moment, reason = said[row.serial_hex]
        row.held_at = moment
        ledger.revoke_signed([row], reason or ReasonFlags.unspecified, at=at)
    for row in held:
        ledger.hold_signed([row], held_at=said[row.serial_hex][0], at=at)
    issuer.crl_number = max(issuer.crl_number, number)
    issuer.save(update_fields=["crl_number"])
    known = Certificate.objects.filter(issuer=issuer, serial_hex__in=list(said)).count()
    recovered = Recovered(issuer.slug, number, len(ended), len(held), len(said) - known)
    audit.record(
        "crl:recover",
        by=by,
        subject_kind="issuer",
        subject_id=issuer.id,
        at=at,
        details={
            "slug": issuer.slug,
            "number": number,
            "revoked": recovered.revoked,
            "held": recovered.held,
            "unknown": recovered.unknown,
        },
    )
    ledger.record_changes(ended, StatusChange.Kind.REVOKE, at=at)
    ledger.record_changes(held, StatusChange.Kind.HOLD, at=at)
    return recovered


def _forgotten(issuer: Issuer, said: dict[str, tuple[dt.datetime, ReasonFlags | None]]) -> list[Certificate]:
    serials = sorted(said)
    living = Certificate.objects.select_for_update().filter(
        issuer=issuer, state=Certificate.State.SIGNED, revoked_at__isnull=True, held_at__isnull=True
    )
    living = living.defer("tbs_der", "certificate_der")
    return [
        row
        for begin in range(0, len(serials), _AT_ONCE)
        for row in living.filter(serial_hex__in=serials[begin : begin + _AT_ONCE])
    ]


def _signer_of(crl: x509.CertificateRevocationList, crl_der: bytes) -> Issuer:
    """CAs are told apart by their key: names repeat over generations."""
    tbs, signature = signed_parts(crl_der)
    for issuer in Issuer.objects.select_for_update().order_by("registered_at"):
        certificate = x509.load_der_x509_certificate(bytes(issuer.certificate_der))
        if certificate.subject != crl.issuer:
            continue
        try:
            verify(certificate.public_key(), signature, bytes(tbs))
        except SignatureMismatch:
            continue
        return issuer
    raise SignatureMismatch("none of our issuers signed this list")


def _reason(entry: x509.RevokedCertificate) -> ReasonFlags | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None
