"""Answers are signed ahead and laid on the shelf, issuer by issuer, before the older ones age."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from hpki.errors import HpkiError
from hpki.issuance.ocsp_request import CertIdHash
from hpki.issuance.status import CertificateFacts
from hpki_server.authority.models import Issuer
from hpki_server.authority.ocsp import records
from hpki_server.authority.ocsp.ready import LAST_SECONDS
from hpki_server.authority.ocsp.shelf import ShelfWriter, ShelvedAnswer
from hpki_server.authority.ocsp.signing import REFRESH_AFTER, SHELF_LIFE, RespondingUnit, responding_unit

logger = logging.getLogger(__name__)
BATCH = 500


@dataclass(frozen=True)
class SignedAhead:
    """How many answers were signed, how many were still good, how many were taken away; issuers nobody answers for."""

    signed: int = 0
    good: int = 0
    dropped: int = 0
    silent: tuple[str, ...] = ()


def shelf_path() -> Path:
    return Path(settings.VAR) / "ocsp" / "answers.sqlite3"


def sign_ahead(*, at: dt.datetime, path: Path | None = None) -> SignedAhead:
    """Two answers, one for each hash of a CertID, for every certificate that has not expired.

    Answers younger than `REFRESH_AFTER` that know every change stay.  Signing happens outside any transaction; each
    batch is laid on the shelf when it is whole, so the job may be stopped at any moment and run again.
    """
    at = at.replace(microsecond=0)
    shelf = ShelfWriter(path or shelf_path())
    try:
        if shelf.greatest_known_change() > records.latest_change():
            shelf.clear()
        changed = {
            (issuer, serial): change
            for change, issuer, serial in records.changes_after(shelf.least_known_change())
        }
        signed = good = 0
        silent = []
        for issuer, slug in Issuer.objects.order_by("registered_at").values_list("id", "slug"):
            unit = responding_unit(issuer, at=at, life=SHELF_LIFE)
            if unit is None:
                silent.append(slug)
                continue
            try:
                for batch in _batches(issuer, at):
                    fresh = _stocked(shelf, unit, batch, changed, at)
                    signed += fresh
                    good += len(CertIdHash) * len(batch[1]) - fresh
            except HpkiError:
                # One issuer's trouble is not the next one's; what was laid on the shelf before it stays.
                logger.exception("Answers for %s could not be signed ahead", slug)
                silent.append(slug)
        dropped = shelf.drop_aged(int(at.timestamp()) + LAST_SECONDS)
    finally:
        shelf.close()
    return SignedAhead(signed, good, dropped, tuple(silent))


def _batches(issuer: UUID, at: dt.datetime) -> Iterator[tuple[int, list[CertificateFacts]]]:
    """(latest change that the facts know, facts), in the order of serials."""
    after = ""
    while True:
        known_change = records.latest_change()
        facts = records.living_after(issuer, after, at=at, limit=BATCH)
        if not facts:
            return
        yield known_change, facts
        after = records.serial_hex(facts[-1].serial_number)


def _stocked(
    shelf: ShelfWriter,
    unit: RespondingUnit,
    batch: tuple[int, Sequence[CertificateFacts]],
    changed: Mapping[tuple[str, str], int],
    at: dt.datetime,
) -> int:
    """Sign what is missing or has aged; how many."""
    known_change, facts = batch
    identity = unit.responder.identity
    wanted = [(identity.cert_id(each, one.serial_number), one) for one in facts for each in CertIdHash]
    there = shelf.made_at([cert_id.der for cert_id, _ in wanted])
    terms = unit.terms(at=at, life=SHELF_LIFE)
    produced, until = int(terms.at.timestamp()), int(terms.next_update.timestamp())
    aged = produced - int(REFRESH_AFTER.total_seconds())
    made = []
    for cert_id, one in wanted:
        subject = (unit.issuer.hex, records.serial_hex(one.serial_number))
        this_update, knew = there.get(cert_id.der, (0, -1))
        if this_update > aged and knew >= changed.get(subject, 0):
            continue
        response = unit.answer([(cert_id, one)], terms)
        made.append((cert_id.der, ShelvedAnswer(*subject, produced, until, known_change, response)))
    shelf.put(made)
    return len(made)
