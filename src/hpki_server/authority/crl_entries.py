"""What stands on a revocation list, read from the records: at the cost of what changed, or afresh.

A complete list takes the entries of the one before it as octets and adds what was revoked since; what is on hold may
go on, so it stands behind them and is read each time.  The rule is `hpki.issuance.status.status_of`; SQL repeats it
only to read a million rows, and a test holds the two equal.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from django.db import connection, transaction
from django.db.models import CharField, Func, Q, QuerySet

from hpki.issuance.crl_request import NO_ENTRIES, EntryBytes, RevokedEntry
from hpki.issuance.crl_stream import EntryRow, encode, encode_rows, entries_in, joined
from hpki.issuance.status import CertificateFacts, Revoked, status_of
from hpki_server.authority import queries
from hpki_server.authority.models import Certificate, IssuedCrl, Issuer, StatusChange

# So many added entries are still quicker than reading all afresh.
MOST_ADDED: Final = 20_000
# Where expired certificates leave the list, its entries are read afresh so often.
AFRESH: Final = dt.timedelta(days=1)
# A change that another process wrote while this one began; beyond, the clock was set back.
SKEW: Final = dt.timedelta(minutes=5)
_FETCHED: Final = 10_000
_REMOVED: Final = x509.ReasonFlags.remove_from_crl


class _Moment(Func):
    """YYYYMMDDHHMMSS in UTC, written by the database: a million datetimes would cost more than the list."""

    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:  # noqa: ANN401 - as Django declares it
        return super().as_sql(
            compiler, connection, template="strftime('%%Y%%m%%d%%H%%M%%S', %(expressions)s)", **more
        )

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:  # noqa: ANN401 - as Django declares it
        template = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS')"
        return super().as_sql(compiler, connection, template=template, **more)


@dataclass(frozen=True)
class Content:
    """The entries of one list, and what the next one needs to know of them."""

    settled: EntryBytes
    entries: tuple[RevokedEntry, ...]
    status_change: int
    keeps_from: dt.datetime | None

    @property
    def count(self) -> int:
        return self.settled.count + len(self.entries)


def complete(issuer: Issuer, shard: int | None, before: IssuedCrl | None, *, at: dt.datetime) -> Content:
    """All that is revoked or held now, of a shard or (None) of the issuer.

    `before` is the complete list of the same scope before this one, its signature verified.
    """
    with _snapshot():
        mark = queries.latest_change(issuer.id)
        held = tuple(_entries(_of(issuer, shard).filter(held_at__isnull=False), at=at))
        if _of(issuer, shard).filter(status_changed_at__gt=at + SKEW).exists():
            # The clock was set back: moments ahead of it are told as now, and nothing is taken over from this list.
            return Content(encode(_entries(_revoked(issuer, shard), at=at)), held, mark, None)
        keeps_from = _keeps_from(issuer, before, at=at)
        settled = None if before is None else _taken_over(issuer, shard, before, keeps_from, at=at)
        if settled is None:
            settled = encode_rows(_rows(issuer, shard, keeps_from))
        return Content(settled, held, mark, keeps_from)


def delta(issuer: Issuer, base: IssuedCrl, *, at: dt.datetime) -> Content:
    """What changed since a complete list."""
    with _snapshot():
        mark = queries.latest_change(issuer.id)
        changed = dict(
            StatusChange.objects.filter(issuer=issuer, id__gt=base.status_change)
            .order_by("id")
            .values_list("serial_hex", "at")
        )
        rows = _of(issuer, None).filter(serial_hex__in=list(changed))
        entries = []
        for row in rows:
            status = status_of(_facts(row), at)
            if isinstance(status, Revoked):
                entries.append(RevokedEntry(int(row.serial_hex, 16), status.revoked_at, status.reason))
            else:
                # RFC 5280 5.2.4: what is good again is said to be removed from the list.
                moment = min(changed[row.serial_hex], at).replace(microsecond=0)
                entries.append(RevokedEntry(int(row.serial_hex, 16), moment, _REMOVED))
    return Content(NO_ENTRIES, tuple(entries), mark, None)


def authorities(issuer: Issuer, scope: IssuedCrl.Scope, *, at: dt.datetime) -> Content:
    """A root's lists: itself, or the authorities below it."""
    is_own = scope == IssuedCrl.Scope.ROOTS
    rows = Issuer.objects.filter(id=issuer.id) if is_own else Issuer.objects.filter(parent=issuer)
    entries = []
    for row in rows.order_by("registered_at"):
        certificate = x509.load_der_x509_certificate(bytes(row.certificate_der))
        facts = CertificateFacts(
            serial_number=certificate.serial_number,
            not_after=certificate.not_valid_after_utc,
            revoked_at=row.revoked_at,
            reason=x509.ReasonFlags(row.revocation_reason) if row.revocation_reason else None,
        )
        status = status_of(facts, at)
        if isinstance(status, Revoked):
            moment = status.revoked_at.replace(microsecond=0)
            entries.append(RevokedEntry(facts.serial_number, moment, status.reason))
    return Content(NO_ENTRIES, tuple(entries), 0, None)


