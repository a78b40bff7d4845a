"""The queue for client systems: deposit, look, fetch what was signed, say that it came.  Each sees its own tasks only."""

import datetime as dt
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Header, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import AwareDatetime, Field

from hpki_server.people.denial import Denied
from hpki_server.signing import queue_names, queue_queries
from hpki_server.signing.api_answers import NO_ZERO, REFUSALS, ClientKey, TaskAnswer, client_of, file_answer
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.queue_rules import (
    DOCUMENT_GONE,
    DOCUMENT_OCTETS,
    TASK_UNKNOWN,
    TOO_LARGE,
    State,
    stands,
)
from hpki_server.signing.services import depositing, ending_tasks
from hpki_server.signing.services.depositing import Deposit, HolderClaim

router = Router(auth=ClientKey(), tags=["client systems"])


class DepositForm(Schema):
    """Who shall sign, and what it is.  Name the holder by registration number, or by the number printed on the card."""

    title: str = Field(min_length=1, max_length=120, pattern=NO_ZERO)
    registration_number: str = Field(
        "", max_length=16, pattern=NO_ZERO, description="of the licence, e.g. 医籍登録番号"
    )
    qualification: str = Field(
        "physician", max_length=32, pattern=NO_ZERO, description="code of the qualification table"
    )
    card_id: str = Field("", max_length=16, pattern=NO_ZERO)
    family_name: str = Field(
        "",
        max_length=60,
        pattern=NO_ZERO,
        description="compared with the card, in any writing: guards against a wrong digit",
    )
    level: Literal["B", "T", "LT", "LTA"] = "B"
    deadline: AwareDatetime | None = Field(None, description="with its zone; 30 days from now when left out")
    patient_reference: str = Field(
        "", max_length=64, pattern=NO_ZERO, description="your own word; nobody here reads it"
    )


class TaskPage(Schema):
    """Some tasks, the newest first."""

    tasks: list[TaskAnswer]
    page: int
    has_more: bool


class Wanted(Schema):
    """Which tasks."""

    state: Literal["waiting", "signed", "collected", "declined", "withdrawn", "expired"] | None = None
    page: int = Field(1, ge=1, le=10_000)
    size: int = Field(50, ge=1, le=100)


@router.post(
    "/tasks",
    response={HTTPStatus.CREATED: TaskAnswer, HTTPStatus.OK: TaskAnswer, **REFUSALS},
    summary="Deposit a document for a holder's signature",
    url_name="tasks",
)
def post_task(
    request: HttpRequest,
    document: File[UploadedFile],
    form: Form[DepositForm],
    idempotency_key: str = Header("", alias="Idempotency-Key", max_length=64),  # type: ignore[type-arg]  # ninja's stand-in is generic for mypy only
) -> Any:  # noqa: ANN401 - one of the answers above; ninja checks which
    """201 with a new task; 200 with the earlier one, in whatever state, when the same came before under the same Idempotency-Key.

    A document has at most 10 MB.  A system may call 600 times in a minute.
    """
    if (document.size or 0) > DOCUMENT_OCTETS:
        raise Denied([TOO_LARGE])
    what = Deposit(
        octets=document.read(),
        file_name=document.name or "",
        title=form.title,
        level=form.level,
        deadline=form.deadline,
        patient_reference=form.patient_reference,
        idempotency_key=idempotency_key,
    )
    claim = HolderClaim(form.registration_number, form.qualification, form.card_id, form.family_name)
    done = depositing.deposit(what, claim, by=client_of(request), at=_now())
    status = HTTPStatus.CREATED if done.is_new else HTTPStatus.OK
    return Status(status, TaskAnswer.of(done.task))


@router.get(
    "/tasks",
    response={HTTPStatus.OK: TaskPage, **REFUSALS},
    summary="Your tasks, by state",
    url_name="tasks",
)
def get_tasks(request: HttpRequest, wanted: Query[Wanted]) -> TaskPage:
    """Pages of at most 100, the newest first.

    Who collects while asking for `state=signed` asks for the first page again and again: what is collected leaves the list,
    and later pages move up.
    """
    found = queue_queries.tasks_from(client_of(request))
    if wanted.state:
        found = found.filter(state=wanted.state)
    begin = (wanted.page - 1) * wanted.size
    rows = list(found[begin : begin + wanted.size + 1])
    return TaskPage(
        tasks=[TaskAnswer.of(task) for task in rows[: wanted.size]],
        page=wanted.page,
        has_more=len(rows) > wanted.size,
    )


@router.get(
    "/tasks/{uuid:task_id}", response={HTTPStatus.OK: TaskAnswer, **REFUSALS}, summary="One of your tasks"
)
def get_task(request: HttpRequest, task_id: UUID) -> TaskAnswer:
    """404 for another system's as for one that never was."""
    return TaskAnswer.of(_task(request, task_id))


@router.get(
    "/tasks/{uuid:task_id}/document",
    response={HTTPStatus.OK: None, **REFUSALS},
    summary="The signed document",
    openapi_extra={
        "responses": {
            200: {"description": "The signed document, or its detached signature", "content": {"*/*": {}}}
        }
    },
)
def get_signed(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """409 before it is signed; 410 after it was deleted here."""
    task = _task(request, task_id)
    if task.state not in {State.SIGNED, State.COLLECTED}:
        raise Denied([stands(State(task.state))])
    octets = queue_queries.document_of(task, TaskDocument.Kind.SIGNED)
    if octets is None:
        raise Denied([DOCUMENT_GONE])
    return file_answer(octets, name=queue_names.signed_name(task), media=queue_names.signed_media_of(task))


@router.post(
    "/tasks/{uuid:task_id}/collected",
    response={HTTPStatus.OK: TaskAnswer, **REFUSALS},
    summary="Say that the signed document is in your hands; it is deleted here",
)
def post_collected(request: HttpRequest, task_id: UUID) -> TaskAnswer:
    """Asked again, it answers the same."""
    return TaskAnswer.of(ending_tasks.collect(task_id, by=client_of(request), at=_now()))


@router.post(
    "/tasks/{uuid:task_id}/withdraw",
    response={HTTPStatus.OK: TaskAnswer, **REFUSALS},
    summary="Take a document back before it is signed",
)
def post_withdraw(request: HttpRequest, task_id: UUID) -> TaskAnswer:
    """Asked again, it answers the same."""
    return TaskAnswer.of(ending_tasks.withdraw(task_id, by=client_of(request), at=_now()))


def _task(request: HttpRequest, task_id: UUID) -> SigningTask:
    try:
        return queue_queries.task_from(client_of(request), task_id)
    except SigningTask.DoesNotExist as unknown:
        raise Denied([TASK_UNKNOWN]) from unknown


def _now() -> dt.datetime:
    # After the last octet of the request, as a time-stamp wants it.
    return timezone.now()  # noqa: TID251 - the API reads the clock as a view does
