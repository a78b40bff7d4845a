"""What every step does in the same way: lock, decide, write the state with its history, leave one audit line."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import rules
from hpki_server.enrollment.models import Application, CaseHolder, StateChange
from hpki_server.enrollment.rules import Case, IdentityKind, ReturnReason, State, Step
from hpki_server.enrollment.services import standing_still
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, Organisation
from hpki_server.people.officer import Officer

# Whose duty a step is: the association's desk, or the certificate centre.
DUTY_OF: dict[Step, Duty] = {
    Step.TAKE_IN: Duty.INTAKE,
    Step.VET: Duty.VETTING,
    Step.APPROVE: Duty.APPROVAL,
    Step.CHANGE_KIND: Duty.APPROVAL,
    Step.ORDER: Duty.ISSUING,
    Step.ISSUE: Duty.ISSUING,
    Step.PRINT_POSTCARD: Duty.ISSUING,
    Step.PRINT_PIN_LETTER: Duty.ISSUING,
    Step.POST_LETTER: Duty.ISSUING,
    Step.CORRECT_POSTING: Duty.ISSUING,
    Step.NOTIFY: Duty.ISSUING,
    Step.HAND_OVER: Duty.PICKUP,
    Step.SCRAP_CARD: Duty.ISSUING,
    Step.PRINT_REMINDER: Duty.ISSUING,
    Step.BRING_BACK: Duty.PICKUP,
    Step.SEND_AGAIN: Duty.ISSUING,
    Step.END_NOT_FETCHED: Duty.ISSUING,
}
# Whoever holds an application in a state may send it back.
RETURN_DUTY: dict[State, Duty] = {
    State.SUBMITTED: Duty.INTAKE,
    State.TAKEN_IN: Duty.VETTING,
    State.VETTED: Duty.APPROVAL,
}
# Who fills an application in.
Filler = Account | Officer
AT_THE_DESK = frozenset({Duty.INTAKE, Duty.PICKUP})


@dataclass(frozen=True)
class Remark:
    """What stands beside a step in the history."""

    reasons: frozenset[ReturnReason] = frozenset()
    note: str = ""
    # The kind of photo ID that was seen; never its number.
    identity: IdentityKind | None = None


NO_REMARK = Remark()
CHANGED_SINCE = Denial(
    "changed_since",
    _("この申請は、画面を開いたあとに変わりました。いまの内容をご確認のうえ、もう一度操作してください。"),
)


def locked(application_id: UUID) -> Application:
    return Application.objects.select_for_update().get(id=application_id)


def lock_in_order(cases: Iterable[UUID]) -> None:
    """Many cases of one act: all of them before the first audit line, and in one order for everybody."""
    taken = Application.objects.select_for_update().filter(id__in=list(cases))
    list(taken.order_by("id").values_list("id"))


def unchanged_since(application: Application, seen: dt.datetime | None) -> None:
    """A page that lay open while the case went back and came again shows what nobody decides on any more.

    `seen` is the moment of the state that was shown; without one nothing is compared.  Raises `Denied`: `changed_since`.
    """
    if seen is not None and application.state_since != seen:
        raise Denied([CHANGED_SINCE])


def day_of(at: dt.datetime) -> dt.date:
    """The day in Japan: terms and eras turn at midnight there."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def place_of(application: Application, officer: Officer, duty: Duty) -> UUID | None:
    """Where the officer holds the duty for this application: its association, or the centre."""
    if duty in AT_THE_DESK:
        where = application.association_id
        return where if where and officer.may(duty, where) else None
    centres = Organisation.objects.filter(kind=Organisation.Kind.CENTRE, id__in=officer.organisations(duty))
    return centres.values_list("id", flat=True).first()


