"""What every step of a case does in the same way: who is it, lock, decide, write state and history, one audit line."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from hpki_server.authority.models import Card
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Actor, LifeEvent, LifePaper, event_rule
from hpki_server.lifecycle.models import LifeCase, LifeStep
from hpki_server.lifecycle.rules import CaseState, CaseStep, Step
from hpki_server.lifecycle.situations import By, actors_of
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account

SYSTEM = "system"


@dataclass(frozen=True)
class Remark:
    """What stands beside a step in the history."""

    papers: tuple[LifePaper, ...] = ()
    note: str = ""


NO_REMARK = Remark()


def locked_card(card_id: UUID) -> Card:
    return Card.objects.select_for_update().defer("photo_sealed").get(id=card_id)


def open_case(card: Card, event: LifeEvent, *, at: dt.datetime, due_on: dt.date | None = None) -> LifeCase:
    """A case that is about to take its first step; nothing is saved yet."""
    on = day_of(at)
    rule = event_rule(event, on=on)
    if due_on is None and rule.paper_days is not None and rule.papers:
        due_on = on + dt.timedelta(days=rule.paper_days)
    return LifeCase(
        card=card,
        organisation_id=card.organisation_id,
        event=event.value,
        opened_at=at,
        opened_on=on,
        papers_missing=[paper.value for paper in rule.papers],
        due_on=due_on,
    )


def locked_case(case_id: UUID) -> LifeCase:
    """The case, and before it its card: everybody locks in this order."""
    card_id = LifeCase.objects.values_list("card_id", flat=True).get(id=case_id)
    card = locked_card(card_id)
    case = LifeCase.objects.select_for_update().get(id=case_id)
    case.card = card
    return case


def decide(
    case: LifeCase, step: Step, *, by: By, at: dt.datetime, papers: Iterable[LifePaper] = ()
) -> frozenset[Actor]:
    """As whom the step is taken.  Raises `Denied` with every reason."""
    actors = actors_of(case.card, by)
    facts = CaseStep(step, case.facts(), actors, day_of(at), frozenset(papers))
    if denials := rules.step_denials(facts):
        raise Denied(denials)
    return actors


def move(
    case: LifeCase,
    step: Step,
    to: CaseState,
    *,
    by: By,
    at: dt.datetime,
    remark: Remark = NO_REMARK,
) -> None:
    """Write the new state, its history and its audit line.  The caller has decided; the table is asked once more."""
    before = case.state
    if before and CaseState(before) not in rules.STEPS_FROM[step]:
        raise ValueError(f"{step} does not lead on from {before}")
    case.state = to.value
    if to in rules.ENDED:
        case.closed_at = at
    case.save()
    LifeStep.objects.create(
        case=case,
        step=step.value,
        from_state=before,
        to_state=to.value,
        at=at,
        by_id=_account_id(by),
        as_whom=_as_whom(case.card, by),
        papers=[paper.value for paper in remark.papers],
        note=remark.note,
    )
    details: dict[str, audit.Detail] = {
        "card_id": case.card.card_id,
        "event": case.event,
        "state": to.value,
    }
    if remark.papers:
        details["papers"] = ",".join(sorted(paper.value for paper in remark.papers))
    audit.record(
        f"life:{step.value}",
        by=by,
        subject_kind="life-case",
        subject_id=case.id,
        at=at,
        organisation=case.organisation_id,
        details=details,
    )


def _account_id(by: By) -> UUID | None:
    if isinstance(by, str):
        return None
    return by.pk if isinstance(by, Account) else by.account_id


def _as_whom(card: Card, by: By) -> str:
    """The nearest right: the desk before a duty of the centre."""
    actors = actors_of(card, by)
    return next((one.value for one in Actor if one in actors), Actor.SYSTEM.value)
