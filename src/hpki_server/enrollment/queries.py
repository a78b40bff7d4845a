"""Reads; the viewer always first.  Who may not see a case gets the same answer as for a case that is not there."""

import datetime as dt
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, F, Min, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card, Certificate
from hpki_server.enrollment import rules
from hpki_server.enrollment.models import (
    Application,
    ApplicationPaper,
    Appointment,
    OfficeAddress,
    PickupCheck,
    PickupVisit,
    StateChange,
)
from hpki_server.enrollment.rules import CaseKind, How, Item, Part, State
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import open_sealed
from hpki_server.registry import queries as registry

PAPER_PURPOSE = "application paper"
# hpki.certs.qualifications; other qualifications come with their own cards.
QUALIFICATION = "physician"
AT_THE_DESK = (Duty.INTAKE, Duty.PICKUP)
AT_THE_CENTRE = (Duty.VETTING, Duty.APPROVAL, Duty.ISSUING)

# What waits for whom, in the order of work.
WAITS_FOR: dict[Duty, tuple[State, ...]] = {
    Duty.INTAKE: (State.SUBMITTED,),
    Duty.VETTING: (State.TAKEN_IN,),
    Duty.APPROVAL: (State.VETTED,),
    Duty.ISSUING: (State.APPROVED, State.ORDERED, State.ISSUED),
    Duty.PICKUP: (State.NOTIFIED,),
}
# Copies of papers are opened only while the work at hand needs them.
OPENS_PAPERS: dict[State, Duty] = {
    State.SUBMITTED: Duty.INTAKE,
    State.TAKEN_IN: Duty.VETTING,
    State.VETTED: Duty.APPROVAL,
}
OPENS_PHOTO: dict[State, Duty] = {
    **OPENS_PAPERS,
    State.ORDERED: Duty.ISSUING,
    State.ISSUED: Duty.ISSUING,
    # While the card is handed over, and not afterwards.
    State.NOTIFIED: Duty.PICKUP,
}


# An emergency card is wanted within the hour: it stands before everything that waits.
EMERGENCY_FIRST = Case(When(kind=CaseKind.EMERGENCY.value, then=Value(0)), default=Value(1))

# In the order in which a card shows them.
PROFILE_WORDS = {
    "SIGNING": _("署名用"),
    "AUTHENTICATION": _("認証用"),
    "PRESENCE": _("在席用"),
}


@dataclass(frozen=True)
class CertificateLine:
    word: str | Promise
    serial_hex: str
    not_after: dt.datetime


@dataclass(frozen=True)
class OpenedPaper:
    """A paper out of its seal."""

    media_type: str
    content: bytes
    sha256: str


def applications_of(viewer: Account) -> QuerySet[Application]:
    return Application.objects.filter(applicant=viewer).select_related("association", "card")


def own_application(viewer: Account, application_id: UUID) -> Application:
    """Raises `Application.DoesNotExist` for anybody else's."""
    return applications_of(viewer).get(id=application_id)


def visible(viewer: Officer, duties: tuple[Duty, ...]) -> QuerySet[Application]:
    """Cases within reach of these duties: the own association's, or at the centre every one.  Drafts are private."""
    reach = Q(pk__in=[])
    for duty in duties:
        places = viewer.organisations(duty)
        if duty in AT_THE_DESK:
            reach |= Q(association_id__in=places)
        elif Organisation.objects.filter(kind=Organisation.Kind.CENTRE, id__in=places).exists():
            reach |= Q(association__isnull=False)
    cases = Application.objects.filter(reach).exclude(state=State.DRAFT.value).exclude(number__isnull=True)
    # A photograph has hundreds of kilobytes, and a list shows none.
    return cases.select_related("association", "card").defer("card__photo_sealed")


def waiting(viewer: Officer, duty: Duty, *, words: str = "", state: str = "") -> QuerySet[Application]:
    """The work of one duty, emergencies before the rest, each oldest first; narrowed by number or name."""
    states = [each.value for each in WAITS_FOR[duty] if state in {"", each.value}]
    return _narrowed(visible(viewer, (duty,)).filter(state__in=states), words)


