"""What every step of the queue shares: the locked row, the step by the rule table, its audit line."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account
from hpki_server.signing.holder import Holder
from hpki_server.signing.queue_models import ClientSystem, HolderSession, SigningTask
from hpki_server.signing.queue_rules import REPEATABLE, TASK_UNKNOWN, State, Step, next_state

# Who acts upon a document: a client system, the holder at a page, the holder who signed in with the card, the server.
Actor = ClientSystem | Account | HolderSession | str


def actor_word(by: Actor) -> Account | str:
    """How the audit line names who acted."""
    if isinstance(by, ClientSystem):
        return f"client:{by.id}"
    if isinstance(by, HolderSession):
        return f"card:{by.card.card_id}"
    return by


def locked(task_id: UUID) -> SigningTask:
    """The row, held until the transaction ends.  Raises `Denied` with `task_unknown`."""
    task = SigningTask.objects.select_for_update().filter(id=task_id).first()
    if task is None:
        raise Denied([TASK_UNKNOWN])
    return task


def require_holder(task: SigningTask, holders: tuple[Holder, ...]) -> None:
    """Raises `Denied` with `task_unknown` when the document waits for somebody else."""
    theirs = Holder(task.qualification_code, task.registration_number, task.environment)
    if theirs not in holders:
        raise Denied([TASK_UNKNOWN])


def is_repeated(task: SigningTask, step: Step) -> bool:
    """Whether the step was done already, so that asking again is no error."""
    return REPEATABLE.get(step) == task.state


def go(
    task: SigningTask, step: Step, *, by: Actor, at: dt.datetime, details: Mapping[str, audit.Detail]
) -> None:
    """The step with its audit line; the row was locked before.  Raises `Denied` as the rule table says."""
    following, denials = next_state(State(task.state), step, deadline=task.deadline, at=at)
    if following is None:
        raise Denied(denials)
    task.state, task.state_since = following.value, at
    task.save()
    record(f"signing:{step.value}", task, by=by, at=at, details=details)


def record(
    act: str, task: SigningTask, *, by: Actor, at: dt.datetime, details: Mapping[str, audit.Detail]
) -> None:
    """One line; neither title nor patient stand in it, the document by its hash."""
    audit.record(
        act,
        by=actor_word(by),
        subject_kind="signing-task",
        subject_id=task.id,
        at=at,
        organisation=task.client.organisation_id if task.client else None,
        details={"sha256": task.sha256, **details},
    )
