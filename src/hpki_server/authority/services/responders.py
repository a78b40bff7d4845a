"""Responders' certificates: made, recorded, signed and renewed before the old ones end.

A responder's key is made here, in a file that this server opens, and answers for one issuer.  The issuer's key signs
as it does for cards: prepared, recorded, signed, compared, recorded, with an audit line before and after.
"""

import datetime as dt
import hashlib
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from hpki.certs import names
from hpki.errors import HpkiError
from hpki.issuance.algorithms import validity
from hpki.issuance.prepare import Prepared, prepare
from hpki.issuance.profiles import OCSP_RESPONDER, Environment
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.sign import sign_recorded
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import SoftwareSigner, generate_software_key, save_software_key
from hpki_server.authority.models import Issuer, OcspResponder
from hpki_server.authority.ocsp.signing import responding_unit
from hpki_server.authority.ports import IssuingUnit, unit_of
from hpki_server.config.secret_files import secret_file
from hpki_server.people import audit

logger = logging.getLogger(__name__)
# RFC 6960 4.2.2.2.1: nocheck wants a short life, as nobody can revoke it.  The next one is made in good time, so that a
# fortnight of trouble with the issuer's key stops no answer.
RESPONDER_LIFE = dt.timedelta(days=30)
RENEW_BEFORE = dt.timedelta(days=15)
_KEYS = Path("ocsp")
_PASSPHRASE = "secrets/ocsp.passphrase"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Renewed:
    """Slugs of the issuers that got a new responder, and of those for which none could be made, mostly as their key is not here."""

    made: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()


def renew_responders(*, at: dt.datetime) -> Renewed:
    """A responder for every issuer, with at least `RENEW_BEFORE` to live.

    An issuer whose key only its custodians open, the root, has none: what it issued is told by its lists.
    """
    made, out_of_reach = [], []
    for issuer in Issuer.objects.order_by("registered_at"):
        if _lives_on(issuer, at):
            continue
        try:
            unit = unit_of(issuer)
            record_signed(recorded(unit, at=at), unit, at=at)
        except HpkiError as obstacle:
            # One issuer's trouble is not the next one's.
            logger.warning("No new responder for %s: %s", issuer.slug, obstacle)
            out_of_reach.append(issuer.slug)
        else:
            made.append(issuer.slug)
    return Renewed(tuple(made), tuple(out_of_reach))


def recorded(unit: IssuingUnit, *, at: dt.datetime) -> OcspResponder:
    """The intention to certify a new key; one that was left behind by a power cut if its key is here."""
    left = OcspResponder.objects.filter(
        issuer=unit.id, state=OcspResponder.State.INTENDED, not_after__gt=at + RENEW_BEFORE
    ).first()
    if left is not None and (Path(settings.VAR) / str(left.key_store["path"])).exists():
        return left
    responder = uuid.uuid4()
    key = _new_key(responder)
    request = _request(unit, key, at=at)
    prepared = prepare(request, unit.facts, at=at, signer_algorithm=unit.signer.algorithm)
    return _record_intended(responder, unit, prepared, at=at)


@transaction.atomic
def _record_intended(
    responder: uuid.UUID, unit: IssuingUnit, prepared: Prepared, *, at: dt.datetime
) -> OcspResponder:
    row = OcspResponder.objects.create(
        id=responder,
        issuer_id=unit.id,
        serial_hex=f"{prepared.serial_number:040x}",
        tbs_der=prepared.tbs_der,
        key_store={"kind": "software", "path": str(_key_path(responder)), "passphrase_file": _PASSPHRASE},
        not_before=prepared.request.not_before,
        not_after=prepared.request.not_after,
    )
    _record_act("responder:intend", row, unit, prepared.tbs_der, at=at)
    return row


def record_signed(row: OcspResponder, unit: IssuingUnit, *, at: dt.datetime) -> OcspResponder:
    """The recorded bytes signed, and the certificate recorded.  Raises KeyUnavailable, KeyRefused, SignatureMismatch."""
    certificate_der = sign_recorded(bytes(row.tbs_der), unit.facts, unit.signer)
    with transaction.atomic():
        stored = OcspResponder.objects.select_for_update().get(id=row.id)
        if stored.state == OcspResponder.State.INTENDED:
            stored.state = OcspResponder.State.SIGNED
            stored.certificate_der = certificate_der
            stored.save(update_fields=["state", "certificate_der"])
            _record_act("responder:sign", stored, unit, certificate_der, at=at)
    return stored


def _record_act(
    act: str, row: OcspResponder, unit: IssuingUnit, signed_der: bytes, *, at: dt.datetime
) -> None:
    audit.record(
        act,
        by="system",
        subject_kind="responder",
        subject_id=row.id,
        at=at,
        details={
            "issuer": unit.slug,
            "serial": row.serial_hex,
            "sha256": hashlib.sha256(signed_der).hexdigest(),
        },
    )


def _lives_on(issuer: Issuer, at: dt.datetime) -> bool:
    """Whether a responder whose key opens on this machine has long enough to live."""
    return responding_unit(issuer.id, at=at, life=RENEW_BEFORE) is not None


def _key_path(responder: uuid.UUID) -> Path:
    return _KEYS / f"{responder}.key"


def _new_key(responder: uuid.UUID) -> SoftwareSigner:
    # P-256 whatever the issuer signs with: an answer on demand is asked for by anybody, so it has to cost little.
    key = generate_software_key(KeyAlgorithm.P_256, label=f"responder {responder}")
    folder = Path(settings.VAR)
    (folder / _KEYS).mkdir(mode=0o700, parents=True, exist_ok=True)
    save_software_key(key, folder / _key_path(responder), secret_file(folder / _PASSPHRASE))
    return key


def _request(unit: IssuingUnit, key: SoftwareSigner, *, at: dt.datetime) -> CertificateRequest:
    algorithms = (unit.signer.algorithm, key.algorithm)
    begins, ends = validity(OCSP_RESPONDER, unit.facts.certificate, algorithms, at)
    [organisation] = unit.facts.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return CertificateRequest(
        profile=OCSP_RESPONDER,
        environment=Environment(unit.environment),
        subject=_subject(organisation, unit.slug),
        public_key=key.public_key(),
        serial_number=new_serial_number(),
        not_before=begins,
        not_after=min(ends, begins + RESPONDER_LIFE),
    )


def _subject(organisation: x509.NameAttribute[str | bytes], slug: str) -> x509.Name:
    return names.subject_name(common_name=f"OCSP {slug}"[:64], organisation=str(organisation.value))
