"""From a recorded intention to a recorded certificate: the one way, for issuing and for closing alike."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from hpki_server.authority import ledger
from hpki_server.authority.ledger import Intention, IssuedCertificate
from hpki_server.authority.models import StatusChange
from hpki_server.authority.services.signing import Signed, sign_intentions
from hpki_server.people import audit
from hpki_server.people.officer import Officer


def finish(
    intentions: Sequence[Intention],
    *,
    by: Officer | str,
    at: dt.datetime,
) -> Signed:
    """Sign recorded bytes and record the certificates.

    The first obstacle stops the signing; certificates that were signed before it are recorded all the same,
    because they exist.
    """
    finished = sign_intentions(intentions)
    if finished.issued or finished.mismatched:
        _record(finished, by=by, at=at)
    return finished


def _record(finished: Signed, *, by: Officer | str, at: dt.datetime) -> None:
    """The certificates and their audit lines, in one transaction.

    Two processes may have signed the same bytes, one issuing and one closing what it took for left over; the one
    that records first is right for both.  That is rare, so it is found out by counting and not by asking first.
    """
    with transaction.atomic():
        if ledger.store_signed(finished.issued, at=at) == len(finished.issued):
            _record_acts(finished.issued, finished.mismatched, by=by, at=at)
            return
        transaction.set_rollback(True)
    _record_the_rest(finished, by=by, at=at)


@transaction.atomic
def _record_the_rest(finished: Signed, *, by: Officer | str, at: dt.datetime) -> None:
    stored = ledger.lock([one.id for one in finished.issued])
    fresh = [one for one in finished.issued if stored[one.id].is_intended]
    ledger.store_signed(fresh, at=at)
    _record_acts(fresh, finished.mismatched, by=by, at=at)
    # What stands in the records counts; a record that was abandoned meanwhile gives nothing back.
    recorded = [one if one in fresh else stored[one.id].issued for one in finished.issued]
    finished.issued = [one for one in recorded if one is not None]


def _record_acts(
    issued: Sequence[IssuedCertificate],
    mismatched: Sequence[Intention],
    *,
    by: Officer | str,
    at: dt.datetime,
) -> None:
    abandoned = [one for one in mismatched if ledger.store_abandoned([one.id], at=at)]
    acts = list(_signed_acts(issued, by))
    acts += [abandoned_act(one.id, one.serial_hex, "signature_mismatch", by) for one in abandoned]
    if acts:
        audit.record_many(acts, at=at)
    if abandoned:
        ledger.record_changes(abandoned, StatusChange.Kind.ABANDON, at=at)


def _signed_acts(issued: Sequence[IssuedCertificate], by: Officer | str) -> Iterator[audit.Act]:
    """One line for each card: what was signed for it."""
    for card, certificates in groupby(issued, key=attrgetter("card")):
        yield audit.Act(
            act="certificates:sign",
            by=by,
            subject_kind="card",
            subject_id=card,
            details={
                one.profile: f"{one.serial_hex} {hashlib.sha256(one.certificate_der).hexdigest()}"
                for one in certificates
            },
        )


def abandoned_act(certificate: UUID, serial_hex: str, reason: str, by: Officer | str) -> audit.Act:
    return audit.Act(
        act="certificate:abandon",
        by=by,
        subject_kind="certificate",
        subject_id=certificate,
        details={"reason": reason, "serial": serial_hex},
    )
