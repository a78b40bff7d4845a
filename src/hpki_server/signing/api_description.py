"""What the OpenAPI document says beside what the functions' types say: each status with its codes, when to come again."""

from collections.abc import Mapping
from http import HTTPStatus
from types import ModuleType
from typing import Any, Final

from ninja import NinjaAPI

from hpki_server.people.denial import Denial
from hpki_server.signing import api_answers, limits, queue_rules

_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_RETRY_AFTER: Final = {
    "description": "seconds until it is worth asking again",
    "schema": {"type": "integer", "minimum": 1},
}
_REFUSAL: Final = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
_XML_ANSWER: Final = {"schema": {"type": "string", "description": "ETSI TS 119 102-2, for `answer=xml`"}}
# How the deposit's document names the rules' refusals that stand in no constant.
_BY_RULES: Final = (
    "document_empty",
    "title_missing",
    "no_card_in_force",
    "name_differs",
    "deadline_unfit",
    "queue_full",
    "one_signature",
    "level_not_b",
    "signer_unknown",
    "signer_not_holder",
    "not_this_document",
    "signature_not_passed",
)


def codes() -> Mapping[HTTPStatus, list[str]]:
    """The codes that a `Refusal` of each status may have."""
    found: dict[HTTPStatus, set[str]] = {}
    named = {denial.code for module in (api_answers, limits, queue_rules) for denial in _denials(module)}
    for code in {*named, *_BY_RULES, *api_answers.STATUSES}:
        found.setdefault(api_answers.status_of(code), set()).add(code)
    return {status: sorted(words) for status, words in found.items()}


def _denials(module: ModuleType) -> list[Denial]:
    return [each for each in vars(module).values() if isinstance(each, Denial)]


class DescribedAPI(NinjaAPI):
    """A NinjaAPI whose document names the codes of every refusal."""

    def get_openapi_schema(self, **options: Any) -> Any:  # noqa: ANN401 - ninja's dict
        """The document of ninja, completed."""
        document = super().get_openapi_schema(**options)
        words = codes()
        for operations in document["paths"].values():
            for operation in operations.values():
                _describe(operation["responses"], words)
        judging = document["paths"]["/api/signing/validate"]["post"]["responses"]
        judging[200]["content"]["application/xml"] = _XML_ANSWER
        return document


def _describe(responses: dict[Any, Any], words: Mapping[HTTPStatus, list[str]]) -> None:
    responses.setdefault(HTTPStatus.BAD_REQUEST, {"description": "", "content": _REFUSAL})
    for status, response in responses.items():
        if response.get("content") is None or int(status) < HTTPStatus.BAD_REQUEST:
            continue
        listed = ", ".join(words.get(HTTPStatus(int(status)), []))
        response["description"] = f"{HTTPStatus(int(status)).phrase}: {listed}".rstrip(": ")
        if HTTPStatus(int(status)) in _BUSY:
            response["headers"] = {"Retry-After": _RETRY_AFTER}
