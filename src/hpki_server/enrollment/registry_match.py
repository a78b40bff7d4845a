"""What the registry says to an application, with what two officers decided on it."""

import dataclasses
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.queries import QUALIFICATION, visible
from hpki_server.enrollment.rules import ApplicationFacts, State
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer
from hpki_server.registry import queries
from hpki_server.registry.decision_rules import DecisionState
from hpki_server.registry.matching import MatchAnswer, Matched, RegistryClaim
from hpki_server.registry.models import MatchDecision

# Whoever vets or approves may judge a match, while the case is with either.
JUDGING = (Duty.VETTING, Duty.APPROVAL)
JUDGED_IN = frozenset({State.TAKEN_IN, State.VETTED})


@dataclass(frozen=True)
class RegistrySays:
    answer: MatchAnswer
    # The newest decision on what the answer says now.
    decision: MatchDecision | None
    # The entry that is the person's: by a plain match, or as two officers decided.
    entry_id: UUID | None

    @property
    def agrees(self) -> bool:
        return self.entry_id is not None

    @property
    def is_plain(self) -> bool:
        return isinstance(self.answer, Matched)

    @property
    def waits_for_second(self) -> bool:
        return self.decision is not None and self.decision.state == DecisionState.PROPOSED

    @property
    def sentence(self) -> str | Promise:
        return "" if isinstance(self.answer, Matched) else self.answer.sentence


def claim_of(application: Application) -> RegistryClaim:
    """The four items of an application whose entries are complete, and the names it declares beside."""
    born_on, registered_on = application.born_on, application.registered_on
    if born_on is None or registered_on is None:
        raise ValueError(f"application {application.id} has no entries to compare")
    return RegistryClaim(
        qualification=QUALIFICATION,
        number=application.registration_number,
        family_name=application.family_name,
        given_name=application.given_name,
        born_on=born_on,
        registered_on=registered_on,
        former_family_name=application.former_family_name,
        alias=application.alias,
    )


def registry_says(application: Application) -> RegistrySays:
    answer = queries.find(claim_of(application))
    if isinstance(answer, Matched):
        return RegistrySays(answer, None, answer.entry.entry_id)
    reference = application.number or ""
    decision = queries.decision_on(reference, answer)
    return RegistrySays(answer, decision, queries.confirmed_entry(decision))


def with_registry(facts: ApplicationFacts, says: RegistrySays) -> ApplicationFacts:
    return dataclasses.replace(facts, registry_agrees=says.agrees)


@dataclass(frozen=True)
class Judged:
    """A case whose match one officer judged, and who."""

    application: Application
    decision: MatchDecision
    by: str


def judged_once(viewer: Officer) -> list[Judged]:
    """What waits for this officer's yes or no: judged by another, in a case that is neither the own nor typed by oneself."""
    decisions = {
        decision.reference: decision
        for decision in queries.proposed_decisions()
        if viewer.account_id not in {decision.decided_by, decision.concerns, decision.entered_by}
    }
    cases = visible(viewer, JUDGING).filter(number__in=decisions, state__in=[s.value for s in JUDGED_IN])
    names = dict(
        Account.objects.filter(id__in={d.decided_by for d in decisions.values()}).values_list("id", "name")
    )
    judged = [(case, decisions[case.number or ""]) for case in cases]
    found = [Judged(case, decision, names.get(decision.decided_by, "")) for case, decision in judged]
    return sorted(found, key=lambda one: one.decision.decided_at)
