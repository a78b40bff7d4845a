"""A time-stamp unit comes into being: its key is made here, its certificate as every other one."""

import contextlib
import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from hpki.certs import names
from hpki.errors import KeyError_
from hpki.issuance.algorithms import validity
from hpki.issuance.prepare import Prepared, prepare
from hpki.issuance.profiles import TIME_STAMP, Environment
from hpki.issuance.request import CertificateRequest, new_serial_number
from hpki.issuance.sign import sign_recorded
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key, save_software_key
from hpki_server.authority.models import Issuer
from hpki_server.authority.ports import IssuingUnit, unit_of
from hpki_server.authority.time_stamp_models import TimeStampUnit
from hpki_server.config.secret_files import secret_file
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer

# A unit lives as long as its profile and issuer allow; the next one begins in good time.
RENEW_BEFORE = dt.timedelta(days=90)
_KEYS = Path("tsa")
_PASSPHRASE = "secrets/tsa.passphrase"  # noqa: S105 - the name of a file
NO_ISSUER = Denial(
    "no_issuer", "No active authority issues time-stamp certificates: hold its ceremony first."
)


@dataclass(frozen=True)
class UnitOrder:
    """What a new unit is to be; `issuer` is a slug, "" the newest that issues TIME_STAMP.

    `key` is a key that exists already, in a token for example, and where it lives; None makes one in a file.
    """

    issuer: str = ""
    common_name: str = "Time-Stamp Unit"
    algorithm: KeyAlgorithm = KeyAlgorithm.RSA_2048
    key: tuple[Signer, dict[str, str]] | None = None


def set_up_unit(order: UnitOrder, *, by: Officer | str, at: dt.datetime) -> TimeStampUnit:
    """A signed unit: prepared, recorded, signed, compared, recorded.

    A unit that a power cut left intended is finished instead.  Raises Denied (`no_issuer`), and as keys and lints do.
    """
    unit = _issuing_unit(order.issuer)
    left = TimeStampUnit.objects.filter(issuer=unit.id, state=TimeStampUnit.State.INTENDED).first()
    row = left if left is not None else _intended(order, unit, by=by, at=at)
    return _signed(row, unit, by=by, at=at)


def renew_units(*, at: dt.datetime) -> tuple[str, ...]:
    """A unit for every authority for time-stamps, with at least `RENEW_BEFORE` to live; the slugs that got one.

    An authority whose key only its custodians open is left to them (`hpki-server tsa setup`).
    """
    made = []
    for issuer in Issuer.objects.filter(state=Issuer.State.ACTIVE, issues=TIME_STAMP.name):
        living = TimeStampUnit.objects.filter(
            issuer=issuer, state=TimeStampUnit.State.SIGNED, not_after__gt=at + RENEW_BEFORE
        )
        if not living.exists():
            with contextlib.suppress(KeyError_):
                set_up_unit(UnitOrder(issuer.slug), by="system", at=at)
                made.append(issuer.slug)
    return tuple(made)


def _issuing_unit(slug: str) -> IssuingUnit:
    issuers = Issuer.objects.filter(state=Issuer.State.ACTIVE, issues=TIME_STAMP.name)
    if slug:
        issuers = issuers.filter(slug=slug)
    issuer = issuers.order_by("-registered_at").first()
    if issuer is None:
        raise Denied([NO_ISSUER])
    return unit_of(issuer)


def _intended(order: UnitOrder, unit: IssuingUnit, *, by: Officer | str, at: dt.datetime) -> TimeStampUnit:
    identifier = uuid.uuid4()
    signer, key_store = order.key or _new_key(identifier, order.algorithm)
    begins, ends = validity(TIME_STAMP, unit.facts.certificate, (unit.signer.algorithm, signer.algorithm), at)
    [organisation] = unit.facts.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    request = CertificateRequest(
        profile=TIME_STAMP,
        environment=Environment(unit.environment),
        subject=names.subject_name(common_name=order.common_name, organisation=str(organisation.value)),
        public_key=signer.public_key(),
        serial_number=new_serial_number(),
        not_before=begins,
        not_after=ends,
    )
    prepared = prepare(request, unit.facts, at=at, signer_algorithm=unit.signer.algorithm)
    return _record_intended(identifier, unit, prepared, key_store, by=by, at=at)


@transaction.atomic
def _record_intended(
    identifier: uuid.UUID,
    unit: IssuingUnit,
    prepared: Prepared,
    key_store: dict[str, str],
    *,
    by: Officer | str,
    at: dt.datetime,
) -> TimeStampUnit:
    policy = TIME_STAMP.policy(prepared.request.environment)
    row = TimeStampUnit.objects.create(
        id=identifier,
        issuer_id=unit.id,
        serial_hex=f"{prepared.serial_number:040x}",
        tbs_der=prepared.tbs_der,
        key_store=key_store,
        policy="" if policy is None else policy.dotted_string,
        not_before=prepared.request.not_before,
        not_after=prepared.request.not_after,
    )
    _record("time-stamp-unit:intend", row, unit, prepared.tbs_der, by=by, at=at)
    return row


def _signed(row: TimeStampUnit, unit: IssuingUnit, *, by: Officer | str, at: dt.datetime) -> TimeStampUnit:
    certificate_der = sign_recorded(bytes(row.tbs_der), unit.facts, unit.signer)
    with transaction.atomic():
        stored = TimeStampUnit.objects.select_for_update().get(id=row.id)
        if stored.state == TimeStampUnit.State.INTENDED:
            stored.state = TimeStampUnit.State.SIGNED
            stored.certificate_der = certificate_der
            stored.save(update_fields=["state", "certificate_der"])
            _record("time-stamp-unit:sign", stored, unit, certificate_der, by=by, at=at)
    return stored


def _record(
    act: str, row: TimeStampUnit, unit: IssuingUnit, signed_der: bytes, *, by: Officer | str, at: dt.datetime
) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="time-stamp-unit",
        subject_id=row.id,
        at=at,
        details={
            "issuer": unit.slug,
            "serial": row.serial_hex,
            "sha256": hashlib.sha256(signed_der).hexdigest(),
        },
    )


def _new_key(identifier: uuid.UUID, algorithm: KeyAlgorithm) -> tuple[Signer, dict[str, str]]:
    key = generate_software_key(algorithm, label=f"time-stamp unit {identifier}")
    folder, path = Path(settings.VAR), _KEYS / f"{identifier}.key"
    (folder / _KEYS).mkdir(mode=0o700, parents=True, exist_ok=True)
    save_software_key(key, folder / path, secret_file(folder / _PASSPHRASE))
    return key, {"kind": "software", "path": str(path), "passphrase_file": _PASSPHRASE}
