"""What the register knows about a person reaches the cards: death, a disposition.  One officer holds, two end.

It is kept in the register first (registry.services.disposing), so it counts for cards that are still to be made, too.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.authority.services.revoking import Changed
from hpki_server.enrollment.services.record import day_of
from hpki_server.lifecycle import rules
from hpki_server.lifecycle.events import Action, LifeEvent
from hpki_server.lifecycle.models import LifeCase
from hpki_server.lifecycle.rules import CaseState, Step
from hpki_server.lifecycle.services import ending_cards, telling
from hpki_server.lifecycle.services.each import each
from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.lifecycle.services.record import SYSTEM, locked_card, locked_case, move, open_case
from hpki_server.lifecycle.services.reporting import OF_DEATH
from hpki_server.lifecycle.situations import By, report_of
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed
from hpki_server.people.shown_dates import shown_in_both
from hpki_server.registry.dispositions import DispositionKind
from hpki_server.registry.matching import number_spellings
from hpki_server.registry.models import Disposition as Kept
from hpki_server.registry.services import disposing
from hpki_server.registry.services.disposing import DispositionClaim

DISPOSE: Final = "registry:confirm-disposition"
CHANGE_PERIOD: Final = "registry:change-disposition"
WITHDRAW_PLAN: Final = "registry:withdraw-disposition"


class RegisteredFact(StrEnum):
    """What a register's keeper reports about one registration."""

    DEATH = "death"
    LICENCE_REVOKED = "licence-revoked"
    LICENCE_SUSPENDED = "licence-suspended"

    @property
    def event(self) -> LifeEvent:
        return _EVENTS[self]


_EVENTS: Final = {
    RegisteredFact.DEATH: LifeEvent.DEATH_REGISTERED,
    RegisteredFact.LICENCE_REVOKED: LifeEvent.LICENCE_REVOKED,
    RegisteredFact.LICENCE_SUSPENDED: LifeEvent.LICENCE_SUSPENDED,
}


@dataclass(frozen=True)
class Disposition:
    """One decision about one registration: from when, and for a suspension until when."""

    fact: RegisteredFact
    qualification_code: str
    registration_number: str
    from_on: dt.date
    until_on: dt.date | None = None
    note: str = ""

    @property
    def claim(self) -> DispositionClaim:
        return DispositionClaim(
            kind=DispositionKind(self.fact.value),
            qualification=self.qualification_code,
            number=self.registration_number,
            from_on=self.from_on,
            until_on=self.until_on,
            note=self.note,
        )


Done = tuple[LifeCase, tuple[Changed, ...]]


@dataclass(frozen=True)
class Asked:
    """What waits for the second officer, and the cards that are on hold until then."""

    proposal: Proposal
    held: tuple[Told, ...] = ()


def propose_disposition(told: Disposition, *, by: Officer, at: dt.datetime) -> Asked:
    """The first officer's word: recorded, and from its day on it bars and holds.  Nothing ends before a second one's.

    Told again with another last day, a second officer confirms that day.  Raises `Denied`: `not_entitled`,
    `period_unfit`, `already_recorded`, `waits_for_second`; then nothing has changed.
    """
    proposal, done = _proposed(told, by=by, at=at)
    held = tuple(ending_cards.with_lists(case, changed, by=by, at=at) for case, changed in done)
    return Asked(proposal, held)


@transaction.atomic
def _proposed(told: Disposition, *, by: Officer, at: dt.datetime) -> tuple[Proposal, list[Done]]:
    # Cards are locked before the first audit line, as every other step does.
    cards = [locked_card(card.id) for card in cards_of(told.qualification_code, told.registration_number)]
    kept, is_new = disposing.record_disposition(told.claim, by=by, at=at)
    for card in cards:
        if denial := rules.not_entitled(report_of(card, told.fact.event, by=by, at=at)):
            raise Denied([denial])
    act = DISPOSE if is_new else CHANGE_PERIOD
    done = _hold(kept, cards, by=by, at=at) if is_new and kept.from_on <= day_of(at) else []
    details: dict[str, audit.Detail] = {
        "kind": kept.kind,
        "from": kept.from_on.isoformat(),
        "until": told.until_on.isoformat() if told.until_on else "",
    }
    proposed = Proposed(act, "registry-disposition", str(kept.id), details)
    return proposals.propose(proposed, by=by, at=at), done


