"""What nobody came for expires, and what is no longer needed is deleted: each with its line in the audit chain."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from hpki_server.signing.queue_models import HolderSession, SignInChallenge, SigningTask, TaskDocument
from hpki_server.signing.queue_rules import State, Step
from hpki_server.signing.queue_terms import Doing, Term, read_terms, term_over
from hpki_server.signing.services.queue_record import go, record

# One turn of the recurring work; the rest comes at the next.
TASKS_A_TURN: Final = 500
DEADLINE: Final = "deadline"


@dataclass(frozen=True)
class Tidied:
    """What one turn did."""

    expired: int = 0
    documents: int = 0
    records: int = 0


def terms() -> tuple[Term, ...]:
    """The operator's table, where there is one (var/signing-retention.csv); ours otherwise."""
    own = Path(settings.VAR) / "signing-retention.csv"
    if own.exists():
        return read_terms(own.read_text(encoding="utf-8-sig").splitlines())
    ours = files("hpki_server.signing").joinpath("data/retention.csv")
    return read_terms(ours.read_text(encoding="utf-8").splitlines())


def tidy(*, at: dt.datetime, most: int = TASKS_A_TURN) -> Tidied:
    """Each document in a transaction of its own, so the work may be cut off anywhere."""
    table = terms()
    late = SigningTask.objects.filter(state=State.WAITING.value, deadline__lte=at)
    expired = sum(_expire_late(task_id, at=at) for task_id in _ids(late)[:most])
    done = dict.fromkeys(Doing, 0)
    # In this order: what expires now is deleted in the same turn.
    for doing in (Doing.EXPIRE, Doing.DELETE_DOCUMENTS, Doing.DELETE_RECORD):
        for term in table:
            if term.doing is doing:
                for task_id in _ids(_resting(term, at))[:most]:
                    done[doing] += _do(task_id, doing, table, at=at)
    _forget_sign_ins(at)
    return Tidied(expired + done[Doing.EXPIRE], done[Doing.DELETE_DOCUMENTS], done[Doing.DELETE_RECORD])


def _ids(found: QuerySet[SigningTask]) -> QuerySet[SigningTask, UUID]:
    return found.order_by("state_since", "id").values_list("id", flat=True)


def _resting(term: Term, at: dt.datetime) -> QuerySet[SigningTask]:
    """Those that this term has outlived; the rule itself is asked once more at each."""
    ends = dt.datetime.combine(term.begins_before(_day(at)), dt.time.min, ZoneInfo(settings.TIME_ZONE))
    found = SigningTask.objects.filter(state=term.state.value, state_since__lt=ends)
    if term.doing is not Doing.EXPIRE:
        found = found.exclude(keep_until__gt=at)
    if term.doing is Doing.DELETE_DOCUMENTS:
        found = found.filter(id__in=TaskDocument.objects.values("task"))
    return found


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


@transaction.atomic
def _expire_late(task_id: UUID, *, at: dt.datetime) -> int:
    task = SigningTask.objects.select_for_update().filter(id=task_id).first()
    if task is None or task.state != State.WAITING.value or at < task.deadline:
        return 0
    go(task, Step.EXPIRE, by="system", at=at, details={"rule": DEADLINE})
    return 1


@transaction.atomic
def _do(task_id: UUID, doing: Doing, table: tuple[Term, ...], *, at: dt.datetime) -> int:
    """Looked at once more under the lock: it may have gone on meanwhile."""
    task = SigningTask.objects.select_for_update().filter(id=task_id).first()
    if task is None:
        return 0
    term = term_over(doing, State(task.state), _day(task.state_since), table, _day(at))
    if term is None:
        return 0
    if doing is not Doing.EXPIRE and task.keep_until is not None and at < task.keep_until:
        return 0
    if doing is Doing.EXPIRE:
        go(task, Step.EXPIRE, by="system", at=at, details={"rule": term.code})
        return 1
    if doing is Doing.DELETE_DOCUMENTS:
        return _delete_documents(task, term, at=at)
    record("signing:delete-record", task, by="system", at=at, details={"rule": term.code})
    task.delete()
    return 1


def _delete_documents(task: SigningTask, term: Term, *, at: dt.datetime) -> int:
    found = list(TaskDocument.objects.filter(task=task).defer("sealed").order_by("kind"))
    for document in found:
        details = {"kind": document.kind, "rule": term.code}
        record("signing:delete-document", task, by="system", at=at, details=details)
        document.delete()
    return len(found)


def _forget_sign_ins(at: dt.datetime) -> None:
    """Nonces and sessions that are over; that somebody signed in stands in the audit chain."""
    SignInChallenge.objects.filter(expires_at__lte=at).delete()
    HolderSession.objects.filter(expires_at__lte=at).delete()