def approved(viewer: Officer, *, words: str = "") -> QuerySet[Application]:
    """What was approved and is not ordered yet, for those who approve."""
    return _narrowed(visible(viewer, (Duty.APPROVAL,)).filter(state=State.APPROVED.value), words)


def _narrowed(cases: QuerySet[Application], words: str) -> QuerySet[Application]:
    for word in words.split()[:4]:
        cases = cases.filter(
            Q(number__contains=word)
            | Q(family_name__contains=word)
            | Q(given_name__contains=word)
            | Q(family_kana__contains=word)
            | Q(given_kana__contains=word)
        )
    return cases.order_by(EMERGENCY_FIRST, "state_since", "number")


def may_come_to_desk(viewer: Officer) -> QuerySet[Application]:
    """Cases whose applicants a desk may see soon: emergencies, those with an appointment, then the oldest."""
    arriving = visible(viewer, (Duty.INTAKE,)).filter(state=State.SUBMITTED.value)
    fetching = visible(viewer, (Duty.PICKUP,)).filter(state=State.NOTIFIED.value)
    booked = Min("appointments__slot__starts_at", filter=Q(appointments__state=Appointment.State.BOOKED))
    found = Application.objects.filter(Q(id__in=arriving.values("id")) | Q(id__in=fetching.values("id")))
    expected = F("expected_at").asc(nulls_last=True)
    return found.annotate(expected_at=booked).order_by(EMERGENCY_FIRST, expected, "state_since")


def case(viewer: Officer, application_id: UUID, duties: tuple[Duty, ...]) -> Application:
    """Raises `Application.DoesNotExist` when the case is out of reach."""
    return visible(viewer, duties).get(id=application_id)


def held_case(viewer: Officer, application_id: UUID) -> Application:
    """A case that waits for this officer's decision.  Raises `Application.DoesNotExist` for every other."""
    duty = OPENS_PAPERS.get(State(Application.objects.values_list("state", flat=True).get(id=application_id)))
    if duty is None:
        raise Application.DoesNotExist
    return case(viewer, application_id, (duty,))


