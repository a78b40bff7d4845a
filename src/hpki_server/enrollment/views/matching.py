"""The page of the match: what differs, the first officer's judgement, the second's yes or no."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import queries, registry_match
from hpki_server.enrollment.comparison import compared
from hpki_server.enrollment.matching_forms import JudgementForm
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.registry_match import RegistrySays
from hpki_server.enrollment.rules import State
from hpki_server.enrollment.services import matching
from hpki_server.enrollment.views.cases import wrong_moment
from hpki_server.enrollment.words import add_denials, sentences
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.registry.matching import candidates_of
from hpki_server.registry.models import MatchDecision
from hpki_server.registry.queries import decisions_of, ministry_answers


@requires(*matching.DUTIES)
def match(request: OfficerRequest, application_id: UUID) -> HttpResponse:
    application = _case(request, application_id)
    if elsewhere := wrong_moment(request, application, *matching.STATES):
        return elsewhere
    says = registry_match.registry_says(application)
    form = JudgementForm(
        request.POST if request.method == "POST" else None, candidates=candidates_of(says.answer)
    )
    if form.is_valid():
        try:
            matching.decide_match(
                application_id=application.id, judgement=form.command(), by=request.officer, at=request.at
            )
        except Denied as denied:
            add_denials(form, denied)
        else:
            messages.success(request, _("判断を記録しました。別の担当者が確認すると効力を持ちます。"))
            return redirect("enrollment:match", application.id)
    return _page(request, application, says, form)


@requires(*matching.DUTIES)
@require_safe
def judgements(request: OfficerRequest) -> HttpResponse:
    """What other officers judged and this one may confirm."""
    return render(
        request, "enrollment/judgements.html", {"judged": registry_match.judged_once(request.officer)}
    )


@requires(*matching.DUTIES)
@require_POST
def confirm_match(request: OfficerRequest, application_id: UUID, decision_id: UUID) -> HttpResponse:
    return _answer(request, application_id, decision_id, agrees=True)


@requires(*matching.DUTIES)
@require_POST
def refuse_match(request: OfficerRequest, application_id: UUID, decision_id: UUID) -> HttpResponse:
    return _answer(request, application_id, decision_id, agrees=False)


def _answer(
    request: OfficerRequest, application_id: UUID, decision_id: UUID, *, agrees: bool
) -> HttpResponse:
    application = _case(request, application_id)
    act = matching.confirm_match if agrees else matching.refuse_match
    try:
        act(application_id=application.id, decision_id=decision_id, by=request.officer, at=request.at)
    except Denied as denied:
        for sentence in sentences(denied):
            messages.error(request, sentence)
    except MatchDecision.DoesNotExist:
        raise Http404 from None
    else:
        word = _("判断を確認しました。") if agrees else _("同意しないことを記録しました。")
        messages.success(request, word)
    return redirect("enrollment:match", application.id)


def _case(request: OfficerRequest, application_id: UUID) -> Application:
    try:
        return queries.case(request.officer, application_id, matching.DUTIES)
    except Application.DoesNotExist:
        raise Http404 from None


def _page(
    request: OfficerRequest, application: Application, says: RegistrySays, form: JudgementForm
) -> HttpResponse:
    decisions = decisions_of(application.number or "")
    officers = {decision.decided_by for decision in decisions} | {
        decision.confirmed_by for decision in decisions if decision.confirmed_by
    }
    waiting = says.decision if says.waits_for_second else None
    is_own = waiting is not None and waiting.decided_by == request.officer.account_id
    context = {
        "application": application,
        "registry": compared(says),
        "form": form,
        "decision": says.decision,
        "is_own": is_own,
        "decisions": decisions,
        "names": dict(Account.objects.filter(id__in=officers).values_list("id", "name")),
        "asked": ministry_answers(application.number or ""),
        "media_types": dict(application.papers.values_list("kind", "media_type")),
        "next_page": _next_page(request, application),
    }
    return render(request, "enrollment/match.html", context, status=422 if form.errors else 200)


def _next_page(request: OfficerRequest, application: Application) -> str:
    """Where this officer works on the case, if it waits for one of the own duties."""
    state = State(application.state)
    if state is State.TAKEN_IN and request.officer.may(Duty.VETTING):
        return "enrollment:vet"
    return "enrollment:approve" if state is State.VETTED and request.officer.may(Duty.APPROVAL) else ""
