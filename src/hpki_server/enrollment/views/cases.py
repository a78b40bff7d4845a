"""What the officers' pages share: a list of waiting cases, and one case out of reach being no case."""

import datetime as dt
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from hpki_server.enrollment import case_queue, queries
from hpki_server.enrollment.ages import Waiting, age_of, holder_of, midnight_of, urgency_of
from hpki_server.enrollment.case_queue import Narrowing
from hpki_server.enrollment.models import CASE_WORDS, STATE_WORDS, Application
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.words import name_of
from hpki_server.people.access import OfficerRequest
from hpki_server.people.duties import Duty
from hpki_server.people.queries import reception_desks

# At the centre officers share one queue; a desk has its own.
SENDS_BACK = frozenset({Duty.INTAKE, Duty.VETTING, Duty.APPROVAL})
SHARED = frozenset({Duty.VETTING, Duty.APPROVAL})


def case_of(request: OfficerRequest, application_id: UUID, *duties: Duty) -> Application:
    try:
        return queries.case(request.officer, application_id, duties)
    except Application.DoesNotExist:
        raise Http404 from None


def held_case(request: OfficerRequest, application_id: UUID) -> Application:
    """A case that this officer has to decide on now."""
    try:
        return queries.held_case(request.officer, application_id)
    except Application.DoesNotExist:
        raise Http404 from None


def narrowing_of(request: HttpRequest) -> Narrowing:
    asked = request.GET
    days = asked.get("days", "")
    return Narrowing(
        words=asked.get("q", "").strip()[:60],
        state=asked.get("state", "")[:20],
        place=asked.get("place", "")[:16],
        kind=asked.get("kind", "")[:20],
        days=min(int(days), case_queue.MOST_AGE)
        if days.isascii() and days.isdigit() and len(days) < 6
        else 0,
        holder=asked.get("holder", "")[:8],
    )


def waiting_list(request: OfficerRequest, duty: Duty, *, title: str | Promise, case_url: str) -> HttpResponse:
    """Oldest first; what narrows the list stands in the URL.  A number typed or scanned in full opens its case."""
    wanted, midnight = narrowing_of(request), midnight_of(request.at)
    after = case_queue.read_cursor(request.GET.get("after", ""))
    cases = case_queue.narrowed(request.officer, duty, wanted, midnight=midnight, at=request.at)
    page = case_queue.page_of(cases, after)
    if wanted.words and len(page.cases) == 1 and page.cases[0].number == wanted.words:
        found = reverse(f"enrollment:{case_url}", args=[page.cases[0].id])
        # A postcard's code was read: its desk need not read it once more.
        return redirect(f"{found}?{urlencode({'scanned': wanted.words})}" if duty is Duty.PICKUP else found)
    context = {
        "title": title,
        "rows": [waiting_row(case, at=request.at) for case in page.cases],
        "page": page,
        "first": after is None,
        "ages": case_queue.ages_of(cases, midnight=midnight),
        "case_url": f"enrollment:{case_url}",
        "wanted": wanted,
        "choices": choices_of(duty),
        "desk": duty in queries.AT_THE_DESK,
        "sends_back": duty in SENDS_BACK,
        "next_url": f"enrollment:next-{duty.value}" if duty in SHARED else "",
    }
    return render(request, "enrollment/waiting.html", context)


def waiting_row(case: Application, *, at: dt.datetime) -> Waiting:
    return Waiting(case, age_of(case, at=at), holder_of(case, at=at), urgency_of(case, at=at))


def choices_of(duty: Duty) -> dict[str, list[tuple[str, str | Promise]]]:
    """What the list may be narrowed to."""
    states = queries.WAITS_FOR[duty]
    return {
        "states": [(each.value, STATE_WORDS[each]) for each in states] if len(states) > 1 else [],
        "kinds": [(kind.value, word) for kind, word in CASE_WORDS.items()],
        "places": [(desk.code, name_of(desk)) for desk in reception_desks()]
        if duty not in queries.AT_THE_DESK
        else [],
        "days": [("4", _("4 日目から")), ("8", _("8 日目から")), ("15", _("15 日目から"))],
        "holders": [("free", _("だれも開いていない")), ("mine", _("自分が開いている"))]
        if duty in SHARED
        else [],
    }


def seen_of(request: HttpRequest) -> dt.datetime | None:
    """Which state of the case the form was shown with; the page writes it, so what is no moment is none of ours."""
    try:
        return parse_datetime(request.POST.get("seen", "")[:40])
    except ValueError:
        return None


def wrong_moment(request: HttpRequest, application: Application, *states: State) -> HttpResponse | None:
    """A page for one state, asked for in another: somebody else has been here meanwhile."""
    if State(application.state) in states:
        return None
    return render(request, "enrollment/elsewhere.html", {"application": application}, status=409)
