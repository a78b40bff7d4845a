"""The audit chain: one line for each act, written in the transaction of the act itself.

Every line holds the hash of the line before it, and is a leaf of one Merkle tree (RFC 6962), so a changed, missing
or moved line shows, and whoever kept an older head elsewhere can prove that the chain only grew.

The head is one row, locked until the act commits: acts queue here.  So a service records last.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, cast
from uuid import UUID

from django.db import connection, transaction

from hpki.audit import merkle
from hpki_server.people.models import Account, AuditHead, AuditLine
from hpki_server.people.officer import Officer
from hpki_server.people.rows import execute_many

Detail = str | int | bool | None
Row = tuple[str | int | dt.datetime, ...]
NO_DETAILS: Mapping[str, Detail] = {}
FIRST_PREVIOUS = "0" * 64
# A detail is a code, a number, a hash or a short word.  Longer text belongs to the record, not to its trace.
LONGEST_DETAIL = 200

_text = json.encoder.encode_basestring_ascii
# Issuing writes thousands of lines a second; the ORM's bulk insert would cost three times the hashing.
_COLUMNS = (
    "sequence",
    "at",
    "act",
    "by",
    "organisation",
    "subject_kind",
    "subject_id",
    "details",
    "previous_hash",
    "leaf_hash",
    "root_hash",
)
_NAMES = ", ".join(f'"{column}"' for column in _COLUMNS)
_PLACES = ", ".join(["%s"] * len(_COLUMNS))
_INSERT = f"INSERT INTO people_auditline ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 - constants only


@dataclass(frozen=True)
class Act:
    """What is to be recorded.  `by` is "system" when no person acted.  No personal data in `details`."""

    act: str
    by: Officer | Account | str
    subject_kind: str
    subject_id: UUID | str
    organisation: UUID | str | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)


class Event(NamedTuple):
    """One line's content, as it is hashed."""

    sequence: int
    at: dt.datetime
    act: str
    by: str
    organisation: str
    subject_kind: str
    subject_id: str
    details: str
    previous_hash: str

    def canonical(self) -> bytes:
        """JSON, keys in order of code points, no spaces, ASCII; times in UTC with microseconds."""
        return (
            f'{{"act":{_text(self.act)},"at":"{canonical_time(self.at)}","by":{_text(self.by)},'
            f'"details":{self.details},"organisation":{_text(self.organisation)},'
            f'"previous":"{self.previous_hash}","sequence":{self.sequence},'
            f'"subject_id":{_text(self.subject_id)},"subject_kind":{_text(self.subject_kind)}}}'
        ).encode("ascii")

    def leaf_hash(self) -> bytes:
        return merkle.leaf_hash(self.canonical())


def event_of(line: AuditLine) -> Event:
    """What a stored line says now, to be compared with what was hashed."""
    return Event(
        sequence=line.sequence,
        at=line.at,
        act=line.act,
        by=line.by,
        organisation=line.organisation,
        subject_kind=line.subject_kind,
        subject_id=line.subject_id,
        details=line.details,
        previous_hash=line.previous_hash,
    )


@lru_cache(maxsize=64)
def canonical_time(at: dt.datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an audit line needs an aware time")
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical_details(details: Mapping[str, Detail]) -> str:
    facts = [f"{_text(key)}:{_canonical_detail(key, value)}" for key, value in sorted(details.items())]
    return f"{{{','.join(facts)}}}"


def _canonical_detail(key: str, value: Detail) -> str:
    if isinstance(value, str):
        if len(value) > LONGEST_DETAIL:
            raise ValueError(f"{key}: an audit detail holds at most {LONGEST_DETAIL} characters")
        return _text(value)
    if value is None or isinstance(value, int):
        return json.dumps(value)
    raise TypeError(f"{key}: an audit detail is text, a whole number, a yes/no or nothing")


def record(  # noqa: PLR0913 - the facts of one line; services name each at the call
    act: str,
    *,
    by: Officer | Account | str,
    subject_kind: str,
    subject_id: UUID | str,
    at: dt.datetime,
    organisation: UUID | str | None = None,
    details: Mapping[str, Detail] = NO_DETAILS,
) -> AuditLine:
    """Adds one line to the chain; raises `TransactionManagementError` outside the transaction of the act."""
    [row] = _append([Act(act, by, subject_kind, subject_id, organisation, details)], at=at)
    return AuditLine(**dict(zip(_COLUMNS, row, strict=True)) | {"at": at})


def record_many(acts: Sequence[Act], *, at: dt.datetime) -> None:
    """Adds the lines of a grouped act in order: one lock, one bulk insert, one update of the head."""
    _append(acts, at=at)


def _append(acts: Sequence[Act], *, at: dt.datetime) -> list[Row]:
    head = _locked_head()
    tree = merkle.CompactRange.from_hex(head.size, head.peaks)
    # A text for SQLite, a datetime for PostgreSQL; the type stub knows the first only.
    moment = cast("str | dt.datetime", connection.ops.adapt_datetimefield_value(at))
    rows: list[Row] = []
    for act in acts:
        event = _event(act, at=at, sequence=tree.size + 1, previous_hash=head.last_leaf_hash)
        leaf = event.leaf_hash()
        tree.append(leaf)
        head.last_leaf_hash, head.root_hash = leaf.hex(), tree.root().hex()
        rows.append(
            (
                event.sequence,
                moment,
                event.act,
                event.by,
                event.organisation,
                event.subject_kind,
                event.subject_id,
                event.details,
                event.previous_hash,
                head.last_leaf_hash,
                head.root_hash,
            )
        )
    execute_many(_INSERT, rows)
    head.size, head.peaks = tree.size, tree.as_hex()
    head.save(update_fields=["size", "peaks", "root_hash", "last_leaf_hash"])
    return rows


def _locked_head() -> AuditHead:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit line is written in the transaction of its act")
    head = AuditHead.objects.select_for_update().filter(id=1).first()
    if head is None:
        AuditHead.objects.get_or_create(
            id=1, defaults={"root_hash": merkle.EMPTY_ROOT.hex(), "last_leaf_hash": FIRST_PREVIOUS}
        )
        head = AuditHead.objects.select_for_update().get(id=1)
    return head


def _event(act: Act, *, at: dt.datetime, sequence: int, previous_hash: str) -> Event:
    return Event(
        sequence=sequence,
        at=at,
        act=act.act,
        by=_actor(act.by),
        organisation="" if act.organisation is None else str(act.organisation),
        subject_kind=act.subject_kind,
        subject_id=str(act.subject_id),
        details=canonical_details(act.details),
        previous_hash=previous_hash,
    )


def _actor(by: Officer | Account | str) -> str:
    if isinstance(by, Officer):
        return str(by.account_id)
    if isinstance(by, Account):
        return str(by.pk)
    return by
