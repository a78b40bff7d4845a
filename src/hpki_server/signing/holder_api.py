"""The queue for its holder's command line: sign in with the card, see what waits, sign or decline."""

import base64
import binascii
import datetime as dt
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from hpki_server.people.denial import Denied
from hpki_server.signing import limits, queue_names, queue_queries
from hpki_server.signing.api_answers import (
    NO_ZERO,
    REFUSALS,
    REQUEST_UNFIT,
    HolderToken,
    QueueEntry,
    arrive,
    file_answer,
    session_of,
)
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.queue_rules import (
    DOCUMENT_GONE,
    DOCUMENT_OCTETS,
    MOST_ADDED,
    TASK_UNKNOWN,
    TOO_LARGE,
)
from hpki_server.signing.services import accepting, ending_tasks, sign_in
from hpki_server.signing.services.sign_in import SignInClaim

public = Router(tags=["sign-in by card"])
router = Router(auth=HolderToken(), tags=["the holder's queue"])
MOST_SHOWN = 500


class ChallengeAnswer(Schema):
    """What the card's authentication key shall sign: see `hpki.card.sign_in.sign_in_message`."""

    challenge: UUID
    nonce: str = Field(description="base64")
    server: str = Field(description="this server's address; sign over the address that you dialled")
    expires_at: dt.datetime


class SignInForm(Schema):
    """The card's answer."""

    challenge: UUID
    certificate: str = Field(max_length=24_000, description="the authentication certificate, DER in base64")
    signature: str = Field(max_length=4_000, description="base64")


class SignInAnswer(Schema):
    """A token for the `Authorization: Bearer` of what follows."""

    token: str
    expires_at: dt.datetime
    card_id: str


class Queue(Schema):
    """What waits, the nearest deadline first."""

    tasks: list[QueueEntry]
    has_more: bool


class StateAnswer(Schema):
    """Where the document stands now."""

    id: UUID
    state: str
    level: str
    signed_sha256: str


class DeclineForm(Schema):
    """Why not; whoever asked for the signature reads it."""

    reason: str = Field(min_length=1, max_length=300, pattern=NO_ZERO)


@public.post(
    "/sign-in/challenge",
    response={HTTPStatus.OK: ChallengeAnswer, **REFUSALS},
    summary="A nonce for the card",
)
def post_challenge(request: HttpRequest) -> ChallengeAnswer:
    """Good for one answer within two minutes."""
    at = arrive(request, limits.SIGN_IN)
    made = sign_in.new_challenge(at=at)
    return ChallengeAnswer(
        challenge=made.id,
        nonce=base64.b64encode(made.nonce).decode(),
        server=_server(),
        expires_at=made.expires_at,
    )


@public.post(
    "/sign-in", response={HTTPStatus.OK: SignInAnswer, **REFUSALS}, summary="Sign in with the card's answer"
)
def post_sign_in(request: HttpRequest, form: SignInForm) -> SignInAnswer:
    """A token of a quarter of an hour."""
    at = arrive(request, limits.SIGN_IN)
    claim = SignInClaim(form.challenge, _decoded(form.certificate), _decoded(form.signature))
    done = sign_in.sign_in(claim, server=_server(), at=at)
    return SignInAnswer(
        token=done.token.reveal(),
        expires_at=done.session.expires_at,
        card_id=done.session.card.card_id,
    )


@router.get("/queue", response={HTTPStatus.OK: Queue, **REFUSALS}, summary="What waits for your signature")
def get_queue(request: HttpRequest) -> Queue:
    """At most 500, the nearest deadline first."""
    rows = list(queue_queries.waiting_for(_holders(request), at=_now())[: MOST_SHOWN + 1])
    return Queue(tasks=[QueueEntry.of(task) for task in rows[:MOST_SHOWN]], has_more=len(rows) > MOST_SHOWN)


@router.get(
    "/queue/{uuid:task_id}/document",
    response={HTTPStatus.OK: None, **REFUSALS},
    summary="The document to sign",
    openapi_extra={
        "responses": {200: {"description": "The document as it was deposited", "content": {"*/*": {}}}}
    },
)
def get_draft(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Octet for octet as it was deposited."""
    try:
        task = queue_queries.task_for(_holders(request), task_id)
    except SigningTask.DoesNotExist as unknown:
        raise Denied([TASK_UNKNOWN]) from unknown
    octets = queue_queries.document_of(task, TaskDocument.Kind.DRAFT)
    if octets is None:
        raise Denied([DOCUMENT_GONE])
    return file_answer(octets, name=task.file_name, media=queue_names.media_of(task))


@router.post(
    "/queue/{uuid:task_id}/signed",
    response={HTTPStatus.OK: StateAnswer, **REFUSALS},
    summary="Hand the signed document in",
)
def post_signed(request: HttpRequest, task_id: UUID, document: File[UploadedFile]) -> StateAnswer:
    """Level B, over exactly the document that waits; time-stamps are added here."""
    if (document.size or 0) > DOCUMENT_OCTETS + MOST_ADDED:
        raise Denied([TOO_LARGE])
    octets = document.read()
    task = accepting.accept_signed(
        task_id, octets, holders=_holders(request), by=session_of(request), at=_now()
    )
    return _state(task)


@router.post(
    "/queue/{uuid:task_id}/decline", response={HTTPStatus.OK: StateAnswer, **REFUSALS}, summary="Do not sign"
)
def post_decline(request: HttpRequest, task_id: UUID, form: DeclineForm) -> StateAnswer:
    """The reason goes to whoever asked."""
    task = ending_tasks.decline(
        task_id, reason=form.reason, holders=_holders(request), by=session_of(request), at=_now()
    )
    return _state(task)


def _state(task: SigningTask) -> StateAnswer:
    return StateAnswer(id=task.id, state=task.state, level=task.level, signed_sha256=task.signed_sha256)


def _holders(request: HttpRequest) -> tuple[Holder, ...]:
    return (holder_of(session_of(request).card),)


def _server() -> str:
    return str(settings.ORIGIN).rstrip("/")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as unreadable:
        raise Denied([REQUEST_UNFIT]) from unreadable


def _now() -> dt.datetime:
    # After the last octet of the request, as a time-stamp wants it.
    return timezone.now()  # noqa: TID251 - the API reads the clock as a view does
