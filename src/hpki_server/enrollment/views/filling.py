"""The pages on which an application is filled in: sections, papers, one look over it.  Shared by both routes."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hpki_server.enrollment import queries, rules
from hpki_server.enrollment.checklist_rows import checklist_rows
from hpki_server.enrollment.entry_forms import SECTION_OF, SECTIONS, EntriesForm, Section, merged
from hpki_server.enrollment.fee_facts import money_of
from hpki_server.enrollment.models import PART_WORDS, REASON_WORDS, Application
from hpki_server.enrollment.papers import OCTETS_MOST
from hpki_server.enrollment.refusals import PaperRefused
from hpki_server.enrollment.rules import PAPERS, How, Part, ReturnReason, State
from hpki_server.enrollment.services import applying as services
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.stages import CONFIRM_SLUG, PAPERS_SLUG, first_open, stages_of
from hpki_server.enrollment.summary import grouped_facts
from hpki_server.enrollment.upload_forms import IdentityUploadForm, PhotoUploadForm, UploadForm
from hpki_server.enrollment.views.routes import Visit
from hpki_server.enrollment.words import refusal_words, sentences
from hpki_server.people.denial import Denied

OPEN = frozenset({State.DRAFT, State.RETURNED})


def section_of(slug: str) -> Section:
    if slug not in SECTION_OF:
        raise Http404
    return SECTION_OF[slug]


def entries_step(visit: Visit, slug: str, at: dt.datetime) -> HttpResponse:
    """One page of the form: shown, or taken over; what was typed is kept either way."""
    application, section, on = visit.application, section_of(slug), day_of(at)
    if Part.ENTRIES not in rules.parts_open(application.facts()):
        return redirect(visit.url("after"))
    if visit.request.method != "POST":
        # Messages go where the person logs in, until another address is typed.
        form = EntriesForm(initial={"email": application.email, **application.typed}, on=on).narrowed_to(
            section
        )
        return section_page(visit, section, form, on)
    typed = merged(application.typed, visit.request.POST.dict(), section)
    form = EntriesForm(typed, on=on)
    try:
        _take(visit, form, typed, at)
    except Denied as denied:
        form.narrowed_to(section)
        for sentence in sentences(denied):
            form.add_error(None, sentence)
        return section_page(visit, section, form, on)
    if form.wrong_in(section):
        return section_page(visit, section, form.narrowed_to(section), on)
    application.typed = typed
    return redirect(_next_url(visit, section, on))


def _take(visit: Visit, form: EntriesForm, typed: dict[str, str], at: dt.datetime) -> None:
    if form.is_valid():
        services.write_entries(
            application_id=visit.application.pk, typed=typed, entries=form.command(), by=visit.by, at=at
        )
    else:
        services.keep_typed(application_id=visit.application.pk, typed=typed, by=visit.by)


def _next_url(visit: Visit, section: Section, on: dt.date) -> str:
    """The page after this one; from the last one back to whatever is still open."""
    place = SECTIONS.index(section)
    if place + 1 < len(SECTIONS):
        return visit.url("section", SECTIONS[place + 1].slug)
    still_open = first_open(visit.application, on)
    return visit.url("section", still_open.slug) if still_open else visit.url("papers")


def section_page(visit: Visit, section: Section, form: EntriesForm, on: dt.date) -> HttpResponse:
    place = SECTIONS.index(section)
    context = {
        "application": visit.application,
        "route": visit.route,
        "form": form,
        "section": section,
        "groups": [(title, [form[name] for name in names]) for title, names in section.groups],
        "stages": stages_of(visit.application, section.slug, on, visit.url),
        "keep_url": visit.url("keep"),
        "post_url": visit.url("section", section.slug),
        "later_url": reverse("enrollment:paper-forms" if visit.route.is_paper else "enrollment:mine"),
        "back_url": visit.url("section", SECTIONS[place - 1].slug) if place else "",
        "is_last": place + 1 == len(SECTIONS),
        "reasons": reasons_of(visit.application),
    }
    return render(
        visit.request,
        "enrollment/entries.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )


def keep_step(visit: Visit, at: dt.datetime) -> HttpResponse:
    """A page's fields while they are typed; the answer is a word beside the button."""
    slug = visit.request.POST.get("section", SECTIONS[0].slug)
    typed = merged(visit.application.typed, visit.request.POST.dict(), section_of(slug))
    try:
        services.keep_typed(application_id=visit.application.pk, typed=typed, by=visit.by)
    except Denied as denied:
        return render(visit.request, "enrollment/kept.html", {"denials": sentences(denied)})
    return render(visit.request, "enrollment/kept.html", {"at": at})


