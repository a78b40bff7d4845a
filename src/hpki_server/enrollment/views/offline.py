"""The desk that goes on while the network is down: its page, its worker, its day, and what it sends afterwards."""

import base64
import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import queries
from hpki_server.enrollment.desk_forms import TakeInForm, VisitForm
from hpki_server.enrollment.models import Application, DeskEntry
from hpki_server.enrollment.services import reading
from hpki_server.enrollment.services.desk_entries import DeskMessage, payload_hash, receive, vault_key
from hpki_server.people.access import MomentRequest, OfficerRequest, public, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty

CASES_MOST = 400
OCTETS_MOST = 8 * 1024
# Of a device's clock: beyond them a moment has no form in every time zone.
FIRST_YEAR, LAST_YEAR = 2000, 9000


class Malformed(Exception):
    """What came is not an entry of our page."""


@public
@require_safe
def worker(request: MomentRequest) -> HttpResponse:
    """The service worker; it lies in /desk/ because it may serve only what lies below it."""
    answer = render(request, "enrollment/worker.js", content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@public
@require_safe
def shell(request: MomentRequest) -> HttpResponse:
    """The page itself holds nothing about anybody: it is kept on the device."""
    context = {"intake": TakeInForm(prefix="intake"), "visit": VisitForm(prefix="visit")}
    return render(request, "enrollment/offline.html", context)


@requires(Duty.INTAKE, Duty.PICKUP)
@require_safe
def day(request: OfficerRequest) -> JsonResponse:
    """Who is logged in, the key of this officer's vault, and the cases that may come to the desk."""
    cases = list(queries.may_come_to_desk(request.officer)[:CASES_MOST])
    reading.record_day(len(cases), by=request.officer, at=request.at)
    facts = {
        "account": str(request.officer.account_id),
        "name": request.officer.name,
        "token": get_token(request),
        "key": base64.b64encode(vault_key(request.officer.account_id)).decode(),
        "at": request.at.isoformat(),
        "cases": [case_facts(case) for case in cases],
    }
    return JsonResponse(facts)


def case_facts(case: Application) -> dict[str, str]:
    return {
        "number": case.number or "",
        "name": case.name,
        "kana": f"{case.family_kana} {case.given_kana}",
        "born": case.born_on.isoformat() if case.born_on else "",
        "state": case.state,
        "word": case.state_word,
    }


@requires(Duty.INTAKE, Duty.PICKUP)
@require_POST
def send(request: OfficerRequest) -> JsonResponse:
    """One entry; the answer to the same nonce is always the same."""
    try:
        message, errors = read_message(request)
    except Malformed:
        return JsonResponse({"outcome": "malformed"}, status=400)
    if errors or message is None:
        return JsonResponse({"outcome": "refused", "sentences": errors}, status=422)
    try:
        entry = receive(message, by=request.officer, at=request.at)
    except Denied as denied:
        sentences = [str(denial.sentence) for denial in denied.denials]
        return JsonResponse({"outcome": "refused", "sentences": sentences}, status=409)
    case = case_now(request, entry)
    answer = {
        "outcome": entry.outcome,
        "sentences": [one["sentence"] for one in entry.codes],
        "state": case.state_word if case else "",
        "since": case.state_since.isoformat() if case else "",
    }
    return JsonResponse(answer)


def case_now(request: OfficerRequest, entry: DeskEntry) -> Application | None:
    """As it stands now; a number that was mistyped tells nothing about somebody else's case."""
    if entry.application_id is None:
        return None
    desks = queries.visible(request.officer, queries.AT_THE_DESK)
    return desks.filter(id=entry.application_id).first()


def read_message(request: HttpRequest) -> tuple[DeskMessage | None, list[str]]:
    """The entry, or the sentences of the forms that refuse it.  Raises `Malformed`."""
    body = request.body
    if len(body) > OCTETS_MOST:
        raise Malformed
    try:
        facts: Any = json.loads(body)
        text = json.dumps(facts, ensure_ascii=False)
        # What can be escaped into JSON and is no text that a database keeps: half a surrogate (ValueError), a zero.
        if not text.encode() or "\\u0000" in text:
            raise Malformed
        nonce, kind = UUID(str(facts["nonce"])), DeskEntry.Kind(str(facts["kind"]))
        number, claimed = str(facts["number"])[:16], parse_datetime(str(facts["claimed_at"]))
        fields = {str(name): str(value)[:300] for name, value in facts["fields"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed from error
    if claimed is None or claimed.tzinfo is None or not FIRST_YEAR <= claimed.year <= LAST_YEAR:
        raise Malformed
    content = json.dumps([kind, number, claimed.isoformat(), sorted(fields.items())]).encode()
    form: TakeInForm | VisitForm = TakeInForm(fields) if kind is DeskEntry.Kind.INTAKE else VisitForm(fields)
    if not form.is_valid():
        return None, [str(error) for errors in form.errors.values() for error in errors]
    message = DeskMessage(
        nonce=nonce,
        kind=kind,
        number=number,
        claimed_at=claimed,
        payload_hash=payload_hash(content),
        originals=form.command() if isinstance(form, TakeInForm) else None,
        visit=form.visit(at=claimed) if isinstance(form, VisitForm) else None,
    )
    return message, []
