"""The same for machines: documents judged, and the signing queue.  Described at /api/signing/openapi.json."""

from http import HTTPStatus
from typing import Any, Final, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Schema
from ninja.files import UploadedFile
from pydantic import Field

from hpki.signatures.report_xml import report_xml
from hpki_server.people.access import Access, Audience
from hpki_server.people.denial import Denied
from hpki_server.people.uploads import takes_files
from hpki_server.signing import client_api, holder_api, limits
from hpki_server.signing.api_answers import Refusal, refuse_in_words
from hpki_server.signing.api_description import DescribedAPI
from hpki_server.signing.queue_rules import DOCUMENT_OCTETS, MOST_ADDED
from hpki_server.signing.services.judging import Asked, judged

api = DescribedAPI(
    title="openhpki: signed documents",
    version="1",
    description="Judges signed documents (PAdES, XAdES, CAdES, ASiC, time-stamps) and says who signed with which qualification."
    " Keeps documents that wait for a physician's signature: a hospital's system deposits them and collects them signed.",
    urls_namespace="signing-api",
    docs_url=None,
    openapi_url="/openapi.json",
)


class SignatureAnswer(Schema):
    """One signature.  Who signed is to be believed only when `indication` is TOTAL_PASSED."""

    indication: Literal["TOTAL_PASSED", "TOTAL_FAILED", "INDETERMINATE"]
    sub_indication: str | None
    format: str
    level: str
    intact: bool
    signed_at: str | None = Field(description="claimed by the signer, UTC")
    proven_at: str | None = Field(description="earliest moment by which a time-stamp proves it existed, UTC")
    signer: dict[str, str] | None
    environment: Literal["production", "test"] | None
    qualifications: list[dict[str, Any]]
    place: str
    covers: list[str]
    leaves_out: list[str]
    findings: list[dict[str, Any]]


class Answer(Schema):
    """The report on a document; the outcome is that of its worst signature."""

    indication: Literal["TOTAL_PASSED", "TOTAL_FAILED", "INDETERMINATE"]
    sub_indication: str | None
    at: str
    policy: str
    format: str
    signatures: list[SignatureAnswer]
    time_stamps: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class Question(Schema):
    """How to judge."""

    policy: Literal["hpki-signing", "hpki-signing-test", "jpki-signing", "jpki-signing-test"] = "hpki-signing"
    answer: Literal["json", "xml"] = "json"
    """xml: ETSI TS 119 102-2"""


@api.post(
    "/validate",
    response={
        HTTPStatus.OK: Answer,
        HTTPStatus.UNPROCESSABLE_ENTITY: Refusal,
        HTTPStatus.TOO_MANY_REQUESTS: Refusal,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Refusal,
    },
    summary="Judge a signed document",
)
def validate(
    request: HttpRequest,
    document: File[UploadedFile],
    beside: File[list[UploadedFile]] = [],  # noqa: B006 - ninja reads the default and never changes it
    record: File[list[UploadedFile]] = [],  # noqa: B006 - as above
    question: Form[Question] = Question(),  # noqa: B008 - ninja reads the default once
) -> Any:  # noqa: ANN401 - one of the answers above; ninja checks which
    """The document is judged at this moment and not kept.

    `beside`: files that a detached signature is over.  `record`: evidence records of the document (RFC 4998, RFC 6283),
    at most 16 of 16 MB.  A document has at most 25 MB, all files together 75 MB.  At most 60 times in a minute from one
    address.
    """
    # The clock of this request is read here, where machines come in.
    at = timezone.now()  # noqa: TID251 - the API reads the clock as a view does
    if limits.is_too_often(request, limits.MACHINE, at=at):
        raise Denied([limits.TOO_OFTEN])
    if (document.size or 0) > limits.DOCUMENT_OCTETS:
        raise Denied([limits.TOO_LARGE])
    if limits.are_records_unfit(each.size for each in record):
        raise Denied([limits.RECORDS_UNFIT])
    asked = Asked(
        name=document.name or "-",
        octets=document.read(),
        beside={each.name or "-": each.read() for each in beside},
        records={each.name or "-": each.read() for each in record},
        policy=question.policy,
    )
    report = judged(asked, at=at)
    if question.answer == "xml":
        return HttpResponse(report_xml(report), content_type="application/xml")
    return report.as_json()


refuse_in_words(api)
api.add_router("", client_api.router)
api.add_router("", holder_api.public)
api.add_router("", holder_api.router)
# Whose key opens what begins so, and how much may be sent to what ends so; to everything else small forms only.
_AUDIENCES: Final = {"tasks": Audience.CLIENT, "queue": Audience.HOLDER}
_OCTETS: Final = {
    "validate": 3 * limits.DOCUMENT_OCTETS,
    "tasks": DOCUMENT_OCTETS,
    "/signed": DOCUMENT_OCTETS + MOST_ADDED,
}


def urls() -> tuple[list[Any], str, str]:
    """The API's paths, each with the mark that every view carries."""
    found, app, namespace = api.urls
    # What one path does by GET and by POST is one view, and stands there once.
    patterns: list[Any] = list({str(pattern.pattern): pattern for pattern in found}.values())
    for pattern in patterns:
        view: Any = pattern.callback
        place = str(pattern.pattern)
        view.access = Access(
            next((who for begin, who in _AUDIENCES.items() if place.startswith(begin)), Audience.PUBLIC)
        )
        takes_files(next((most for end, most in _OCTETS.items() if place.endswith(end)), 0))(view)
    return patterns, app, namespace
