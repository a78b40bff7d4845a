"""One query, one answer: every token is recorded, with its audit line, before anybody gets it."""

import datetime as dt
import hashlib
import logging
from typing import Final

from django.db import Error as DatabaseError
from django.db import connection, transaction

from hpki.errors import HpkiError, TimeStampRefused
from hpki.issuance.timestamp import prepare_token, sign_token
from hpki.issuance.timestamp_request import TimeStampRequest, read_request
from hpki.issuance.timestamp_response import granted, rejected
from hpki.issuance.timestamp_syntax import PkiFailure
from hpki_server.authority import stamping_units
from hpki_server.authority.stamping_units import StampingUnit
from hpki_server.people import audit

logger = logging.getLogger(__name__)

_INSERT: Final = (
    "INSERT INTO authority_timestamp (unit_id, serial_number, gen_time, imprint_hash, imprint, token_sha256) "
    "VALUES (%s, %s, %s, %s, %s, %s)"
)


def answer_time_stamp_query(query_der: bytes, *, at: dt.datetime) -> bytes:
    """The TimeStampResp for whatever came; `at` was read after the last octet of the query had come."""
    try:
        return granted(give_token(read_request(query_der), at=at))
    except TimeStampRefused as refused:
        failure = PkiFailure(refused.failure)
        if failure is PkiFailure.TIME_NOT_AVAILABLE:
            logger.warning("time-stamps stopped: %s", refused)
        return rejected(failure, str(refused))
    except (HpkiError, DatabaseError):
        logger.exception("a time-stamp could not be given")
        return rejected(PkiFailure.SYSTEM_FAILURE, "the service is out of order; ask again later")


def give_token(request: TimeStampRequest, *, at: dt.datetime) -> bytes:
    """A token, recorded.  Raises TimeStampRefused: timeNotAvailable, unacceptedPolicy, systemFailure (no unit)."""
    watch = stamping_units.watch_clock(at)
    if doubt := watch.doubt(stamping_units.clock_sample(at), stamping_units.latest_recorded()):
        raise TimeStampRefused(PkiFailure.TIME_NOT_AVAILABLE, doubt)
    unit = _unit_for(request, at)
    number = unit.next_number(at=at)
    token = sign_token(prepare_token(request, unit.facts, serial_number=number, at=at), unit.signer)
    _record(unit, number, request, token, at=at)
    return token


def _unit_for(request: TimeStampRequest, at: dt.datetime) -> StampingUnit:
    units = stamping_units.units_at(at)
    if not units:
        raise TimeStampRefused(PkiFailure.SYSTEM_FAILURE, "this authority has no time-stamp unit")
    asked = [unit for unit in units if request.policy in {None, unit.facts.policy}]
    return (asked or units)[0]


@transaction.atomic
def _record(
    unit: StampingUnit, number: int, request: TimeStampRequest, token: bytes, *, at: dt.datetime
) -> None:
    token_sha256 = hashlib.sha256(token).hexdigest()
    row = (
        unit.id if connection.features.has_native_uuid_field else unit.id.hex,
        number,
        connection.ops.adapt_datetimefield_value(at),
        request.imprint_hash.name,
        request.imprint.hex(),
        token_sha256,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
    audit.record(
        "time-stamp:give",
        by="system",
        subject_kind="time-stamp",
        subject_id=str(number),
        at=at,
        details={"unit": str(unit.id), "sha256": token_sha256},
    )