def papers_step(
    visit: Visit,
    at: dt.datetime,
    *,
    part: Part | None = None,
    form: Form | None = None,
    refused: list[str] | None = None,
) -> HttpResponse:
    """One card for each copy that this case needs, and what comes to the desk."""
    application, on = visit.application, day_of(at)
    facts = application.facts()
    opened = rules.parts_open(facts)
    if not opened & set(PAPERS):
        return redirect(visit.url("confirm" if State(application.state) in OPEN else "after"))
    items = rules.checklist(facts, on)
    # Of a case that was sent, only what still follows: the rest may have been deleted when its term was over.
    is_sent = State(application.state) not in OPEN
    cards = [
        {
            "part": item.part.value,
            "word": PART_WORDS[item.part],
            "why": item.why,
            "form": form if item.part is part and form else _form_of(item.part, application),
            "present": item.part in facts.parts_present,
            "later": item.need is rules.Need.LATER,
            "open": item.part in opened,
            "awaited": item.part in facts.parts_awaited,
            "refused": refused if item.part is part else None,
            "url": visit.url("hand-in", item.part.value),
            "copy_url": visit.url("paper", item.part.value),
            # What is here already keeps its form folded away, unless it is the thing to be done.
            "unfolded": not item.have or item.part is part,
        }
        for item in items
        if item.how is How.UPLOAD and (item.part in opened or not is_sent)
    ]
    at_desk = [item for item in items if item.how is How.DESK and not (is_sent and item.have)]
    context = {
        "application": application,
        "route": visit.route,
        "cards": cards,
        "desk_rows": checklist_rows(at_desk),
        "stages": [] if is_sent else stages_of(application, PAPERS_SLUG, on, visit.url),
        "after_url": visit.url("after") if is_sent else "",
        "complete": not rules.missing(facts, on, how=How.UPLOAD),
        "most": OCTETS_MOST // 1024 // 1024,
        "most_octets": OCTETS_MOST,
        "confirm_url": visit.url("confirm"),
        "back_url": visit.url("section", SECTIONS[-1].slug) if Part.ENTRIES in opened else "",
        "reasons": reasons_of(application),
    }
    return render(visit.request, "enrollment/papers.html", context, status=422 if part else 200)


def _form_of(part: Part, application: Application) -> Form:
    if part is Part.PHOTO:
        return PhotoUploadForm(part=part)
    if part is Part.IDENTITY:
        typed = {
            "identity_kind": application.identity_kind,
            "identity_expires_on": application.identity_expires_on,
            "identity_issued_on": application.identity_issued_on,
        }
        return IdentityUploadForm(initial=typed, part=part)
    return UploadForm(part=part)


def hand_in_step(visit: Visit, slug: str, at: dt.datetime) -> HttpResponse:
    """One file comes in, or is refused with the reason in words."""
    if slug not in {part.value for part in PAPERS}:
        raise Http404
    kind = Part(slug)
    form_class = {Part.PHOTO: PhotoUploadForm, Part.IDENTITY: IdentityUploadForm}.get(kind, UploadForm)
    form = form_class(visit.request.POST, visit.request.FILES, part=kind)
    if not form.is_valid():
        return papers_step(visit, at, part=kind, form=form)
    try:
        _take_paper(visit, kind, form, at)
    except Denied as denied:
        return papers_step(visit, at, part=kind, form=form, refused=sentences(denied))
    except PaperRefused as refusal:
        return papers_step(visit, at, part=kind, form=form, refused=[refusal_words(refusal.code)])
    messages.success(visit.request, _("%(what)sを受け取りました。") % {"what": PART_WORDS[kind]})
    return redirect(visit.url("papers"))


