"""Reads of the registry."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.decision_rules import DecisionState, Outcome
from hpki_server.registry.dispositions import BARRING, InForce
from hpki_server.registry.matching import (
    Differs,
    EntryFacts,
    MatchAnswer,
    Matched,
    OtherName,
    RegistryClaim,
    candidates_of,
    digest_of,
    judge_match,
    read_number,
)
from hpki_server.registry.models import (
    Disposition,
    MatchBatch,
    MatchDecision,
    MatchRequest,
    NameKey,
    NameKind,
    PersonName,
    RegistryEntry,
)
from hpki_server.registry.names import Relation, search_keys


def find(claim: RegistryClaim) -> MatchAnswer:
    """The registry's answer to a claim.

    First the entry under the number: when all four items agree, that is the answer.  Else everybody under this name, in
    whatever writing, and this birth date is laid beside the claim, too.
    """
    entries = RegistryEntry.objects.filter(qualification=claim.qualification)
    numbered = list(entries.filter(number=read_number(claim.number) or ""))
    answer = judge_match(claim, [facts_of(entry) for entry in numbered])
    if isinstance(answer, Matched):
        return answer
    found = {entry.id: entry for entry in numbered}
    for key in _named(claim):
        found.setdefault(key.entry_id, key.entry)
    if not found:
        return answer
    answer = judge_match(claim, [facts_of(entry) for entry in found.values()])
    meant = candidates_of(answer)
    if meant and all(pair.name.relation <= Relation.NEAR for pair in meant):
        return answer
    # Only a name that is wholly another one can be explained by the others that the entry has.
    others = _other_names(found)
    return judge_match(claim, [facts_of(entry, others.get(entry.id, ())) for entry in found.values()])


def _named(claim: RegistryClaim) -> QuerySet[NameKey]:
    """Keys of a name of the claim under its birth date, with their entries."""
    written = [claim.name]
    if claim.alias:
        written.append(claim.alias)
    if claim.former_family_name:
        written.append(claim.former_family_name + claim.given_name)
    keys = {key.encode() for name in written for key in search_keys(name) if key}
    found = NameKey.objects.filter(key__in=keys, born_on=claim.born_on)
    return found.filter(entry__qualification=claim.qualification).select_related("entry")


def _other_names(entries: Iterable[UUID]) -> dict[UUID, tuple[OtherName, ...]]:
    found: dict[UUID, tuple[OtherName, ...]] = {}
    names = PersonName.objects.filter(entry__in=list(entries)).exclude(
        kind__in=[NameKind.KANA.value, NameKind.ROMAJI.value]
    )
    for name in names.order_by("recorded_at", "id"):
        kind = NameKind(name.kind)
        other = OtherName(name.family_name, name.given_name, kind.label, name.source)
        found[name.entry_id] = (*found.get(name.entry_id, ()), other)
    return found


def facts_of(entry: RegistryEntry, other_names: tuple[OtherName, ...] = ()) -> EntryFacts:
    return EntryFacts(
        entry_id=entry.pk,
        qualification=entry.qualification,
        number=entry.number,
        family_name=entry.family_name,
        given_name=entry.given_name,
        born_on=entry.born_on,
        registered_on=entry.registered_on,
        other_names=other_names,
    )


def bars(qualification: str, number: str, entry: UUID | None = None) -> tuple[InForce, ...]:
    """When dispositions bar a registration: that of the number, and that of the entry found to be the person's."""
    asked = Q(number=number.lstrip("0"))
    if entry is not None:
        asked |= Q(number__in=RegistryEntry.objects.filter(id=entry).values("number"))
    standing = Disposition.objects.filter(
        withdrawn_at__isnull=True, kind__in=[kind.value for kind in BARRING]
    )
    found = standing.filter(asked, qualification=qualification)
    return tuple(row.in_force for row in found.order_by("from_on", "kind"))


def is_disposed(qualification: str, number: str, *, on: dt.date) -> bool:
    """Is any disposition of the registration in force on the day, a death among them, confirmed or not?"""
    standing = Disposition.objects.filter(
        withdrawn_at__isnull=True, qualification=qualification, number=number.lstrip("0")
    )
    return any(row.in_force.on(on) for row in standing)


def decision_on(reference: str, answer: MatchAnswer) -> MatchDecision | None:
    """The newest decision on what this answer says now; one on other facts counts no more."""
    digests = [digest_of(pair) for pair in candidates_of(answer)]
    shown = MatchDecision.objects.filter(reference=reference, digest__in=digests)
    alive = shown.exclude(state=DecisionState.WITHDRAWN.value)
    return alive.order_by("-decided_at", "-id").first()


def confirmed_entry(decision: MatchDecision | None) -> UUID | None:
    """The entry that two officers found to be the person's."""
    if decision is None or decision.state != DecisionState.CONFIRMED:
        return None
    return decision.entry_id if decision.outcome == Outcome.SAME_PERSON else None


def waits_for_second(reference: str) -> bool:
    """Has a first officer judged, and nobody confirmed or refused yet?"""
    return proposed_decisions().filter(reference=reference).exists()


def proposed_decisions() -> QuerySet[MatchDecision]:
    """Judgements of a first officer that nobody confirmed or refused yet, oldest first."""
    proposed = MatchDecision.objects.filter(state=DecisionState.PROPOSED.value)
    return proposed.order_by("decided_at", "id")


def decisions_of(reference: str) -> list[MatchDecision]:
    """All that was decided on one application, oldest first."""
    return list(MatchDecision.objects.filter(reference=reference).order_by("decided_at", "id"))


def ministry_answers(reference: str) -> list[MatchRequest]:
    """What the ministry was asked about one application and what it answered, newest first."""
    asked = MatchRequest.objects.filter(reference=reference).select_related("batch")
    return list(asked.order_by("-batch__sequence"))


def candidate(answer: MatchAnswer, entry_id: UUID | None) -> Differs | None:
    """The candidate of this entry, or None: it is none."""
    return next((pair for pair in candidates_of(answer) if pair.entry.entry_id == entry_id), None)


def batches(viewer: Officer) -> QuerySet[MatchBatch]:
    """What was sent to the ministry, newest first, with how much of it is answered."""
    if not at_centre(viewer, Duty.REGISTRY):
        return MatchBatch.objects.none()
    counted = MatchBatch.objects.annotate(
        asked=Count("requests"), answered=Count("requests", filter=~Q(requests__answer=""))
    )
    return counted.order_by("-sequence")


def batch_rows(viewer: Officer, sequence: int) -> list[MatchRequest]:
    """The requests of one batch; raises `MatchBatch.DoesNotExist`."""
    batch = batches(viewer).get(sequence=sequence)
    return list(batch.requests.select_related("batch").order_by("line"))
