"""What the registry says to an application, with what two officers decided on it."""

import dataclasses
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.queries import QUALIFICATION
from hpki_server.enrollment.rules import ApplicationFacts
from hpki_server.registry import queries
from hpki_server.registry.decision_rules import DecisionState
from hpki_server.registry.matching import MatchAnswer, Matched, RegistryClaim
from hpki_server.registry.models import MatchDecision


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
