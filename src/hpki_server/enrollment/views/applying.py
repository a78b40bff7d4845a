"""The applicant's pages: one form, three papers, one look over it, and then where the card is."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hpki_server.enrollment import progress as steps
from hpki_server.enrollment import queries, rules
from hpki_server.enrollment.forms import EntriesForm, IdentityUploadForm, UploadForm
from hpki_server.enrollment.models import PART_WORDS, REASON_WORDS, Application
from hpki_server.enrollment.papers import OCTETS_MOST, PaperRefused
from hpki_server.enrollment.rules import PAPERS, Part, ReturnReason, State
from hpki_server.enrollment.services import applying as services
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.summary import case_facts, entered_facts
from hpki_server.enrollment.words import add_denials, refusal_words, sentences
from hpki_server.people.access import ApplicantRequest, applicant_only
from hpki_server.people.denial import Denied
from hpki_server.people.uploads import takes_files

OPEN = frozenset({State.DRAFT, State.RETURNED})


def own(request: ApplicantRequest, application_id: UUID) -> Application:
    try:
        return queries.own_application(request.account, application_id)
    except Application.DoesNotExist:
        raise Http404 from None


@applicant_only
def mine(request: ApplicantRequest) -> HttpResponse:
    if request.method == "POST":
        begun = services.start_application(by=request.account, at=request.at)
        return redirect("enrollment:entries", begun.id)
    applications = list(queries.applications_of(request.account).order_by("-state_since"))
    may_start = all(State(a.state) in rules.CLOSED for a in applications)
    return render(request, "enrollment/mine.html", {"applications": applications, "may_start": may_start})


@applicant_only
def entries(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    if Part.ENTRIES not in rules.parts_open(application.facts()):
        return redirect("enrollment:progress", application.id)
    on = day_of(request.at)
    if request.method != "POST":
        form = EntriesForm(initial=application.typed, on=on)
        return entries_page(request, application, form)
    form = EntriesForm(request.POST, on=on)
    try:
        written = write(request, application, form)
    except Denied as denied:
        add_denials(form, denied)
        return entries_page(request, application, form)
    return (
        redirect("enrollment:papers", application.id) if written else entries_page(request, application, form)
    )


def write(request: ApplicantRequest, application: Application, form: EntriesForm) -> bool:
    """Right or wrong, what was typed is kept; whether it was right is the answer."""
    if not form.is_valid():
        services.keep_typed(application_id=application.id, typed=form.typed(), by=request.account)
        return False
    services.write_entries(
        application_id=application.id,
        typed=form.typed(),
        entries=form.command(),
        by=request.account,
        at=request.at,
    )
    return True


def entries_page(request: HttpRequest, application: Application, form: EntriesForm) -> HttpResponse:
    groups = [
        (
            _("お名前"),
            ["family_name", "given_name", "family_kana", "given_kana", "family_romaji", "given_romaji"],
        ),
        (_("生年月日と性別"), ["born_on", "sex"]),
        (_("医籍の登録"), ["registration_number", "registered_on"]),
        (_("日本医師会の会員"), ["member_kind", "member_id"]),
        (_("ご連絡先"), ["postal_code", "phone", "address"]),
        (_("お受け取りの場所"), ["association"]),
    ]
    return render(
        request,
        "enrollment/entries.html",
        {
            "application": application,
            "form": form,
            "groups": [(title, [form[name] for name in names]) for title, names in groups],
            "page": 1,
        },
        status=422 if form.is_bound else 200,
    )


@applicant_only
@require_POST
def keep(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    form = EntriesForm(request.POST, on=day_of(request.at))
    try:
        services.keep_typed(application_id=application.id, typed=form.typed(), by=request.account)
    except Denied as denied:
        return render(request, "enrollment/kept.html", {"denials": sentences(denied)})
    return render(request, "enrollment/kept.html", {"at": request.at})


@applicant_only
@require_safe
def papers(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    if not rules.parts_open(application.facts()) & set(PAPERS):
        return redirect("enrollment:confirm", application.id)
    return papers_page(request, application)


def papers_page(
    request: HttpRequest,
    application: Application,
    *,
    part: Part | None = None,
    form: Form | None = None,
    refused: list[str] | None = None,
) -> HttpResponse:
    facts = application.facts()
    opened, awaited = rules.parts_open(facts), facts.parts_awaited
    present = queries.parts_present(application)
    typed = {
        "identity_kind": application.identity_kind,
        "identity_expires_on": application.identity_expires_on,
    }
    asked = queries.papers_asked(application, day_of(application.state_since))
    forms: dict[Part, Form] = {each: UploadForm(part=each) for each in asked}
    forms[Part.IDENTITY] = IdentityUploadForm(initial=typed, part=Part.IDENTITY)
    if part is not None and form is not None:
        forms[part] = form
    cards = [
        {
            "part": each.value,
            "word": PART_WORDS[each],
            "form": forms[each],
            "present": each in present,
            "open": each in opened,
            "awaited": each in awaited,
            "refused": refused if each is part else None,
            # What is here already keeps its form folded away, unless it is the thing to be done.
            "unfolded": each not in present or each is part or each in awaited,
        }
        for each in asked
    ]
    context = {
        "application": application,
        "cards": cards,
        "page": 2,
        "complete": not (set(asked) - present or awaited),
        "most": OCTETS_MOST // 1024 // 1024,
        "reasons": reasons_of(application),
    }
    return render(request, "enrollment/papers.html", context, status=422 if part else 200)


@takes_files(OCTETS_MOST)
@applicant_only
@require_POST
def hand_in(request: ApplicantRequest, application_id: UUID, part: str) -> HttpResponse:
    application = own(request, application_id)
    try:
        kind = Part(part)
    except ValueError:
        raise Http404 from None
    if kind not in PAPERS:
        raise Http404
    form_class = IdentityUploadForm if kind is Part.IDENTITY else UploadForm
    form = form_class(request.POST, request.FILES, part=kind)
    if not form.is_valid():
        return papers_page(request, application, part=kind, form=form)
    try:
        take_paper(request, application, kind, form)
    except Denied as denied:
        return papers_page(request, application, part=kind, form=form, refused=sentences(denied))
    except PaperRefused as refusal:
        return papers_page(request, application, part=kind, form=form, refused=[refusal_words(refusal.code)])
    messages.success(request, _("%(what)sを受け取りました。") % {"what": PART_WORDS[kind]})
    return redirect("enrollment:papers", application.id)


def take_paper(request: ApplicantRequest, application: Application, kind: Part, form: UploadForm) -> None:
    # One octet more than is allowed is enough to know that it is too much.
    content = form.cleaned_data["file"].read(OCTETS_MOST + 1)
    asked = {"application_id": application.id, "content": content, "by": request.account, "at": request.at}
    if isinstance(form, IdentityUploadForm):
        services.hand_in_identity(identity=form.identity(), **asked)
    elif kind is Part.PHOTO:
        services.hand_in_photo(**asked)
    else:
        services.hand_in_licence(**asked)


@applicant_only
def confirm(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    if State(application.state) not in OPEN:
        return redirect("enrollment:progress", application.id)
    denials: list[str] = []
    if request.method == "POST":
        again = State(application.state) is State.RETURNED
        send = services.resubmit_application if again else services.submit_application
        try:
            send(application_id=application.id, by=request.account, at=request.at)
        except Denied as denied:
            denials = sentences(denied)
        else:
            messages.success(request, _("申請を送信しました。"))
            return redirect("enrollment:progress", application.id)
    context = {
        "application": application,
        "facts": entered_facts(application),
        "present": queries.parts_present(application),
        "papers": [
            (part.value, PART_WORDS[part]) for part in queries.papers_asked(application, day_of(request.at))
        ],
        "open": rules.parts_open(application.facts()),
        "reasons": reasons_of(application),
        "denials": denials,
        "page": 3,
    }
    return render(request, "enrollment/confirm.html", context, status=409 if denials else 200)


@applicant_only
@require_safe
def progress(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    changes = list(queries.history(application))
    opened = rules.parts_open(application.facts())
    context = {
        "application": application,
        "steps": steps.steps_of(application, changes),
        "changes": [(change, steps.actor_of(application, change)) for change in changes],
        "held_by": steps.held_by(application),
        "facts": case_facts(application),
        "all_facts": entered_facts(application),
        "reasons": reasons_of(application),
        "note": last_note(application),
        "opens_entries": Part.ENTRIES in opened,
        "opens_papers": bool(opened & set(PAPERS)),
        "may_withdraw": State(application.state) in rules.STEPS_FROM[rules.Step.WITHDRAW],
        "days": (day_of(request.at) - day_of(application.state_since)).days,
    }
    return render(request, "enrollment/progress.html", context)


@applicant_only
def withdraw(request: ApplicantRequest, application_id: UUID) -> HttpResponse:
    application = own(request, application_id)
    denials: list[str] = []
    if request.method == "POST":
        try:
            services.withdraw_application(application_id=application.id, by=request.account, at=request.at)
        except Denied as denied:
            denials = sentences(denied)
        else:
            messages.success(request, _("申請を取り下げました。"))
            return redirect("enrollment:mine")
    context = {"application": application, "denials": denials}
    return render(request, "enrollment/withdraw.html", context, status=409 if denials else 200)


def reasons_of(application: Application) -> list[str]:
    """Why it came back, while it is back."""
    found = queries.last_return(application)
    if State(application.state) is not State.RETURNED or found is None:
        return []
    return [str(REASON_WORDS[ReturnReason(code)]) for code in found.reasons]


def last_note(application: Application) -> str:
    found = queries.last_return(application)
    return found.note if found and State(application.state) is State.RETURNED else ""
