"""The time-stamp units of this process: their open keys, their numbers, and the watch over the clock."""

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.db import transaction

from hpki.errors import KeyRefused
from hpki.issuance.timestamp import TimeStampUnit as UnitFacts
from hpki.keys.signer import Signer
from hpki_server.authority.clock import ClockSample, ClockWatch
from hpki_server.authority.time_sources import source_named
from hpki_server.authority.time_stamp_models import TimeStamp, TimeStampUnit

# So many numbers are taken from the database at once; what a crash leaves of them is never used.
BLOCK = 256
# A block never begins below the number of its second, so a database restored from a backup repeats none of the
# numbers that were given after the backup: nobody gives a million tokens a second.
NUMBERS_A_SECOND_BITS = 20
# Units are read again so often: a new one begins without a restart.
_REREAD_SECONDS = 30.0
# Only a clock that went back by more than half a second matters.
_LATEST_REREAD_SECONDS = 1.0


@dataclass
class StampingUnit:
    """A unit that can sign now."""

    id: UUID
    facts: UnitFacts
    signer: Signer
    _numbers: Iterator[int] = field(default_factory=lambda: iter(()))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_number(self, *, at: dt.datetime) -> int:
        """A serial number that no other token of this unit ever has.  Not inside a transaction."""
        with self._lock:
            number = next(self._numbers, None)
            if number is None:
                self._numbers = iter(reserve_block(self.id, at=at))
                number = next(self._numbers)
            return number


@dataclass
class _Room:
    """What this process knows; a child of a fork begins anew."""

    units: tuple[StampingUnit, ...] = ()
    read_at: float | None = None
    watch: ClockWatch | None = None
    latest: dt.datetime | None = None
    latest_read_at: float | None = None


_room = _Room()


def reserve_block(unit: UUID, *, at: dt.datetime) -> range:
    """Numbers for this process alone: taken and committed before the first is used."""
    with transaction.atomic():
        row = TimeStampUnit.objects.select_for_update().only("next_token").get(id=unit)
        first = max(row.next_token, int(at.timestamp()) << NUMBERS_A_SECOND_BITS)
        row.next_token = first + BLOCK
        row.save(update_fields=["next_token"])
    return range(first, first + BLOCK)


def units_at(at: dt.datetime) -> list[StampingUnit]:
    """The units whose certificates are valid, newest first.  Raises KeyUnavailable, KeyRefused, WrongPassphrase."""
    now = time.monotonic()
    if _room.read_at is None or now - _room.read_at > _REREAD_SECONDS or not _valid(at):
        known = {unit.id: unit for unit in _room.units}
        rows = TimeStampUnit.objects.filter(
            state=TimeStampUnit.State.SIGNED, not_before__lte=at, not_after__gte=at
        )
        ordered = rows.select_related("issuer").order_by("-not_before", "-id")
        _room.units = tuple(known.get(row.id) or _opened(row) for row in ordered)
        _room.read_at = now
    return _valid(at)


def adopt(row: TimeStampUnit, signer: Signer) -> StampingUnit:
    """Use a signer that is in memory only: a test's or a measurement's."""
    unit = StampingUnit(row.id, _facts(row), signer)
    _room.units = (unit, *(each for each in _room.units if each.id != row.id))
    _room.read_at = time.monotonic()
    return unit


def clock_sample(wall: dt.datetime) -> ClockSample:
    """`wall` beside the clock that nobody sets; on Linux the one that goes on while the machine sleeps."""
    kind = getattr(time, "CLOCK_BOOTTIME", None)
    return ClockSample(wall, time.monotonic() if kind is None else time.clock_gettime(kind))


def watch_clock(at: dt.datetime, watch: ClockWatch | None = None) -> ClockWatch:
    """The watch of this process, begun when it is first asked for, or from now on the one given."""
    if watch is not None:
        _room.watch = watch
    if _room.watch is None:
        _room.watch = ClockWatch(clock_sample(at), source_named(settings.TIME_SOURCE))
    return _room.watch


def latest_recorded() -> dt.datetime | None:
    """The latest time that any token ever said, as it was recorded up to a second ago."""
    now = time.monotonic()
    if _room.latest_read_at is None or now - _room.latest_read_at > _LATEST_REREAD_SECONDS:
        _room.latest = TimeStamp.objects.order_by("-gen_time").values_list("gen_time", flat=True).first()
        _room.latest_read_at = now
    return _room.latest


def forget() -> None:
    """After a fork, and between tests: numbers, keys and the watch belong to one process."""
    _room.units, _room.read_at, _room.watch = (), None, None
    _room.latest, _room.latest_read_at = None, None


def _valid(at: dt.datetime) -> list[StampingUnit]:
    return [unit for unit in _room.units if unit.facts.begins_at <= at <= unit.facts.ends_at]


def _opened(row: TimeStampUnit) -> StampingUnit:
    # The ceremony room stands beside us and registers issuers through our services: imported when needed.
    from hpki_server.authority.ceremony.key_store import open_signer

    signer, facts = open_signer(row.key_store), _facts(row)
    if signer.public_key() != facts.public_key:
        raise KeyRefused(f"the key of time-stamp unit {row.id} is not the one in its certificate")
    return StampingUnit(row.id, facts, signer)


def _facts(row: TimeStampUnit) -> UnitFacts:
    return UnitFacts(
        x509.load_der_x509_certificate(bytes(row.certificate_der or b"")),
        x509.ObjectIdentifier(row.policy),
        (x509.load_der_x509_certificate(bytes(row.issuer.certificate_der)),),
    )


os.register_at_fork(after_in_child=forget)
