"""Reads of the registry."""

from collections.abc import Iterable
from uuid import UUID

from hpki_server.registry.decision_rules import DecisionState, Outcome
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
    MatchDecision,
    MatchRequest,
    NameKey,
    NameKind,
    PersonName,
    RegistryEntry,
)
from hpki_server.registry.names import search_keys


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
    for entry in entries.filter(id__in=_named(claim)):
        found.setdefault(entry.id, entry)
    others = _other_names(found)
    return judge_match(claim, [facts_of(entry, others.get(entry.id, ())) for entry in found.values()])


def _named(claim: RegistryClaim) -> list[UUID]:
    """Entries under a name of the claim and its birth date."""
    written = [claim.name, claim.alias]
    if claim.former_family_name:
        written.append(claim.former_family_name + claim.given_name)
    keys = {key.encode() for name in written for key in search_keys(name) if key}
    found = NameKey.objects.filter(key__in=keys, born_on=claim.born_on)
    return list(found.values_list("entry_id", flat=True).distinct())


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
