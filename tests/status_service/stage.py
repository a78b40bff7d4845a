"""A root, a signing sub-CA, holders' certificates, responders, and answers signed ahead: everything of today."""

import datetime as dt
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command
from django.db import transaction

from hpki.issuance import profiles
from hpki.issuance.request import new_serial_number
from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority import ports, services
from hpki_server.authority.models import Card, Certificate, Issuer, StatusChange
from hpki_server.authority.ocsp.ahead import sign_ahead
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.authority.services.responders import renew_responders
from hpki_server.people.models import Organisation
from tests import pki

DAY = dt.timedelta(days=1)
# So many of the rows are real certificates, for clients that read one; the rest are rows.
REAL = 4


def now() -> dt.datetime:
    """Foreign judges read the clock too."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - see above


def prepare(folder: Path, certificates: int) -> dict[str, object]:
    """Fill the folder; PEM files for clients lie beside the database."""
    call_command("migrate", verbosity=0)
    at = now()
    made = pki.hierarchy(at=at - DAY)
    for name, authority in {"ROOT": made.root, "SIGNING_CA": made.authorities["SIGNING_CA"]}.items():
        _register(name, authority, at)
        (folder / f"{name}.pem").write_bytes(authority.issuer.certificate.public_bytes(Encoding.PEM))
    crl = made.root.revocation_list(at=at.replace(microsecond=0))
    (folder / "ROOT.crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    serials = _holders(folder, made, certificates, at)
    renewed = renew_responders(at=at)
    return {"serials": serials, "responders": renewed.made, **signed_ahead()}


def signed_ahead() -> dict[str, object]:
    begun = now()
    done = sign_ahead(at=begun)
    return {"signed": done.signed, "good": done.good, "seconds": (now() - begun).total_seconds()}


def revoke(serial_hex: str) -> dict[str, object]:
    """What a service writes for a loss: the certificate's row and the change, in one transaction."""
    at = now()
    with transaction.atomic():
        row = Certificate.objects.select_for_update().get(serial_hex=serial_hex)
        row.revoked_at, row.revocation_reason, row.status_changed_at = at, "keyCompromise", at
        row.save(update_fields=["revoked_at", "revocation_reason", "status_changed_at"])
        change = StatusChange.objects.create(
            issuer_id=row.issuer_id, serial_hex=serial_hex, kind=StatusChange.Kind.REVOKE, at=at
        )
    return {"change": change.id}


def _register(name: str, authority: pki.Authority, at: dt.datetime) -> None:
    crl = authority.revocation_list(at=at.replace(microsecond=0))
    issuer = services.register_issuer(
        IssuerRegistration(
            slug=name.lower().replace("_", "-"),
            profile=name,
            issues="" if name == "ROOT" else "SIGNING",
            environment="test",
            certificate_der=authority.issuer.certificate.public_bytes(Encoding.DER),
            parent_slug=None if name == "ROOT" else "root",
            key_store={"kind": "memory"},
            crl_url=authority.issuer.crl_url,
            cps_url=authority.issuer.cps_url,
            first_crl_der=crl.public_bytes(Encoding.DER),
            transcript_sha256="0" * 64,
        ),
        by="system",
        at=at,
    )
    ports.adopt(issuer, authority.signer)


def _holders(folder: Path, made: pki.Hierarchy, count: int, at: dt.datetime) -> list[str]:
    organisation = Organisation.objects.create(name="Okayama", kind=Organisation.Kind.ASSOCIATION, code="33")
    issuer = Issuer.objects.get(slug="signing-ca")
    cards, rows = [], []
    for number in range(count):
        serial, certificate_der = new_serial_number(), b"\x30"
        if number < REAL:
            key = pki.key(KeyAlgorithm.P_256, f"holder {number}").public_key()
            certificate = made.issue(profiles.SIGNING, key, at=at - DAY)
            serial, certificate_der = certificate.serial_number, certificate.public_bytes(Encoding.DER)
            (folder / f"holder-{number}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        cards.append(_card(organisation, number, at))
        rows.append(_row(issuer, cards[-1], f"{serial:040x}", certificate_der, at))
    Card.objects.bulk_create(cards, batch_size=5_000)
    Certificate.objects.bulk_create(rows, batch_size=5_000)
    return [row.serial_hex for row in rows]


def _row(issuer: Issuer, card: Card, serial_hex: str, certificate_der: bytes, at: dt.datetime) -> Certificate:
    return Certificate(
        id=uuid4(),
        issuer=issuer,
        serial_hex=serial_hex,
        profile="SIGNING",
        card=card,
        state=Certificate.State.SIGNED,
        tbs_der=b"",
        tbs_sha256="",
        certificate_der=certificate_der,
        public_key_sha256=serial_hex,
        intended_at=at,
        signed_at=at,
        not_before=at - DAY,
        not_after=at + 900 * DAY,
    )


def _card(organisation: Organisation, number: int, at: dt.datetime) -> Card:
    return Card(
        id=uuid4(),
        card_id=f"33-{number:08d}",
        state=Card.State.ACTIVE,
        layout="guideline",
        environment="test",
        reference=f"33-2026-{number:08d}",
        organisation=organisation,
        born_on=at.date(),
        registered_on=at.date(),
        photo_sealed=b"",
        expires_on=at.date(),
        ordered_at=at,
        issued_at=at,
        activated_at=at,
    )
