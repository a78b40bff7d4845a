"""What the officers' pages share: a list of waiting cases, and one case out of reach being no case."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from hpki_server.enrollment import queries
from hpki_server.enrollment.ages import Waiting, age_of
from hpki_server.enrollment.models import STATE_WORDS, Application
from hpki_server.enrollment.rules import State
from hpki_server.people.access import OfficerRequest
from hpki_server.people.duties import Duty

ROWS = 50


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


def waiting_list(request: OfficerRequest, duty: Duty, *, title: str | Promise, case_url: str) -> HttpResponse:
    """Oldest first; what narrows the list stands in the URL.  A number typed or scanned in full opens its case."""
    words, state = request.GET.get("q", "").strip()[:60], request.GET.get("state", "")
    cases = queries.waiting(request.officer, duty, words=words, state=state)
    page = Paginator(cases, ROWS).get_page(request.GET.get("page"))
    if words and page.paginator.count == 1 and page[0].number == words:
        return redirect(f"enrollment:{case_url}", page[0].id)
    states = queries.WAITS_FOR[duty]
    context = {
        "title": title,
        "rows": [Waiting(case, age_of(case, at=request.at)) for case in page],
        "page": page,
        "case_url": f"enrollment:{case_url}",
        "q": words,
        "state": state,
        "states": [(each.value, STATE_WORDS[each]) for each in states] if len(states) > 1 else [],
        "desk": duty in queries.AT_THE_DESK,
    }
    return render(request, "enrollment/waiting.html", context)


def wrong_moment(request: HttpRequest, application: Application, *states: State) -> HttpResponse | None:
    """A page for one state, asked for in another: somebody else has been here meanwhile."""
    if State(application.state) in states:
        return None
    return render(request, "enrollment/elsewhere.html", {"application": application}, status=409)