@contextmanager
def _snapshot() -> Iterator[None]:
    """All reads inside see the records of one moment."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _keeps_from(issuer: Issuer, before: IssuedCrl | None, *, at: dt.datetime) -> dt.datetime:
    """Entries of certificates that ended before this moment leave the list."""
    if issuer.expired_on_crl_from is not None:
        return issuer.expired_on_crl_from
    if before is None:
        return issuer.registered_at
    if before.keeps_from is not None and at - before.keeps_from < AFRESH:
        return before.keeps_from
    # RFC 5280 5: an entry stays until it was on a list issued beyond the certificate's validity; `before` was that list.
    return before.this_update


def _taken_over(
    issuer: Issuer, shard: int | None, before: IssuedCrl, keeps_from: dt.datetime, *, at: dt.datetime
) -> EntryBytes | None:
    """The entries of the list before and what was revoked since; None when that cannot be said so quickly."""
    if before.keeps_from != keeps_from:
        return None
    since = StatusChange.objects.filter(
        issuer=issuer,
        id__gt=before.status_change,
        kind__in=[StatusChange.Kind.REVOKE, StatusChange.Kind.ABANDON],
    )
    added = list(since.values_list("serial_hex", flat=True)[: MOST_ADDED + 1])
    if len(added) > MOST_ADDED:
        return None
    taken_over = EntryBytes(entries_in(bytes(before.der))[: before.settled_octets], before.settled_entries)
    fresh = _revoked(issuer, shard).filter(serial_hex__in=added)
    return joined(taken_over, encode(_entries(fresh, at=at)))


def _of(issuer: Issuer, shard: int | None) -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(issuer=issuer).defer("tbs_der", "certificate_der")
    return rows if shard is None else rows.filter(crl_shard=shard)


def _revoked(issuer: Issuer, shard: int | None) -> QuerySet[Certificate]:
    return _of(issuer, shard).filter(revoked_at__isnull=False).order_by("revocation_reason", "serial_hex")


def _entries(rows: Iterable[Certificate], *, at: dt.datetime) -> Iterator[RevokedEntry]:
    for row in rows:
        status = status_of(_facts(row), at)
        if isinstance(status, Revoked):
            moment = status.revoked_at.replace(microsecond=0)
            yield RevokedEntry(int(row.serial_hex, 16), moment, status.reason)


def _facts(row: Certificate) -> CertificateFacts:
    return queries.facts_of_row(
        int(row.serial_hex, 16),
        (row.state, row.not_after, row.revoked_at, row.revocation_reason, row.held_at),
    )


def _rows(issuer: Issuer, shard: int | None, keeps_from: dt.datetime) -> Iterator[EntryRow]:
    """The same in the database's words, shard by shard and reason by reason, as the index has them."""
    for each in [shard] if shard is not None else _shards(issuer):
        kept = (
            Certificate.objects.filter(issuer=issuer, crl_shard=each, revoked_at__isnull=False)
            .filter(Q(not_after__gte=keeps_from) | Q(revoked_at__gte=keeps_from))
            .order_by("revocation_reason", "serial_hex")
            .annotate(moment=_Moment("revoked_at"))
        )
        yield from kept.values_list("serial_hex", "moment", "revocation_reason").iterator(_FETCHED)


def _shards(issuer: Issuer) -> list[int]:
    revoked = Certificate.objects.filter(issuer=issuer, revoked_at__isnull=False)
    return sorted(revoked.values_list("crl_shard", flat=True).distinct())