def officer_case(
    application: Application, step: Step, *, by: Officer, at: dt.datetime
) -> tuple[Case, UUID | None]:
    """The case of an officer's step, and the organisation for which the officer acts."""
    state = State(application.state)
    duty = RETURN_DUTY.get(state) if step is Step.RETURN else DUTY_OF[step]
    place = place_of(application, by, duty) if duty else None
    act = rules.Act(by=by.account_id, on=day_of(at), has_duty=place is not None)
    facts = _facts(application)
    if step in {Step.VET, Step.APPROVE}:
        facts = replace(facts, also_entered_by=typists_of(application))
    return Case(step, facts, act), place


def _facts(application: Application) -> rules.ApplicationFacts:
    return replace(application.facts(), death_reported=standing_still.death_reported(application))


def typists_of(application: Application) -> frozenset[UUID]:
    """The officers who typed or scanned something in an application on paper."""
    if application.entered_by_id is None:
        return frozenset()
    others = application.typists.values_list("account_id", flat=True)
    return frozenset({application.entered_by_id, *others})


def entry_place(application: Application, officer: Officer) -> UUID | None:
    """The desk for which an officer fills in an application that came on paper."""
    if application.entered_by_id is None:
        return None
    desks = (application.entry_desk_id, application.association_id)
    return next((desk for desk in desks if desk and officer.may(Duty.INTAKE, desk)), None)


def filling_case(
    application: Application, step: Step, *, by: Filler, at: dt.datetime
) -> tuple[Case, UUID | None]:
    """The case of a step of whoever fills the application in: its applicant, or the desk for one on paper."""
    place = entry_place(application, by) if isinstance(by, Officer) else None
    who = by.account_id if isinstance(by, Officer) else by.pk
    act = rules.Act(by=who, on=day_of(at), has_duty=place is not None)
    # Whoever types a stranger's number from home learns nothing of that person; the desk does, and goes no further.
    is_strangers = isinstance(by, Account) and application.replaces_id is None
    return Case(step, application.facts() if is_strangers else _facts(application), act), place


def decide(case: Case, **more: object) -> None:
    """Raises `Denied` with every reason."""
    if found := rules.denials(replace(case, **more)):  # type: ignore[arg-type]  # fields of Case by name
        raise Denied(found)


def move(  # noqa: PLR0913 - the facts of one step; services name each at the call
    application: Application,
    step: Step,
    to: State,
    *,
    by: Officer | Account,
    at: dt.datetime,
    place: UUID | None = None,
    remark: Remark = NO_REMARK,
) -> None:
    """Write the new state, its history and its audit line.  The caller has decided; the table is asked once more."""
    before = State(application.state)
    if before not in rules.STEPS_FROM[step] or to not in rules.LEADS_TO[step]:
        raise ValueError(f"{step} does not lead from {before} to {to}")
    application.state, application.state_since = to.value, at
    application.save()
    # Whoever had the case on the screen has done with it.
    CaseHolder.objects.filter(application=application).delete()
    StateChange.objects.create(
        application=application,
        step=step.value,
        from_state=before.value,
        to_state=to.value,
        at=at,
        by_id=by.pk if isinstance(by, Account) else by.account_id,
        organisation_id=place,
        reasons=sorted(reason.value for reason in remark.reasons),
        note=remark.note,
    )
    leave_line(application, step, by=by, at=at, place=place, remark=remark)


def leave_line(
    application: Application,
    step: Step,
    *,
    by: Officer | Account,
    at: dt.datetime,
    place: UUID | None = None,
    remark: Remark = NO_REMARK,
) -> None:
    details: dict[str, audit.Detail] = {"state": application.state}
    if application.number:
        details["number"] = application.number
    if step is Step.START_PAPER and application.replaces is not None:
        # Whose entries the desk opened by typing a card's number.
        details["card_id"] = application.replaces.card_id
    if remark.reasons:
        details["reasons"] = ",".join(sorted(reason.value for reason in remark.reasons))
    if remark.identity:
        details["identity"] = remark.identity.value
    audit.record(
        f"application:{step.value}",
        by=by,
        subject_kind="application",
        subject_id=application.id,
        at=at,
        organisation=place,
        details=details,
    )
