"""The audit chain: one line for each act, written in the transaction of the act itself.

Every line holds the hash of the line before it, and is a leaf of one Merkle tree (RFC 6962), so a changed, missing
or moved line shows, and whoever kept an older head elsewhere can prove that the chain only grew.

The head is one row, locked until the act commits: acts queue here.  So a service records last.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from hpki_server.people import merkle
from hpki_server.people.models import Account, AuditHead, AuditLine
from hpki_server.people.officer import Officer

Detail = str | int | bool | None
NO_DETAILS: Mapping[str, Detail] = {}
FIRST_PREVIOUS = "0" * 64
# A detail is a code, a number, a hash or a short word.  Longer text belongs to the record, not to its trace.
LONGEST_DETAIL = 200


@dataclass(frozen=True)
class Act:
    """What is to be recorded.  `by` is "system" when no person acted.  No personal data in `details`."""

    act: str
    by: Officer | Account | str
    subject_kind: str
    subject_id: UUID | str
    organisation: UUID | str | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
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
        """JSON, keys in order of code points, no spaces, UTF-8; times in UTC with microseconds."""
        text = json.dumps
        return (
            f'{{"act":{text(self.act)},"at":"{canonical_time(self.at)}","by":{text(self.by)},'
            f'"details":{self.details},"organisation":{text(self.organisation)},'
            f'"previous":"{self.previous_hash}","sequence":{self.sequence},'
            f'"subject_id":{text(self.subject_id)},"subject_kind":{text(self.subject_kind)}}}'
        ).encode()

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


def canonical_time(at: dt.datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an audit line needs an aware time")
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical_details(details: Mapping[str, Detail]) -> str:
    for key, value in details.items():
        if value is not None and not isinstance(value, str | int):
            raise TypeError(f"{key}: an audit detail is text, a whole number, a yes/no or nothing")
        if isinstance(value, str) and len(value) > LONGEST_DETAIL:
            raise ValueError(f"{key}: an audit detail holds at most {LONGEST_DETAIL} characters")
    return json.dumps(dict(details), sort_keys=True, separators=(",", ":"))


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
    done = Act(act, by, subject_kind, subject_id, organisation, details)
    return record_many([done], at=at)[0]


def record_many(acts: Sequence[Act], *, at: dt.datetime) -> list[AuditLine]:
    """Adds the lines of a grouped act in order: one lock, one bulk insert, one update of the head."""
    head = _locked_head()
    tree = merkle.CompactRange.from_hex(head.size, head.peaks)
    lines = []
    for act in acts:
        line = _line(act, at=at, sequence=tree.size + 1, previous_hash=head.last_leaf_hash)
        leaf = event_of(line).leaf_hash()
        tree.append(leaf)
        line.leaf_hash = head.last_leaf_hash = leaf.hex()
        line.root_hash = tree.root().hex()
        lines.append(line)
    AuditLine.objects.bulk_create(lines)
    head.size, head.peaks, head.root_hash = tree.size, tree.as_hex(), tree.root().hex()
    head.save(update_fields=["size", "peaks", "root_hash", "last_leaf_hash"])
    return lines


def _locked_head() -> AuditHead:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit line is written in the transaction of its act")
    AuditHead.objects.get_or_create(
        id=1, defaults={"root_hash": merkle.EMPTY_ROOT.hex(), "last_leaf_hash": FIRST_PREVIOUS}
    )
    return AuditHead.objects.select_for_update().get(id=1)


def _line(act: Act, *, at: dt.datetime, sequence: int, previous_hash: str) -> AuditLine:
    return AuditLine(
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