def returned(viewer: Officer) -> QuerySet[Application]:
    """Cases that wait for their applicants, oldest first, for whoever sent such cases back."""
    duties = (Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
    return visible(viewer, duties).filter(state=State.RETURNED.value).order_by("state_since", "number")


def history(application: Application) -> QuerySet[StateChange]:
    return application.changes.select_related("by", "organisation").order_by("at", "id")


def last_return(application: Application) -> StateChange | None:
    return application.changes.filter(to_state=State.RETURNED.value).order_by("-at", "-id").first()


def own_paper(viewer: Account, application_id: UUID, part: Part) -> OpenedPaper:
    """Raises `ApplicationPaper.DoesNotExist`."""
    return opened(
        ApplicationPaper.objects.get(
            application__applicant=viewer, application_id=application_id, kind=part.value
        )
    )


def paper_applications(viewer: Officer) -> QuerySet[Application]:
    """What the viewer's desk has typed, or may type, from paper: drafts too."""
    desks = viewer.organisations(Duty.INTAKE)
    reach = Q(entry_desk_id__in=desks) | Q(association_id__in=desks)
    typed = Application.objects.filter(reach, entered_by__isnull=False)
    return typed.select_related("association", "card", "entry_desk")


def paper_application(viewer: Officer, application_id: UUID) -> Application:
    """Raises `Application.DoesNotExist` when it is out of reach, or did not come on paper."""
    return paper_applications(viewer).get(id=application_id)


def paper_drafts(viewer: Officer) -> QuerySet[Application]:
    """Sheets that were begun and not sent on, and those that came back; oldest first."""
    states = [State.DRAFT.value, State.RETURNED.value]
    return paper_applications(viewer).filter(state__in=states).order_by("state_since", "id")


def by_number(viewer: Officer, typed: str) -> Application | None:
    """A case within the desk's reach by its number as scanned."""
    number = unicodedata.normalize("NFKC", typed).strip()
    return visible(viewer, (Duty.INTAKE,)).filter(number=number).first()


def typed_copy(application: Application, part: Part) -> ApplicationPaper:
    """A copy that the desk scanned while it types.  Raises `ApplicationPaper.DoesNotExist`, also once it is sent."""
    if State(application.state) not in {State.DRAFT, State.RETURNED}:
        raise ApplicationPaper.DoesNotExist
    return ApplicationPaper.objects.get(application=application, kind=part.value)


def paper(viewer: Officer, application_id: UUID, part: Part) -> tuple[ApplicationPaper, Duty]:
    """Still sealed, for the officer whose work needs it now, with the duty that does; `services.reading` opens it.

    Raises `ApplicationPaper.DoesNotExist` for everybody else.
    """
    duties = OPENS_PHOTO if part is Part.PHOTO else OPENS_PAPERS
    found = ApplicationPaper.objects.select_related("application").get(
        application_id=application_id, kind=part.value
    )
    state = State(found.application.state)
    duty = duties.get(state)
    reach = () if duty is None else (duty,)
    # Whoever approves may be the second officer of a judgement on the match, and has to see what the first one saw.
    if state is State.TAKEN_IN and registry.waits_for_second(found.application.number or ""):
        reach = (*reach, Duty.APPROVAL)
    for held in reach:
        if visible(viewer, (held,)).filter(id=application_id).exists():
            return found, held
    raise ApplicationPaper.DoesNotExist


def opened(found: ApplicationPaper) -> OpenedPaper:
    content = open_sealed(bytes(found.sealed), purpose=PAPER_PURPOSE)
    return OpenedPaper(found.media_type, content, found.sha256)


def checklist_of(application: Application, on: dt.date) -> tuple[Item, ...]:
    """What this case needs on the day, and what of it is here."""
    return rules.checklist(application.facts(), on)


def papers_outstanding(application: Application, on: dt.date) -> tuple[Item, ...]:
    """What an emergency card still waits for: copies and originals."""
    return rules.outstanding(application.facts(), on)


def papers_asked(application: Application, on: dt.date) -> tuple[Part, ...]:
    """The copies that this case needs, in the order of the list."""
    return tuple(item.part for item in checklist_of(application, on) if item.how is How.UPLOAD)


def open_appointment(application: Application) -> Appointment | None:
    """The time at which the person is expected."""
    booked = application.appointments.filter(state=Appointment.State.BOOKED)
    return booked.select_related("slot__organisation").first()


def office_of_case(application: Application) -> OfficeAddress | None:
    """Where the person comes to, where the address is known."""
    return OfficeAddress.objects.filter(organisation=application.association_id).first()


def first_tap(application: Application) -> PickupCheck | None:
    return PickupCheck.objects.filter(application=application).first()


def visits(application: Application) -> QuerySet[PickupVisit]:
    """Who came or telephoned while the card waited, newest first."""
    return application.visits.select_related("recorded_by").order_by("-visited_at", "-id")


def parts_present(application: Application) -> frozenset[Part]:
    return frozenset(Part(kind) for kind in application.papers.values_list("kind", flat=True))


def photo_of(application: Application) -> bytes | None:
    """The portrait out of its seal, for our own printing."""
    found = application.papers.filter(kind=Part.PHOTO.value).first()
    return opened(found).content if found else None


def certificates_on(card: Card) -> list[CertificateLine]:
    """What the authority has signed for a card."""
    order = list(PROFILE_WORDS)
    rows = Certificate.objects.filter(card=card, state=Certificate.State.SIGNED, profile__in=order)
    return [
        CertificateLine(PROFILE_WORDS[row.profile], row.serial_hex, row.not_after)
        for row in sorted(rows, key=lambda row: order.index(row.profile))
    ]
