"""What the API says: refusals, tasks, and who may come in."""

import datetime as dt
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, Self, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from hpki_server.people.denial import Denial, Denied
from hpki_server.signing import limits
from hpki_server.signing.queue_models import ClientSystem, HolderSession, SigningTask
from hpki_server.signing.services import clients, sign_in

KEY_MISSING: Final = Denial(
    "key_unfit", _("鍵またはサインインが無効です。期限が切れたか、取り消されています。")
)
# When what is missing (a time-stamp, the lists of the day) may be there.
AGAIN_SECONDS: Final = 60
# The one sign that no database keeps as text; PostgreSQL fails at it even in a question.
NO_ZERO: Final = r"^[^\x00]*$"
REQUEST_UNFIT: Final = Denial("request_unfit", _("送られた項目が正しくありません。"))
STATUSES: Final[Mapping[str, HTTPStatus]] = {
    "request_unreadable": HTTPStatus.BAD_REQUEST,
    "key_unfit": HTTPStatus.UNAUTHORIZED,
    "address_unknown": HTTPStatus.NOT_FOUND,
    "task_unknown": HTTPStatus.NOT_FOUND,
    "document_gone": HTTPStatus.GONE,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too_often": HTTPStatus.TOO_MANY_REQUESTS,
    "time_stamp_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "status_unknown": HTTPStatus.SERVICE_UNAVAILABLE,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "idempotency_key_reused": HTTPStatus.CONFLICT,
    "challenge_unfit": HTTPStatus.FORBIDDEN,
    "card_unknown": HTTPStatus.FORBIDDEN,
    "card_not_in_force": HTTPStatus.FORBIDDEN,
    "answer_unfit": HTTPStatus.FORBIDDEN,
    **{f"task_{state}": HTTPStatus.CONFLICT for state in SigningTask.State.values},
}


class Refusal(Schema):
    """Why it was not done: a code for programs and a sentence for people.

    `fields`, where known: those of the request with their place before, as in `form.title` or `query.size`.
    """

    code: str
    sentence: str
    fields: list[str] = []


class TaskAnswer(Schema):
    """One document in the queue, as its depositor sees it."""

    id: UUID
    state: Literal["waiting", "signed", "collected", "declined", "withdrawn", "expired"]
    state_since: dt.datetime
    deposited_at: dt.datetime
    deadline: dt.datetime
    format: Literal["pdf", "xml", "other"] = Field(
        description="pdf: PAdES inside; xml: XAdES enveloped; other: CAdES detached, a file of its own"
    )
    level: Literal["B", "T", "LT", "LTA"]
    title: str
    file_name: str
    patient_reference: str
    octets: int
    sha256: str
    reason: str = Field(description="why the holder declined, in the holder's words")
    signed_at: dt.datetime | None
    signed_sha256: str
    signed_octets: int
    signer_serial: str = Field(
        description="serial number of the signer's certificate, hexadecimal; empty before"
    )

    @classmethod
    def of(cls, task: SigningTask) -> Self:
        """A row as it is shown."""
        shown = {name: getattr(task, name) for name in cls.model_fields if name != "signer_serial"}
        return cls(**shown, signer_serial=task.signer.serial_hex if task.signer else "")


class QueueEntry(Schema):
    """One document that waits, as its holder sees it."""

    id: UUID
    title: str
    asked_by: str = Field(description="the organisation whose system asks; empty for the holder's own upload")
    system: str
    file_name: str
    format: Literal["pdf", "xml", "other"]
    level: Literal["B", "T", "LT", "LTA"]
    octets: int
    sha256: str
    deposited_at: dt.datetime
    deadline: dt.datetime

    @classmethod
    def of(cls, task: SigningTask) -> Self:
        """A row as it is shown."""
        named = {"asked_by", "system"}
        shown = {name: getattr(task, name) for name in cls.model_fields if name not in named}
        client = task.client
        return cls(
            **shown,
            asked_by=client.organisation.shown_name if client else "",
            system=client.name if client else "",
        )


def arrive(request: HttpRequest, rate: limits.Rate, asker: str = "") -> dt.datetime:
    """The moment of the request.  Raises `Denied` with `too_often`."""
    at = timezone.now()  # noqa: TID251 - the API reads the clock as a view does
    if limits.is_too_often(request, rate, at=at, asker=asker):
        raise Denied([limits.TOO_OFTEN])
    return at


class ClientKey(HttpBearer):
    """The key of a client system: `Authorization: Bearer hpkiq_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> ClientSystem | None:
        """The system whose key this is; None: nobody's."""
        at = arrive(request, limits.KEYS)
        client = clients.client_with(token, at=at)
        if client is not None:
            arrive(request, limits.CLIENT, f"client {client.id}")
        return client


class HolderToken(HttpBearer):
    """The token of a sign-in by card, good for a quarter of an hour."""

    def authenticate(self, request: HttpRequest, token: str) -> HolderSession | None:
        """The holder's session; None: nobody's, or over."""
        return sign_in.session_with(token, at=arrive(request, limits.KEYS))


def client_of(request: HttpRequest) -> ClientSystem:
    """Who came with a client's key."""
    return cast("ClientSystem", request.auth)  # type: ignore[attr-defined]  # ninja puts it there


def session_of(request: HttpRequest) -> HolderSession:
    """Who came with a holder's token."""
    return cast("HolderSession", request.auth)  # type: ignore[attr-defined]  # ninja puts it there


def status_of(code: str) -> HTTPStatus:
    """The status of a refusal; 422 unless told otherwise."""
    return STATUSES.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)


def refusal_of(denial: Denial) -> dict[str, Any]:
    """A denial as the API says it."""
    return {"code": denial.code, "sentence": str(denial.sentence), "fields": []}


REFUSALS: Final = dict.fromkeys(
    (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    Refusal,
)


def refuse_in_words(api: NinjaAPI) -> None:
    """Every no of the API is a `Refusal`."""

    @api.exception_handler(Denied)
    def denied(request: HttpRequest, error: Denied) -> HttpResponse:
        first = error.denials[0]
        status = status_of(first.code)
        response = api.create_response(request, refusal_of(first), status=status)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            at = timezone.now()  # noqa: TID251 - the API reads the clock as a view does
            response["Retry-After"] = str(limits.seconds_to_wait(at))
        elif status == HTTPStatus.SERVICE_UNAVAILABLE:
            response["Retry-After"] = str(AGAIN_SECONDS)
        return response

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        response = api.create_response(request, refusal_of(KEY_MISSING), status=HTTPStatus.UNAUTHORIZED)
        response["WWW-Authenticate"] = "Bearer"
        return response

    @api.exception_handler(ValidationError)
    def unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
        fields = sorted({".".join(str(part) for part in each["loc"])[:100] for each in error.errors})
        told = refusal_of(REQUEST_UNFIT) | {"fields": fields[:20]}
        return api.create_response(request, told, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    @api.exception_handler(HttpError)
    def unreadable(request: HttpRequest, _error: HttpError) -> HttpResponse:
        told = refusal_of(REQUEST_UNFIT)
        return api.create_response(request, told, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def file_answer(octets: bytes, *, name: str, media: str) -> HttpResponse:
    """A document to take along; nothing between keeps it."""
    response = HttpResponse(octets, content_type=media)
    response.headers["Content-Disposition"] = _attachment(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response


def _attachment(name: str) -> str:
    from urllib.parse import quote

    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