def _take_paper(visit: Visit, kind: Part, form: UploadForm, at: dt.datetime) -> None:
    if isinstance(form, IdentityUploadForm) and form.shows_reverse:
        raise PaperRefused("reverse_side")
    # One octet more than is allowed is enough to know that it is too much.
    content = form.cleaned_data["file"].read(OCTETS_MOST + 1)
    number = visit.application.pk
    if isinstance(form, IdentityUploadForm):
        services.hand_in_identity(
            application_id=number, content=content, identity=form.identity(), by=visit.by, at=at
        )
    elif isinstance(form, PhotoUploadForm):
        services.hand_in_photo(application_id=number, content=content, crop=form.crop(), by=visit.by, at=at)
    else:
        services.hand_in_copy(application_id=number, part=kind, content=content, by=visit.by, at=at)


def _take_prefilled(visit: Visit, on: dt.date, at: dt.datetime) -> None:
    """What stands in every field rightly, though no page of it was sent on: from the card before, or kept while typing.

    Whoever went straight to the papers read that something is lacking, and no page said what.
    """
    application = visit.application
    if application.entries_complete or Part.ENTRIES not in rules.parts_open(application.facts()):
        return
    form = EntriesForm({"email": application.email, **application.typed}, on=on)
    if form.is_valid():
        # What is refused here is refused, in words, when it is sent.
        with suppress(Denied):
            _take(visit, form, {"email": application.email, **application.typed}, at)
            application.refresh_from_db()


def confirm_step(visit: Visit, at: dt.datetime, sent: Callable[[], HttpResponse]) -> HttpResponse:
    """All of it once more, what is missing with links, and the button that sends it."""
    application, on = visit.application, day_of(at)
    if State(application.state) not in OPEN:
        return redirect(visit.url("after"))
    denials: list[str] = []
    if visit.request.method == "POST" or not visit.route.is_paper:
        _take_prefilled(visit, on, at)
    if visit.request.method == "POST":
        again = State(application.state) is State.RETURNED
        send = services.resubmit_application if again else services.submit_application
        try:
            send(application_id=application.pk, by=visit.by, at=at)
        except Denied as denied:
            denials = sentences(denied)
        else:
            return sent()
    opened = rules.parts_open(application.facts())
    form = EntriesForm(application.typed, on=on)
    context = {
        "application": application,
        "route": visit.route,
        "sections": [
            (section, facts, visit.url("section", section.slug), form.wrong_in(section))
            for section, facts in grouped_facts(application)
        ],
        "stages": stages_of(application, CONFIRM_SLUG, on, visit.url),
        "checklist": checklist_rows(queries.checklist_of(application, on)),
        "present": queries.parts_present(application),
        "photo_url": visit.url("paper", Part.PHOTO.value),
        "papers_url": visit.url("papers"),
        "opens_entries": Part.ENTRIES in opened,
        "opens_papers": bool(opened & set(PAPERS)),
        "reasons": reasons_of(application),
        "denials": denials,
        "money": money_of(application, on=on),
        "print_url": visit.url("print")
        if State(application.state) is State.DRAFT and not visit.route.is_paper
        else "",
    }
    return render(visit.request, "enrollment/confirm.html", context, status=409 if denials else 200)


def reasons_of(application: Application) -> list[str]:
    """Why it came back, while it is back."""
    found = queries.last_return(application)
    if State(application.state) is not State.RETURNED or found is None:
        return []
    return [str(REASON_WORDS[ReturnReason(code)]) for code in found.reasons]
