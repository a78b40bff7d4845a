"""A document leaves the queue unsigned, or signed and collected."""

import datetime as dt
from uuid import UUID

from django.db import transaction

from hpki.certs.printing import printable
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account
from hpki_server.signing.holder import Holder
from hpki_server.signing.queue_models import ClientSystem, HolderSession, SigningTask
from hpki_server.signing.queue_rules import REASON_MISSING, TASK_UNKNOWN, Step
from hpki_server.signing.services.queue_record import go, is_repeated, locked, require_holder

_LONGEST_REASON = 300


@transaction.atomic
def withdraw(task_id: UUID, *, by: ClientSystem | Account, at: dt.datetime) -> SigningTask:
    """The depositor takes it back before it is signed; asked again, nothing happens.  Raises `Denied`."""
    task = _deposited_by(task_id, by)
    if not is_repeated(task, Step.WITHDRAW):
        go(task, Step.WITHDRAW, by=by, at=at, details={})
    return task


@transaction.atomic
def collect(task_id: UUID, *, by: ClientSystem | Account, at: dt.datetime) -> SigningTask:
    """The depositor has what was signed in hand; nothing of it stays here.  Raises `Denied`."""
    task = _deposited_by(task_id, by)
    if not is_repeated(task, Step.COLLECT):
        go(task, Step.COLLECT, by=by, at=at, details={"signed_sha256": task.signed_sha256})
    return task


@transaction.atomic
def decline(
    task_id: UUID,
    *,
    reason: str,
    holders: tuple[Holder, ...],
    by: Account | HolderSession,
    at: dt.datetime,
) -> SigningTask:
    """The holder does not sign, and says why.  Raises `Denied`: `reason_missing`, `task_unknown`, or as the table says."""
    told = printable(reason).strip()[:_LONGEST_REASON]
    if not told:
        raise Denied([REASON_MISSING])
    task = locked(task_id)
    require_holder(task, holders)
    task.reason = told
    go(task, Step.DECLINE, by=by, at=at, details={})
    return task


def _deposited_by(task_id: UUID, by: ClientSystem | Account) -> SigningTask:
    task = locked(task_id)
    depositor = task.client_id if isinstance(by, ClientSystem) else task.deposited_by_id
    if depositor != by.pk:
        raise Denied([TASK_UNKNOWN])
    return task