def _hold(kept: Kept, cards: Sequence[Card], *, by: By, at: dt.datetime) -> list[Done]:
    """At once and by one: what a pause can protect until two have spoken."""
    done = []
    for card in cards:
        cases = (
            _open_cases(kept).filter(card__reference=card.reference).exclude(state=CaseState.PLANNED.value)
        )
        if cases.exists():
            continue
        case = open_case(card, _event_of(kept), at=at)
        case.until_on = kept.until_on
        if _event_of(kept) in OF_DEATH:
            telling.silence(card)
        changed = ending_cards.pause(case, by=by, at=at)
        move(case, Step.HOLD, CaseState.HELD, by=by, at=at)
        done.append((case, changed))
    return done


def _confirmed(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """The second officer's word, in the transaction of the confirmation: now the cards follow for good."""
    kept_id = UUID(proposal.subject_id)
    kept = Kept.objects.get(id=kept_id)
    cards = [locked_card(card.id) for card in cards_of(kept.qualification, kept.number)]
    kept = disposing.confirm_disposition(kept_id, by=by, at=at)
    if kept.from_on > day_of(at):
        for card in cards:
            _plan(card, kept, by=by, at=at)
        return
    done = _begin(kept, cards, by=by, at=at)
    transaction.on_commit(lambda: _publish(done, by=by, at=at))


def _publish(done: Sequence[Done], *, by: Officer, at: dt.datetime) -> None:
    for case, changed in done:
        ending_cards.with_lists(case, changed, by=by, at=at)


def _period_changed(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    until = str(proposal.facts()["until"])
    until_on = dt.date.fromisoformat(until) if until else None
    _follow_period(disposing.change_period(UUID(proposal.subject_id), until_on, by=by, at=at))


def _not_confirmed(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """It bars nothing any more; the cards that are on hold go on when two officers say so, card by card."""
    disposing.withdraw_unconfirmed(UUID(proposal.subject_id), by=by, at=at)


def _in_words(proposal: Proposal) -> str:
    """Which registration, since when, until when."""
    kept, facts = Kept.objects.get(id=UUID(proposal.subject_id)), proposal.facts()
    days = (str(facts["from"]), str(facts["until"]))
    period = "～".join(shown_in_both(dt.date.fromisoformat(day)) if day else "" for day in days)
    return "　".join(
        filter(None, [str(RegisteredFact(kept.kind).event.label), kept.number, period, kept.note])
    )


def cards_of(qualification_code: str, registration_number: str) -> Sequence[Card]:
    """One card for each application that still counts; what else was made for it ends with it."""
    spelled = number_spellings(registration_number)
    living = Card.objects.filter(qualification_code=qualification_code, registration_number__in=spelled)
    living = living.exclude(state__in=[Card.State.STOPPED, Card.State.SCRAPPED])
    return list({card.reference: card for card in living.defer("photo_sealed").order_by("-card_id")}.values())


def _event_of(kept: Kept) -> LifeEvent:
    return RegisteredFact(kept.kind).event


def _open_cases(kept: Kept) -> QuerySet[LifeCase]:
    return LifeCase.objects.filter(
        event=_event_of(kept).value,
        state__in=rules.OPEN,
        card__qualification_code=kept.qualification,
        card__registration_number__in=number_spellings(kept.number),
    )


def _follow_period(kept: Kept) -> None:
    """The cases of this disposition say the last day that it has now."""
    of_it = Q(planned_on=kept.from_on) | Q(planned_on__isnull=True, opened_on=day_of(kept.recorded_at))
    _open_cases(kept).filter(of_it).update(until_on=kept.until_on)


def _plan(card: Card, kept: Kept, *, by: By, at: dt.datetime) -> LifeCase | None:
    """Nothing where a case of the same kind is open: on the day, whatever card lives then is reached."""
    if _open_cases(kept).filter(card__reference=card.reference).exists():
        return None
    case = open_case(card, _event_of(kept), at=at)
    case.until_on, case.planned_on = kept.until_on, kept.from_on
    move(case, Step.REPORT, CaseState.PLANNED, by=by, at=at)
    return case


@transaction.atomic
def propose_withdrawal(*, kept_id: UUID, by: Officer, at: dt.datetime) -> Proposal:
    """What two officers planned shall not begin, and bars nothing; again two say so.  Raises `Denied`."""
    kept = disposing.planned(kept_id, by=by)
    details: dict[str, audit.Detail] = {
        "kind": kept.kind,
        "from": kept.from_on.isoformat(),
        "until": kept.until_on.isoformat() if kept.until_on else "",
    }
    proposed = Proposed(WITHDRAW_PLAN, "registry-disposition", str(kept.id), details)
    return proposals.propose(proposed, by=by, at=at)


def _plan_withdrawn(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    kept = Kept.objects.get(id=UUID(proposal.subject_id))
    planned = _open_cases(kept).filter(state=CaseState.PLANNED.value, planned_on=kept.from_on)
    # Cards and cases are locked before the register's row, as everywhere.
    cases = [locked_case(case_id) for case_id in planned.order_by("card_id").values_list("id", flat=True)]
    disposing.withdraw_planned(kept.id, by=by, at=at)
    for case in cases:
        if case.state == CaseState.PLANNED:
            move(case, Step.WITHDRAW, CaseState.WITHDRAWN, by=by, at=at)


def begin_planned(*, at: dt.datetime) -> int:
    """What was planned for today or a day that was missed begins, for every card of the registration; how many cases.

    What no second officer has confirmed by then only holds the cards.  Raises `SomeFailed` when all the others have begun.
    """
    waiting = Kept.objects.filter(begun_at__isnull=True, withdrawn_at__isnull=True)
    due = waiting.filter(from_on__lte=day_of(at)).order_by("from_on", "recorded_at")

    def begin(kept_id: UUID) -> int:
        done = _begun(kept_id, at=at)
        for case, changed in done:
            ending_cards.with_lists(case, changed, by=SYSTEM, at=at)
        return len(done)

    return sum(each(list(due.values_list("id", flat=True)), begin))


@transaction.atomic
def _begun(kept_id: UUID, *, at: dt.datetime) -> list[Done]:
    kept = Kept.objects.get(id=kept_id)
    cards = [locked_card(card.id) for card in cards_of(kept.qualification, kept.number)]
    waiting = Kept.objects.select_for_update().filter(begun_at__isnull=True, withdrawn_at__isnull=True)
    found = waiting.filter(id=kept_id).first()
    if found is None:
        return []
    if found.awaits_second:
        return _hold(found, cards, by=SYSTEM, at=at)
    return _begin(found, cards, by=SYSTEM, at=at)


def _begin(kept: Kept, cards: Sequence[Card], *, by: By, at: dt.datetime) -> list[Done]:
    kept.begun_at = at
    kept.save(update_fields=["begun_at"])
    done = [one for card in cards if (one := _reach(card, kept, by=by, at=at))]
    # The card for which it was planned has ended meanwhile: there is nothing to begin.
    left = _open_cases(kept).filter(state=CaseState.PLANNED.value, planned_on__lte=kept.from_on)
    for case in left.select_related("card").defer("card__photo_sealed"):
        move(case, Step.WITHDRAW, CaseState.WITHDRAWN, by=by, at=at)
    return done


def _reach(card: Card, kept: Kept, *, by: By, at: dt.datetime) -> Done | None:
    """One card, with the case that was planned or holds it, or a new one; nothing where it stays on hold."""
    event = _event_of(kept)
    cases = _open_cases(kept).filter(card__reference=card.reference).select_for_update(of=("self",))
    case, step = cases.first(), Step.BEGIN
    if case is None:
        case, step = open_case(card, event, at=at), Step.REPORT
    elif _held_by_one(case):
        step = Step.CONFIRM
    elif case.state != CaseState.PLANNED:
        return None
    if case.card_id == card.id:
        case.card = card
    case.until_on = kept.until_on
    if event in OF_DEATH:
        telling.silence(card)
    return case, _act(case, step, by=by, at=at)


def _held_by_one(case: LifeCase) -> bool:
    """On hold by the first officer's word only."""
    taken = set(case.steps.values_list("step", flat=True))
    return case.state == CaseState.HELD and Step.HOLD in taken and Step.CONFIRM not in taken


def _act(case: LifeCase, step: Step, *, by: By, at: dt.datetime) -> tuple[Changed, ...]:
    changed: tuple[Changed, ...] = ()
    if case.rule.action is Action.HOLD:
        # A card that one officer has put on hold stays so by the word of two.
        if step is not Step.CONFIRM:
            changed = ending_cards.pause(case, by=by, at=at)
        to = CaseState.HELD
    else:
        changed, to = ending_cards.end(case, by=by, at=at), CaseState.CLOSED
    move(case, step, to, by=by, at=at)
    telling.tell(case, case.rule.letters, at=at)
    return changed


ACTS: Final = (
    Act(DISPOSE, _("登録の変更のカードへの反映"), Duty.REGISTRY, _confirmed, _in_words, _not_confirmed),
    Act(CHANGE_PERIOD, _("処分の期間の変更"), Duty.REGISTRY, _period_changed, _in_words),
    Act(WITHDRAW_PLAN, _("予定した処分の取下げ"), Duty.REGISTRY, _plan_withdrawn, _in_words),
)
